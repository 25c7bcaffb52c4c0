"""The page says which images were found changed, from the record alone."""

from fada_tui.core.records import Assessment, FileFacts, ImageFound
from fada_tui.report.changed_images import LISTED
from fada_tui.report.summary import render_summary
from tests.examples import result, run


def found(path: str, state: str = "changed", **fields: object) -> ImageFound:
    return ImageFound(path=path, state=state, at="2026-03-01T10:05:00.123Z", **fields)  # type: ignore[arg-type]


def page(*images: ImageFound, **fields: object) -> str:
    results = (result("A/a.png", **fields), result("A/b.png"), result("B/c.png"))
    return render_summary(run(results=results, images_found=images), (), (), None)


def test_changed_images_are_listed_with_what_was_found() -> None:
    text = page(
        found("A/a.png", file=FileFacts(size=1234, sha256="f" * 64)),
        found("B/c.png", "decodes_differently"),
        found("A/b.png"),
        found("A/b.png", "as_asked"),
        assessments=(Assessment(verdict="correct", image_changed=True), Assessment(verdict="partial")),
    )
    assert "**Changed Images**: ⚠️ 2 images are not what was asked about any more" in text
    assert "1 assessment made in spite of that" in text
    assert (
        "- A/a.png: its file has other bytes than when it was asked about, 1,234 bytes now "
        "(found March 1, 2026, 10:05 UTC)"
    ) in text
    assert "- B/c.png: it decodes differently than when it was asked about (found" in text
    assert text.index("**Changed Images**") < text.index("## Model Specifications")
    assert "- A/b.png: " not in text


def test_a_run_without_changes_says_nothing_and_many_are_cut() -> None:
    assert "Changed Images" not in page()
    many = page(*(found(f"A/{number}.png") for number in range(LISTED + 5)))
    assert "25 images are not" in many and "- and 5 more, in `run.json`" in many
