"""What is written of a run for readers."""

from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.rubrics import RUBRICS
from fada_tui.core.records import Plan, Question, Run
from fada_tui.models.registry import load_registry
from fada_tui.runs.publish import preview, publish
from fada_tui.store import folder as store
from tests.examples import ENTRY, result, run


def published(folder: Path, run: Run) -> tuple[str, str | None]:
    """The page of a run and the details beside it, as they are on disk."""
    folder.mkdir(exist_ok=True)
    store.write_run(folder, run)
    publish(folder, run, load_registry(Path("no models.toml")))
    details = folder / store.DETAILS_NAME
    return (folder / store.SUMMARY_NAME).read_text(), details.read_text() if details.exists() else None


def test_what_has_no_room_on_the_page_is_written_beside_it(tmp_path: Path) -> None:
    some = tuple(result(f"A/{number}.png", response=f"answer {number}") for number in range(150))
    made = run(id="r", status="complete", plan=UNSET, results=some)
    page, details = published(tmp_path / "r", made)
    assert "(details.md)" in page and "answer 149" not in page
    assert details is not None and "answer 149" in details
    assert preview(tmp_path / "r", load_registry(Path("no models.toml"))) == page
    page, details = published(tmp_path / "r", replace(made, results=some[:5]))
    assert details is None and "answer 4" in page


def test_terms_stand_beside_what_the_commonest_answer_would_name(tmp_path: Path) -> None:
    rubric = tmp_path / "own.toml"
    rubric.write_bytes(RUBRICS.file("fada").read_bytes())
    said = ["The stomach.", "The stomach.", "The stomach, liver and spine."]
    made = run(
        id="r",
        questions=(Question(id="q1", text="What is it?", score="terms"),),
        results=tuple(result(f"Abdomen/{number}.png", response=text) for number, text in enumerate(said)),
        plan=Plan(model=ENTRY, device="cpu", rubric=str(rubric)),
    )
    page, _ = published(tmp_path / "r", made)
    row = next(line for line in page.splitlines() if line.startswith("| q1 | terms named | 3 |"))
    assert row.endswith(' ("The stomach.") |')
    rubric.write_text(rubric.read_text().replace('"stomach"', '"belly"'))
    page, _ = published(tmp_path / "r", store.read_run(tmp_path / "r"))
    assert row.rpartition(" | ")[0] + " | – |" in page, "another rubric says nothing of these scores"
