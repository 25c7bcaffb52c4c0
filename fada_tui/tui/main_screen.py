"""The main screen: passes its state down to the panes, and receives messages and keys from them."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.worker import Worker

from fada_tui.evaluation.assessment.filters import TELLING, WORDS
from fada_tui.tui.actions import following, judging, left_queue, loading, run_events, second_look
from fada_tui.tui.actions.judging_actions import JudgingActions
from fada_tui.tui.actions.view import Companion
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs import leaving, running
from fada_tui.tui.dialogs.assessor import once_named
from fada_tui.tui.dialogs.doors import DOORS
from fada_tui.tui.keymap import bindings, bindings_while_open
from fada_tui.tui.present.filter_names import filter_names
from fada_tui.tui.present.lines import images_text, title_text
from fada_tui.tui.present.pace import pace_text
from fada_tui.tui.screens.answer_actions import AnswerActions
from fada_tui.tui.screens.desk_actions import DeskActions
from fada_tui.tui.screens.layered import LayeredScreen
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.image_rows import Slot
from fada_tui.tui.state.list_line import list_line
from fada_tui.tui.state.run_control import SAMPLE_SECONDS
from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.visibility import DRAWING_SECONDS, Visibility
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.filterbox import TYPING_SECONDS, FilterBox
from fada_tui.tui.widgets.gpu import GpuPane
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.models import ModelList
from fada_tui.tui.widgets.notice import Notice
from fada_tui.tui.widgets.panes import Panes
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.verdicts import Verdicts

SETTLING_SECONDS = 0.5
"""How long the filter waits for more to change before going through all images."""


class MainScreen(LayeredScreen[None], JudgingActions, AnswerActions, DeskActions):
    """All panes, and the keys of the places "main" and "assess": the `MainView` of its workspace.

    Args:
        app_context: what the dashboard works with.
        visibility: how long what is shown has been in sight.
        warnings: what to say first.
    """

    PLACES = ("verdict", "assess", "main", "window", "images", "models")
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("verdict", "assess", "main"),
        *bindings_while_open("window"),
    ]
    AUTO_FOCUS = "ImageList"

    def __init__(
        self, app_context: AppContext, visibility: Visibility, warnings: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.workspace = Workspace(
            app_context, view=self, take=lambda event: run_events.take(self.workspace, event)
        )
        self._warnings = (*app_context.warnings, *warnings)
        self._visibility = visibility
        self._drawing: Timer | None = None
        self._streaming: Timer | None = None
        self._refiltering: Timer | None = None
        self._companions: list[Companion] = []
        self._leaving: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        app_context = self.workspace.app_context
        yield Panes(
            self.workspace.review.open_runs.mark,
            app_context.graphics,
            app_context.rubric,
            WORDS,
            self.workspace.desk,
        )

    def on_mount(self) -> None:
        """Show what can be shown at once, and read the rest after that."""
        self.draw()
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Stop reading the machine."""
        self.workspace.run_control.telemetry.stop()

    def _begin(self) -> None:
        self._visibility.begin()
        self.workspace.run_control.telemetry.start()
        self.set_interval(SAMPLE_SECONDS, self.draw_gauges)
        for warning in self._warnings:
            self.say(warning, "warning")
        self.run_worker(self._load())

    async def _load(self) -> None:
        await loading.begin(self.workspace)
        if self.workspace.app_context.resume:
            self.resume(self.workspace.app_context.resume)
        else:
            await loading.open_latest(self.workspace)
        await left_queue.tell(self.workspace)
        await following.keep_up(self.workspace)

    # Showing what is on the workspace

    def join(self, companion: Companion) -> None:
        """From now on, draw a screen above whenever this one is drawn, and say there what is said here."""
        self._companions.append(companion)

    def part(self, companion: Companion) -> None:
        """No longer do so."""
        self._companions.remove(companion)

    def show_images(self) -> None:
        """Show the images of the current position, and update everything that depends on them."""
        review = self.workspace.review
        self.query_one(Panes).show_images(review.shown, review.slot, images_text(review))
        self.query_one(FilterBox).put(review.filter.text)
        self.draw()

    def show_answer(self) -> None:
        """Bring the answer to sight."""
        self.query_one(Panes).show_answer()

    def highlight(self, slot: Slot | None) -> None:
        """Highlight an image."""
        self.query_one(Panes).highlight(slot)

    @property
    def highlighted_model(self) -> str | None:
        """Name of the model under the cursor."""
        return self.query_one(ModelList).highlighted

    def draw(self) -> None:
        """Bring all panes up to date."""
        if self._drawing is not None:
            self._drawing.stop()
            self._drawing = None
        review, panes = self.workspace.review, self.query_one(Panes)
        self.query_one(AnswerPane).show(review.answer_view())
        self.query_one(ImageList).refresh_marks()
        caption = review.slot.image.category if review.slot else ""
        view, asked = self.picture_view.view, self.workspace.asked_about
        panes.show_picture(review.image, review.neighbours(), caption, asked, view)
        self._draw_title()
        panes.show_line(list_line(review))
        self.query_one(ModelList).show(self.workspace.model_lines())
        self.query_one(Notice).check()
        self._draw_run()
        panes.show_idle(self.workspace.key_state())
        for companion in self._companions:
            companion.draw()
        self.arrange_itself()
        self.keep_soon()

    def _draw_title(self) -> None:
        workspace, review = self.workspace, self.workspace.review
        pace = pace_text(workspace.session, review.progress())
        width = self.size.width - 2
        title = title_text(review, review.open_runs.assessor, width, pace, workspace.mode_text)
        self.query_one(Panes).show_title(title)

    def on_resize(self) -> None:
        """Show as much of the title as there is room for now."""
        self._draw_title()

    def _draw_run(self) -> None:
        self.query_one(RunBar).show(self.workspace.run_view())

    def draw_gauges(self) -> None:
        """Bring the gauges and the run bar up to date."""
        self.query_one(GpuPane).show(self.workspace.gauges())
        self._draw_run()

    def draw_answer_soon(self) -> None:
        """Draw the growing answer: some ten frames a second are enough to read by, and cheap to send."""
        if self._streaming is None:
            self._streaming = self.set_timer(0.25 if self._slow else 0.08, self._draw_stream)

    def _draw_stream(self) -> None:
        self._streaming = None
        self.query_one(AnswerPane).show(self.workspace.review.answer_view())
        for companion in self._companions:
            companion.draw_answer()

    def draw_soon(self) -> None:
        """Bring all panes up to date: a few times a second, however quick the worker is."""
        if self._drawing is None:
            self._drawing = self.set_timer(0.6 if self._slow else 0.25, self.draw)

    @property
    def _slow(self) -> bool:
        return self.workspace.app_context.settings.low_bandwidth

    def say(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line above the keys."""
        text = self.workspace.open_runs.told(text)
        self.query_one(Notice).tell(text, kind, keep=keep, holds=holds)
        for companion in self._companions:
            companion.say(text, kind, keep=keep, holds=holds)

    def copy(self, text: str) -> None:
        """Copy a text to the clipboard, where the terminal allows that."""
        self.app.copy_to_clipboard(text)

    @property
    def seconds_in_sight(self) -> float:
        """Return for how many seconds the current picture has been visible."""
        return self._visibility.seconds

    def moved(self) -> None:
        """Record that the picture changed automatically: a verdict must wait until it has been seen."""
        self._visibility.moved()
        self.set_timer(DRAWING_SECONDS, self._visibility.drawn)

    @property
    def is_open(self) -> bool:
        """Return whether the program is running."""
        return self.app.is_running

    def ask_name(self, doing: Callable[[], Awaitable[object]], unchanged: Callable[[], bool]) -> None:
        """Ask for the assessor's name; once there is one, do what needed it."""
        asking = once_named(self.workspace, self.app, doing, unchanged)
        self.app.screen.run_worker(asking, group=DOOR, exclusive=True)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine while the user goes on working."""
        self.run_worker(work)

    def exit(self, code: int) -> None:
        """End the program."""
        self.app.exit(code)

    # Moving

    @on(ImageList.Highlighted)
    def _highlighted(self, event: ImageList.Highlighted) -> None:
        review = self.workspace.review
        self.query_one(Panes).browse()
        if event.slot != review.slot:
            review.stay()
            if event.slot is not None:
                review.look(event.slot)
            self.refilter_soon()
            self.draw()

    @on(ImageList.Opened)
    def _opened(self, event: ImageList.Opened) -> None:
        self.workspace.review.stay()
        self.workspace.review.look(event.slot)
        self.draw()
        self.query_one(Panes).focus_pane("answer")

    @on(ImageList.MarkedChanged)
    def _marked(self, event: ImageList.MarkedChanged) -> None:
        self.workspace.review.marked = self.query_one(ImageList).marked
        self.query_one(Panes).browse()
        loading.tell_next_run(self.workspace)
        self.draw()

    @on(ModelList.Opened)
    async def _open_model(self, event: ModelList.Opened) -> None:
        await loading.open_model(self.workspace, event.name)

    @on(ModelList.Marked)
    def _mark_model(self, event: ModelList.Marked) -> None:
        self.workspace.mark_model(event.name)
        loading.tell_next_run(self.workspace)
        self.draw()

    def action_pane(self, step: int) -> None:
        """Go to the next pane, or the previous one."""
        self.query_one(Panes).turn(step)

    def action_follow(self) -> None:
        """Follow the worker from image to image, or no longer."""
        run_events.toggle(self.workspace)

    # Assessing

    @on(Canvas.Changed)
    def _image_changed(self, event: Canvas.Changed) -> None:
        if event.path == self.workspace.review.image:
            self.background(judging.note_change(self.workspace))

    @on(Verdicts.Chosen)
    async def _verdict_clicked(self, event: Verdicts.Chosen) -> None:
        await (self.action_judge(event.verdict) if event.verdict else self.action_turn_context())

    # Filter

    def action_filter(self) -> None:
        """Open the filter box."""
        self.query_one(Panes).focus_pane("images")
        review, box = self.workspace.review, self.query_one(FilterBox)
        models = [review.run.run.model.name] if review.run else []
        names = filter_names(review, self.workspace.app_context.rubric, models)
        box.open(names, without=TELLING if review.open_runs.blind else ())
        box.complain(review.filter.error)

    @on(FilterBox.Changed)
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        self.workspace.review.filter_by(event.text)
        self.query_one(FilterBox).complain(self.workspace.review.filter.error)
        self._refilter_in(TYPING_SECONDS, keep=False)

    @on(FilterBox.Closed)
    def _filter_closed(self) -> None:
        self.query_one(ImageList).focus()

    def action_unfilter(self) -> None:
        """End the second look; else leave the filter, wherever one is on this screen."""
        if self.workspace.second_look is not None:
            second_look.end(self.workspace)
        elif not self.query_one(FilterBox).empty:
            self.query_one(FilterBox).clear()
        else:
            raise SkipAction

    def refilter_soon(self) -> None:
        """Apply the filter again shortly, as what it goes by has changed."""
        if self.workspace.review.list_changes and self._refiltering is None:
            self._refilter_in(SETTLING_SECONDS, keep=True)

    def _refilter_in(self, seconds: float, *, keep: bool) -> None:
        if self._refiltering is not None:
            self._refiltering.stop()
        self._refiltering = self.set_timer(seconds, partial(self._refilter, keep))

    def _refilter(self, keep: bool) -> None:
        self._refiltering = None
        self.run_worker(self.workspace.refilter_aside(keep=keep), group="filter", exclusive=True)

    # Other screens, and the runs

    def _open(self, door: Coroutine[None, None, None]) -> Worker[None]:
        # On the screen that has the keys: that may be one above, which leaves some of them to this one.
        top = self.app.screen
        over = isinstance(top, ModalScreen)  # then a door of this screen waits for what is done there
        return (self if over else top).run_worker(door, group=DOOR, exclusive=not over)

    def action_door(self, name: str) -> None:
        """Open another screen, or do what needs one."""
        if not self.workspace.open_runs.going_blind:
            self._open(DOORS[name](self.workspace, self.app))
        elif name == "blind":
            self._open(loading.give_up())
        else:  # it would end the reading
            self.say(judging.GOING_BLIND, holds=lambda: self.workspace.open_runs.going_blind)

    def action_restart(self) -> None:
        """Resume the run whose worker died, or that was stopped."""
        if self.workspace.open_runs.going_blind:
            self.say(judging.GOING_BLIND, holds=lambda: self.workspace.open_runs.going_blind)
        elif self.workspace.open_runs.blind:
            told = "blind mode tells of no answer whether its run can go on: R resumes a run by its name"
            self.say(told, "warning", holds=lambda: self.workspace.open_runs.blind)
        elif self.workspace.review.run is not None:
            self.resume(str(self.workspace.review.run.folder))

    def resume(self, name: str) -> None:
        """Resume an unfinished run."""
        self._open(running.resume(self.workspace, self.app, name))

    def action_path(self) -> None:
        """Copy the image's path, and show it."""
        if image := self.workspace.review.image:
            self.copy(str(image))
            self.say(f"copied: {image}", keep=True)
        else:
            self.say("there is no image here", "warning")

    def action_quit(self) -> None:
        """Quit; ask first during a run, and once."""
        if self._leaving is None or self._leaving.is_finished:
            self._leaving = self._open(leaving.leave(self.workspace, self.app))
