"""The answers of all models to one question about one image, side by side, each to be judged."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, HorizontalScroll
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Verdict
from fada_tui.evaluation.assessment.edit import (
    with_context,
    with_next_context,
    with_note,
    with_tag_toggled,
    with_verdict,
)
from fada_tui.evaluation.rubric import Rubric
from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.context import ContextScreen
from fada_tui.tui.screens.note import NoteScreen
from fada_tui.tui.screens.tags import TagsScreen
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.state.views import AnswerView, AskedAbout, KeyState, ZoomView
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.answer_text import AnswerText
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.picture import Picture
from fada_tui.tui.widgets.verdicts import Verdicts

Edit = Callable[[Assessment], Assessment]

WITH_PICTURE = 118
"""Cells that leave room for the picture beside two models."""


class Answer(Struct, frozen=True, kw_only=True):
    """One model's answer, and how to see and assess it."""

    name: str
    """As it may be shown: a letter in blind mode."""
    view: Callable[[], AnswerView]
    assess: Callable[[Edit], Awaitable[Assessment]]
    """Returns the assessment as it is on disk then; raises `FadaError`."""
    asked_about: Callable[[], AskedAbout | None]
    """What its image was when it was asked about."""
    judge_anyway: Callable[[], Awaitable[str]]
    """Asks whether to judge it though its image has changed; returns what became of that, in words."""


class ModelsOnImage(Screen[None]):
    """A column for each model, beside the picture where there is room for it.

    Args:
        image: the image that is asked about.
        category: the image's.
        graphics: how this terminal draws pictures.
        answers: in the order of the columns.
        rubric: what to assess by.
        undo: takes back the last assessment; returns what happened, in words.
        redo: makes it again.
        toggle_thoughts: has the views show thoughts, or hide them; returns which, in words.
    """

    PLACES = ("verdict", "models_on_image")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("verdict", "models_on_image")]
    DEFAULT_CSS = """
    ModelsOnImage {
        & > .title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
        & > #said { height: 1; padding: 0 1; color: $warning; }
        & > Horizontal { height: 1fr; }
        & Picture { display: none; width: 2fr; min-width: 36; margin: 1; }
        &.-wide Picture { display: block; }
        & #columns { width: 5fr; height: 1fr; }
        & AnswerPane {
            height: 100%;
            width: 1fr;
            min-width: 36;
            border: round $border;
            border-title-color: $muted;
            padding: 0 1;
        }
        & AnswerPane:focus-within {
            border: round $primary;
            border-title-color: $primary;
            border-title-style: bold;
        }
    }
    """

    def __init__(
        self,
        image: Path,
        category: str,
        graphics: Detected,
        answers: Sequence[Answer],
        rubric: Rubric,
        undo: Callable[[], Awaitable[str]],
        redo: Callable[[], Awaitable[str]],
        toggle_thoughts: Callable[[], str],
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WITH_PICTURE, "-wide")]
        self._image = image
        self._category = category
        self._graphics = graphics
        self._answers = answers
        self._rubric = rubric
        self._undo = undo
        self._redo = redo
        self._toggle_thoughts = toggle_thoughts

    def compose(self) -> ComposeResult:
        """Lay out the columns."""
        yield Static(line(self._image.name), classes="title")
        with Horizontal():
            yield Picture(self._graphics)
            with HorizontalScroll(id="columns", can_focus=False):
                for _ in self._answers:
                    yield AnswerPane(self._rubric.context.name)
        yield Static("", markup=False, id="said")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        """Show the picture, and fill the columns."""
        for pane, answer in zip(self.query(AnswerPane), self._answers, strict=True):
            pane.border_title = line(answer.name)
        self._draw()
        self.query(AnswerText).first().focus()

    @property
    def _asked_about(self) -> tuple[AskedAbout, ...]:
        asked = (answer.asked_about() for answer in self._answers)
        return tuple(dict.fromkeys(one for one in asked if one))

    def _draw(self) -> None:
        self.query_one(Picture).show(self._image, (), self._category, self._asked_about)
        for pane, answer in zip(self.query(AnswerPane), self._answers, strict=True):
            pane.show(answer.view())

    @property
    def _column(self) -> int:
        for number, text in enumerate(self.query(AnswerText)):
            if text.has_focus:
                return number
        return 0

    def action_column(self, step: int) -> None:
        """Go to the next column, or the previous one."""
        texts = list(self.query(AnswerText))
        texts[(self._column + step) % len(texts)].focus()

    async def action_judge(self, verdict: Verdict | None) -> None:
        """Judge the column with the focus."""
        await self._assess(self._column, lambda before: with_verdict(before, verdict))

    async def action_turn_context(self) -> None:
        """Turn its context flag on: yes, no, unset."""
        await self._assess(self._column, with_next_context)

    async def action_undo(self) -> None:
        """Take back the last assessment."""
        self.query_one("#said", Static).update(line(await self._undo()))
        self._draw()

    async def action_redo(self) -> None:
        """Make it again."""
        self.query_one("#said", Static).update(line(await self._redo()))
        self._draw()

    def action_thoughts(self) -> None:
        """Show what the models thought before they answered, or hide it."""
        self.query_one("#said", Static).update(line(self._toggle_thoughts()))
        self._draw()

    async def _assess(self, column: int, edit: Edit) -> None:
        try:
            await self._answers[column].assess(edit)
        except FadaError as error:
            self.query_one("#said", Static).update(line(str(error)))
        else:
            self.query_one("#said", Static).update("")
        self._draw()

    def action_door(self, name: str) -> None:
        """Open another screen, for the column with the focus."""
        doors = {
            "context": self._context_flag,
            "tags": self._tags,
            "note": self._note,
            "zoom": self._zoom,
            "judge_anyway": self._judge_anyway,
        }
        self.run_worker(doors[name](), group=DOOR, exclusive=True)

    async def _tags(self) -> None:
        answer = self._answers[self._column]

        async def toggle(name: str) -> tuple[str, ...]:
            return (await answer.assess(lambda before: with_tag_toggled(before, name))).tags

        await self.app.push_screen_wait(TagsScreen(self._rubric, answer.view().assessment.tags, toggle))
        self._draw()

    async def _note(self) -> None:
        column = self._column
        answer = self._answers[column]
        written = await self.app.push_screen_wait(NoteScreen(answer.view().assessment.note, answer.name))
        if written is not None:
            await self._assess(column, lambda before: with_note(before, written.text))

    async def _context_flag(self) -> None:
        column = self._column
        chosen = await self.app.push_screen_wait(ContextScreen(self._rubric.context.name))
        if chosen is not None:
            await self._assess(column, lambda before: with_context(before, chosen.value))

    async def _zoom(self) -> None:
        def look() -> ZoomView:
            answer = self._answers[self._column].view()
            judged = answer.assessment.verdict is not None
            keys = KeyState(answer=True, verdict=judged, text=True, undo=True, redo=True)
            return ZoomView(image=self._image, asked=self._asked_about, answer=answer, keys=keys)

        await self.app.push_screen_wait(ZoomScreen(self._graphics, look, self, self._rubric.context.name))

    async def _judge_anyway(self) -> None:
        said = await self._answers[self._column].judge_anyway()
        self.query_one("#said", Static).update(line(said))
        self._draw()

    @on(Verdicts.Chosen)
    async def _clicked(self, event: Verdicts.Chosen) -> None:
        panes = list(self.query(AnswerPane))
        column = next(n for n, pane in enumerate(panes) if event.control in pane.walk_children())
        verdict = event.verdict
        edit: Edit = (lambda before: with_verdict(before, verdict)) if verdict else with_next_context
        await self._assess(column, edit)

    def action_back(self) -> None:
        """Go back to the main screen."""
        self.dismiss(None)
