"""The answers of all models side by side, image after image, each to be judged beside the picture."""

from collections.abc import Callable
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.messages import Prune
from textual.screen import Screen
from textual.widgets import Static

from fada_tui.report.units import count
from fada_tui.tui.actions import side_by_side
from fada_tui.tui.actions.judging_actions import JudgingActions
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.keymap import WHILE_OPEN, bindings, bindings_while_open
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.footer import idle
from fada_tui.tui.present.glyphs import GLYPHS
from fada_tui.tui.present.lines import NAME_CELLS
from fada_tui.tui.present.side_layout import Layout, layout
from fada_tui.tui.screens.answer_actions import AnswerActions
from fada_tui.tui.screens.layered import LayeredScreen
from fada_tui.tui.screens.picture_keys import PictureKeys
from fada_tui.tui.state.picture_view import PictureView
from fada_tui.tui.state.side_by_side import SideBySide
from fada_tui.tui.state.views import AskedAbout, NoticeKind
from fada_tui.tui.widgets.answer_columns import AnswerColumn, AnswerColumns
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.picture import Picture
from fada_tui.tui.widgets.title import Title
from fada_tui.tui.widgets.words import Words

UNDERLINED = "underlined words are in one of the answers alone"
EQUAL = "equal answers stand in one column: one key judges them all"
ALONE = "one model has answered this: what another one says will stand beside it"
NOTHING = "no model has answered this question about this image"


class ModelsOnImage(LayeredScreen[None], JudgingActions, AnswerActions, PictureKeys):
    """A column for each answer beside the picture, or beneath it where that leaves it more room.

    Args:
        workspace: what is worked on; its position is the column in front.
        side: the columns.
        below: the screen whose doors open from here, too.
    """

    PLACES = ("verdict", "assess", "models_on_image", "window")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("verdict", "assess", "models_on_image"),
        *bindings_while_open("window"),
    ]
    AUTO_FOCUS = ""
    SHOWN = ("verdict", "assess", "models_on_image", "app")
    DEFAULT_CSS = """
    ModelsOnImage {
        & > .question { height: auto; max-height: 2; padding: 0 1; text-style: bold; }
        & > #body { height: 1fr; layout: horizontal; }
        & > #body.-above { layout: vertical; }
        & #nothing { width: 1fr; height: 1fr; content-align: center middle; color: $muted; }
    }
    """

    def __init__(self, workspace: Workspace, side: SideBySide, below: Screen[Any]) -> None:
        super().__init__()
        self.workspace = workspace
        self._side = side
        self._below = below
        self._layout: Layout | None = None
        self._reading = self._open = False

    def compose(self) -> ComposeResult:
        """Lay out the picture and as many columns as there is room for."""
        context = self.workspace.app_context
        yield Title()
        yield Words(classes="question")
        with Container(id="body"):
            yield Picture(context.graphics)
            yield AnswerColumns(context.rubric.context.name, self._wanted(*self.app.size).columns)
            yield Static(NOTHING, id="nothing")
        yield Notice()
        yield KeyBar(*self.SHOWN, steady=True)

    def on_mount(self) -> None:
        """Show what is looked at, from now on also when the main screen goes on."""
        self._open = True
        self.workspace.view.join(self)
        self.draw()
        self._introduce()

    def _introduce(self) -> None:
        """Say what is seen, once all runs are read."""
        side = self._side
        if self._open and side.columns and not side.unread():
            self.say(UNDERLINED if len(side.columns) > 1 else EQUAL if side.models > 1 else ALONE)

    @on(Prune)
    def _leave_view(self) -> None:
        """No longer go with the main screen."""
        self._open = False
        self.workspace.view.part(self)

    async def on_resize(self, event: events.Resize) -> None:
        """Share the terminal anew."""
        await self._arrange()

    def _wanted(self, width: int, height: int) -> Layout:
        return layout(width, max(height - 6, 1), self._side.models)

    async def _arrange(self) -> None:
        """Share the terminal between the picture and the columns."""
        body = self.query_one("#body")
        wanted = layout(*body.size, self._side.models) if body.size else self._wanted(*self.size)
        if wanted == self._layout:
            return
        self._layout = wanted
        body.set_class(not wanted.beside, "-above")
        picture = self.query_one(Picture)
        picture.styles.width = wanted.picture if wanted.beside else "1fr"
        picture.styles.height = "1fr" if wanted.beside else wanted.picture
        await self.query_one(AnswerColumns).make_room(wanted.columns)
        self._draw_columns()

    # Showing

    def draw(self) -> None:
        """Show the current image and question."""
        if not self._open:
            return
        side, review = self._side, self.workspace.review
        side.update()
        self.query_one(Title).say(self._title())
        number, questions = review.key_index + 1, review.questions
        asked = questions[number - 1].text if questions else ""
        of = f"{number}/{len(questions)}  " if len(questions) > 1 else ""
        self.query_one(".question", Words).say(f"{of}{asked}")
        caption = review.slot.image.category if review.slot else ""
        view, about = self.picture_view.view, self._asked_about
        self.query_one(Picture).show(review.image, side.neighbours(), caption, about, view)
        self.query_one(Notice).check()
        self._draw_columns()
        self._draw_keys()
        if not self._reading and side.unread():
            self._reading = True
            self.run_worker(self._read())

    def _draw_keys(self) -> None:
        """Show the keys that do something now."""
        side = self._side
        state = replace(
            self.workspace.key_state(),
            long=self._answer_text.is_long,
            several=side.questions > 1,
            to_judge=True,
            judged=True,
        )
        alone = {"column.left", "column.right"} if len(side.columns) < 2 else set()
        places = WHILE_OPEN if self.picture_view.open else self.SHOWN
        self.query_one(KeyBar).show(places, idle(state) | alone)

    @property
    def picture_view(self) -> PictureView:
        """How pictures are looked at."""
        return self.workspace.picture_view

    def show_view(self) -> None:
        """Show the picture as it is looked at now, and the keys that do something then."""
        if self._open:
            looked = self.picture_view
            self.query_one(Picture).look(looked.view, whole_told=looked.open)
            self._draw_keys()

    def draw_answer(self) -> None:
        """Show the answers as far as they have come."""
        if self._open:
            self._side.update()
            self._draw_columns()

    def _draw_columns(self) -> None:
        side, columns = self._side, self.query_one(AnswerColumns)
        columns.display = bool(side.columns)
        self.query_one("#nothing").display = not side.columns
        columns.show(len(side.columns), side.column, side.views)

    def _title(self) -> str:
        side, review = self._side, self.workspace.review
        answers, judged = side.counts
        unread = len(side.unread())
        parts = [
            shortened(review.slot.image.image, max(self.size.width // 2, NAME_CELLS)) if review.slot else "",
            f"{judged} of {count(answers, 'answer')} judged",
            self._verdicts() if len(side.columns) > 1 else "",
            f"reading {count(unread, 'more run')}" if unread else "",
            "BLIND" if review.open_runs.blind else "",
        ]
        return "  │  ".join(part for part in parts if part)

    def _verdicts(self) -> str:
        """Return each column's verdict, the one in front in brackets: not all columns are in sight."""
        kinds = [GLYPHS[kind] for kind in self._side.kinds]
        kinds[self._side.column] = f"[{kinds[self._side.column]}]"
        return " ".join(kinds)

    @property
    def _asked_about(self) -> tuple[AskedAbout, ...]:
        checks = self.workspace.image_checks
        answers = (answer for column in self._side.columns for answer in column.answers)
        asked = (checks.asked_about(run, key) for run, key in answers)
        return tuple(dict.fromkeys(one for one in asked if one))

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line above the keys."""
        self.query_one(Notice).tell(text, kind, keep=keep, holds=holds)

    async def _read(self) -> None:
        try:
            await side_by_side.read_runs(self.workspace, self._side)
        finally:
            self._reading = False
        self._introduce()

    # Moving

    def action_column(self, step: int) -> None:
        """Go to the next column, or the previous one."""
        self._side.turn(step)
        self.draw()

    def action_beside(self, step: int) -> None:
        """Go to the next column with the keys that lead to the answer beside."""
        self.action_column(step)

    def action_image(self, step: int) -> None:
        """Go to the next image, or the previous one."""
        self._side.step_image(step)
        self.draw()

    def action_question(self, step: int) -> None:
        """Turn to another question of this image."""
        self._side.step_question(step)
        self.draw()

    def action_step(self, step: int) -> None:
        """Go to the next image and question with an answer to judge, or the previous one."""
        if self.workspace.second_look is not None:
            super().action_step(step)
        else:
            side_by_side.step(self.workspace, self._side, step)

    @on(AnswerColumns.Entered)
    def _entered(self, event: AnswerColumns.Entered) -> None:
        if event.number != self._side.column and event.number < len(self._side.columns):
            self._side.choose(event.number)
            self.draw()

    # Judging

    @on(AnswerColumn.Judged)
    async def _verdict_clicked(self, event: AnswerColumn.Judged) -> None:
        number = self.query_one(AnswerColumns).number_of(event.column)
        if number is None:
            return
        self._side.choose(number)
        await (self.action_judge(event.verdict) if event.verdict else self.action_turn_context())

    @on(Canvas.Changed)
    def _image_changed(self, event: Canvas.Changed) -> None:
        if event.path == self.workspace.review.image:
            self.run_worker(side_by_side.note_changes(self.workspace, self._side))

    # Other screens

    async def action_door(self, name: str) -> None:
        """Open another screen, for the column in front."""
        await self.app.run_action(f"door({name!r})", self._below)

    def action_back(self) -> None:
        """Go back to the main screen."""
        self.dismiss(None)
