"""What is too long for its place: its end, or what tells names apart, is not lost unseen."""

from pathlib import Path

import PIL.Image
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.widgets import Static

from fada_tui.core.records import Assessment
from fada_tui.evaluation.rubric import Tag
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.widgets.answer import details_lines, tags_row
from fada_tui.tui.widgets.words import Words
from tests.tui.dashboard import main_of, make_app, screen_text, wait_for

TAGS = [
    Tag(letter="h", name="hallucination", meaning=""),
    Tag(letter="w", name="wrong plane", meaning=""),
    Tag(letter="g", name="generic", meaning=""),
]
VIEW = AnswerView(state="answered", question="?")


def test_tags_are_spelled_out_where_there_is_room_and_none_is_broken() -> None:
    assert tags_row(VIEW, TAGS, 60).plain == "t tags  hallucination  wrong plane  generic"
    assert tags_row(VIEW, TAGS, 30, 2).plain == "t tags  hallucination\nwrong plane  generic"
    assert tags_row(VIEW, TAGS, 30, 1).plain == "t tags h w g"
    said = replace(VIEW, assessment=Assessment(tags=("wrong plane", "old one"), flagged=True))
    assert tags_row(said, TAGS, 80).plain.endswith("[wrong plane]  generic  [old one]  ⚑ flagged")
    for columns in range(20, 120):
        assert all(len(row) <= columns for row in tags_row(said, TAGS, columns, 3).plain.split("\n"))


def test_more_tags_than_letters_have_room_for_are_those_that_are_set() -> None:
    many = [Tag(letter=chr(97 + number), name=f"long name {number}", meaning="") for number in range(20)]
    assert tags_row(VIEW, many, 34, 1).plain == "t tags none of 20"
    said = replace(VIEW, assessment=Assessment(tags=("long name 3",)))
    assert tags_row(said, many, 34, 1).plain == "t tags [long name 3]"


def test_the_row_of_tags_is_there_before_the_answer_so_that_nothing_moves() -> None:
    running = tags_row(replace(VIEW, state="running"), TAGS, 60)
    assert running.plain == tags_row(VIEW, TAGS, 60).plain
    assert tags_row(replace(VIEW, state="error"), TAGS, 60).plain == ""


def test_what_is_withheld_is_a_whole_sentence_on_one_narrow_line() -> None:
    view = replace(VIEW, withheld=True)
    assert len(details_lines(view, "fetal context", said=False, briefly=True)) <= 34
    assert "others' verdicts" in details_lines(view, "fetal context", said=False)


async def test_a_text_that_is_too_long_ends_with_an_ellipsis_at_every_size() -> None:
    long = " ".join(f"word{number}" for number in range(60))

    class One(App[None]):
        CSS = "Words { height: auto; max-height: 3; }"

        def compose(self) -> ComposeResult:
            yield Words()

    app = One()
    async with app.run_test(size=(40, 10)) as pilot:
        words = app.query_one(Words)
        words.say(long)
        for width in (40, 30, 77, 25):
            await pilot.resize_terminal(width, 10)
            await pilot.pause()
            shown = words.visual.plain  # type: ignore[attr-defined]
            assert words.size.height == 3 and shown.endswith("…") and long.startswith(shown[:-1])
            assert len(shown) > 2 * width
        words.say("short")
        await pilot.pause()
        assert words.visual.plain == "short" and words.size.height == 1  # type: ignore[attr-defined]
        words.say(long[:50])
        words.styles.max_height = 1
        words.say(long[:50])
        await pilot.resize_terminal(120, 10)
        await pilot.pause()
        assert words.visual.plain == long[:50].strip()  # type: ignore[attr-defined]


async def test_images_whose_long_names_differ_at_their_ends_are_told_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        path = tmp_path / "images" / "Abdomen" / f"{'case_of_a_hospital_far_away_' * 3}{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.new("L", (320, 240)).save(path)
    app = make_app(tmp_path, images=tmp_path / "images")
    async with app.run_test(size=(60, 15)) as pilot:
        await wait_for(pilot, lambda: main_of(app).workspace.review.image)
        await wait_for(pilot, lambda: "000001.png" in pictured(app))
        await pilot.resize_terminal(120, 36)
        await wait_for(pilot, lambda: "000001.png · 320 × 240" in pictured(app))
        await pilot.press("z")
        await wait_for(pilot, lambda: "000001.png  │" in screen_text(app).splitlines()[0])


def pictured(app: App[None]) -> str:
    """What is said below the picture."""
    return main_of(app).query_one("#picture Static", Static).visual.plain  # type: ignore[attr-defined]
