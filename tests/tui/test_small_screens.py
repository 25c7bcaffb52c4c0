"""Questions, tags, notes, the page and the help: what keys do there, and what stays text."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.screen import Screen

from fada_tui.config.rubrics import load_rubric
from fada_tui.core.errors import FadaError
from fada_tui.core.records import Notes
from fada_tui.store import folder as store
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.help import HelpScreen
from fada_tui.tui.screens.note import Note, NoteScreen
from fada_tui.tui.screens.notes import NotesScreen
from fada_tui.tui.screens.summary import HIDDEN, SummaryScreen
from fada_tui.tui.screens.tags import TagsScreen
from fada_tui.tui.widgets.editor import plain
from tests.tui.dashboard import wait_for
from tests.tui.stage import Stage, lines_of

HOSTILE = "[b]bold[/b] [/] \x1b[31mred\x1b]52;c;aGk=\x07 \x9b2J \u202eright"
ESCAPED = ("\x1b", "\x07", "\x9b", "\u202e")
SIZES = [(80, 24), (120, 36)]


def text_of(app: Stage) -> str:
    return "\n".join(lines_of(app))


def harmless(app: Stage) -> bool:
    """Whether hostile text stands there as text."""
    text = text_of(app)
    return "[b]bold[/b] [/]" in text and not any(found in text for found in ESCAPED)


# Confirm


def confirm(*, danger: bool) -> ConfirmScreen:
    return ConfirmScreen(f"Delete {HOSTILE}?", HOSTILE, "Delete", danger=danger)


@pytest.mark.parametrize(
    ("danger", "keys", "answer"),
    [
        (True, ["enter"], False),
        (True, ["tab", "enter"], True),
        (True, ["y"], True),
        (False, ["enter"], True),
        (False, ["l", "enter"], False),
        (False, ["n"], False),
        (False, ["escape"], False),
    ],
)
async def test_a_question_is_answered_by_key(danger: bool, keys: list[str], answer: bool) -> None:
    app = Stage(screen=confirm(danger=danger))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        assert harmless(app)
        await pilot.press(*keys)
        await pilot.pause()
        assert app.returned is answer


async def test_a_question_is_answered_by_mouse() -> None:
    app = Stage(screen=confirm(danger=True))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        await pilot.click("#yes")
        await pilot.pause()
        assert app.returned is True


# Tags


class Kept:
    """Keeps tags as the journal does, or can't."""

    def __init__(self, *tags: str, fault: str = "") -> None:
        self.tags = tags
        self.fault = fault

    async def toggle(self, name: str) -> tuple[str, ...]:
        if self.fault:
            raise FadaError(self.fault)
        self.tags = tuple(t for t in self.tags if t != name) if name in self.tags else (*self.tags, name)
        return self.tags


def tags(kept: Kept) -> TagsScreen:
    return TagsScreen(load_rubric("fada"), kept.tags, kept.toggle)


async def test_a_letter_toggles_its_tag_at_once() -> None:
    kept = Kept("generic", "of another rubric [b]")
    app = Stage(screen=tags(kept))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        assert "g ✓ generic" in text_of(app)
        assert "of another rubric [b]" in text_of(app)
        await pilot.press("h", "g")
        await pilot.pause()
        assert kept.tags == ("of another rubric [b]", "hallucination")
        assert "h ✓ hallucination" in text_of(app)
        assert "g · generic" in text_of(app)
        await pilot.press("z", "escape")
        await pilot.pause()
        assert app.returned is None


async def test_a_tag_that_is_not_on_disk_is_not_shown_as_set() -> None:
    app = Stage(screen=tags(Kept(fault=f"the disk is full {HOSTILE}")))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        await pilot.press("h")
        await pilot.pause()
        assert "h · hallucination" in text_of(app)
        assert "the disk is full" in text_of(app)
        assert harmless(app)


# A note


@pytest.mark.parametrize(
    ("before", "keys", "returned"),
    [
        (None, ["h", "i", "enter"], Note("hi")),
        (None, ["h", "ctrl+j", "i", "ctrl+s"], Note("h\ni")),
        ("old", ["enter"], None),
        ("old", [*["backspace"] * 3, "enter"], Note(None)),
        ("old", ["exclamation_mark", "enter"], Note("old!")),
        ("old", ["escape"], None),
        ("old", ["a", "escape", "escape"], None),
        (None, ["1", "q", "question_mark", "enter"], Note("1q?")),
    ],
)
async def test_a_note_is_kept_or_dropped(before: str | None, keys: list[str], returned: Note | None) -> None:
    app = Stage(screen=NoteScreen(before, "Brain/a.png"))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        assert app.returned == returned


async def test_a_changed_note_is_dropped_only_when_asked_twice() -> None:
    app = Stage(screen=NoteScreen("old", HOSTILE))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        assert harmless(app)
        await pilot.press("a", "escape")
        await pilot.pause()
        assert app.returned == "nothing yet"
        assert "esc again drops it" in text_of(app)
        await pilot.press("b", "escape")
        await pilot.pause()
        assert app.returned == "nothing yet", "what was typed since counts"


def test_what_is_pasted_into_an_editor_is_plain() -> None:
    assert plain("a\tb\r\nc\x1b[31md\x07\u202e\x9b") == "a   b\nc[31md"


# The run's notes


@pytest.mark.long
async def test_notes_are_edited_field_by_field() -> None:
    before = Notes(strengths=("quick",), conclusion="fine")
    app = Stage(screen=NotesScreen(before))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        assert app.focused is not None and app.focused.id == "weaknesses", "the first that is empty"
        await pilot.press(*"slow", "enter", *"large", "tab", "tab", *"use", "ctrl+s")
        await pilot.pause()
        assert app.returned == Notes(
            strengths=("quick",), weaknesses=("slow", "large"), conclusion="fine", recommendation="use"
        )


@pytest.mark.long
async def test_notes_are_markdown_with_technical_ones() -> None:
    before = Notes(strengths=("**quick**\n\n- indeed", "small"), weaknesses=("x",), conclusion="y")
    app = Stage(screen=NotesScreen(replace(before, recommendation="z")))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.pause()
        assert app.focused is not None and app.focused.id == "technical"
        await pilot.press(*"`a`", "enter", *"- b", "ctrl+s")
        await pilot.pause()
        assert app.returned == replace(before, recommendation="z", technical="`a`\n- b")


@pytest.mark.parametrize(
    "keys", [["ctrl+s"], ["escape"], ["x", "escape", "escape"], ["x", "backspace", "escape"]]
)
async def test_notes_that_are_as_before_write_nothing(keys: list[str]) -> None:
    app = Stage(screen=NotesScreen(Notes(conclusion="fine")))  # type: ignore[arg-type]
    async with app.shown(80, 24) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.returned is None


# The page


PAGE = f"""# tiny

A line {HOSTILE}

| image | answer |
|---|---|
| a | {HOSTILE} |

[a link](file:///etc/passwd)

## Conclusion

"""


def summary(
    page: str = PAGE,
    *,
    blind: bool = False,
    going_on: bool = False,
    save: Callable[[Notes], Awaitable[str]] | None = None,
) -> SummaryScreen:
    async def keep(notes: Notes) -> str:
        return f"{page}{notes.conclusion}"

    async def load() -> str:
        return page

    async def notes() -> Notes:
        return Notes()

    return SummaryScreen(Path("/results/one"), load, notes, blind, going_on, save or keep)


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_is_shown_and_its_path(size: tuple[int, int]) -> None:
    app = Stage(screen=summary())  # type: ignore[arg-type]
    async with app.shown(*size) as pilot:
        await wait_for(pilot, lambda: store.SUMMARY_NAME in text_of(app))
        assert not any(found in text_of(app) for found in ESCAPED)
        await pilot.press("v")
        await wait_for(pilot, lambda: harmless(app) and "# tiny" in text_of(app))


async def test_notes_are_on_the_page_when_the_screen_says_so() -> None:
    app = Stage(screen=summary())  # type: ignore[arg-type]
    async with app.shown(120, 36) as pilot:
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, NotesScreen))
        await pilot.press("tab", "tab", *"good", "ctrl+s")
        await wait_for(pilot, lambda: "the notes are written" in text_of(app) and "good" in text_of(app))


async def test_notes_that_could_not_be_written_are_not_lost_in_silence() -> None:
    async def fail(_: Notes) -> str:
        raise FadaError(f"the disk is full {HOSTILE}")

    app = Stage(screen=summary(save=fail))  # type: ignore[arg-type]
    async with app.shown(120, 36) as pilot:
        await pilot.press("n")
        await wait_for(pilot, lambda: isinstance(app.screen, NotesScreen))
        await pilot.press(*"good", "ctrl+s")
        await wait_for(pilot, lambda: "the disk is full [b]bold[/b] [/]" in text_of(app))
        await pilot.press("n")
        await wait_for(pilot, lambda: "good" in text_of(app))  # they can be saved once more


async def test_the_page_of_a_run_that_goes_on_says_so() -> None:
    app = Stage(screen=summary(going_on=True))  # type: ignore[arg-type]
    async with app.shown(120, 36) as pilot:
        await wait_for(pilot, lambda: "as if the run ended now" in text_of(app))
        assert store.SUMMARY_NAME not in text_of(app), "that is not written yet"


async def test_blind_mode_shows_nothing_of_the_page() -> None:
    app = Stage(screen=summary(blind=True))  # type: ignore[arg-type]
    async with app.shown(120, 36) as pilot:
        await wait_for(pilot, lambda: HIDDEN in text_of(app))
        await pilot.press("v", "v", "o")
        await wait_for(pilot, lambda: HIDDEN in text_of(app))
        assert "tiny" not in text_of(app) and "/results" not in text_of(app)


# Help


@pytest.mark.long
@pytest.mark.parametrize(
    "size", [(80, 24), *(pytest.param(size, marks=pytest.mark.slow) for size in [(120, 36), (200, 50)])]
)
async def test_the_help_names_all_keys_and_the_users_own(size: tuple[int, int]) -> None:
    screen: Screen[None] = HelpScreen({"zoom": "Z"}, [("model", HOSTILE)])
    app = Stage(screen=screen)  # type: ignore[arg-type]
    async with app.shown(*size) as pilot:
        await pilot.pause()
        seen = text_of(app)
        await pilot.press("j", "k")
        for _ in range(16):
            await pilot.press("pagedown")
            await pilot.pause()
            seen += "\n" + text_of(app)
        assert "Z  The picture on the whole screen" in seen
        assert "Judge the answer correct" in seen
        assert "[b]bold[/b] [/]" in seen and not any(found in seen for found in ESCAPED)
        await pilot.press("question_mark")
        await pilot.pause()
        assert app.returned is None
