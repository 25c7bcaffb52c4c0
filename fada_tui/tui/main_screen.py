"""The main screen: its state is pushed down to the panes, messages and keys come up."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Verdict
from fada_tui.evaluation.assessment.edit import with_next_context, with_verdict
from fada_tui.evaluation.assessment.filters import WORDS, parse
from fada_tui.evaluation.assessment.history import Change
from fada_tui.models.registry import statuses
from fada_tui.runs.assessment_writer import AssessmentWriter
from fada_tui.runs.events import SessionEvent
from fada_tui.tui.actions import dialogs, loading, run_events
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.lines import change_text, images_text, title_text
from fada_tui.tui.present.models import model_lines
from fada_tui.tui.state.assessments import Assessments
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.open_runs import Key, OpenRun, OpenRuns
from fada_tui.tui.state.review import Place, Review
from fada_tui.tui.state.run_control import SAMPLE_SECONDS, RunControl
from fada_tui.tui.terminal.key_queue import DOOR
from fada_tui.tui.terminal.visibility import DRAWING_SECONDS, Visibility
from fada_tui.tui.widgets.answer import AnswerPane
from fada_tui.tui.widgets.filterbox import FilterBox
from fada_tui.tui.widgets.gpu import GpuPane
from fada_tui.tui.widgets.images import ImageList
from fada_tui.tui.widgets.models import ModelList
from fada_tui.tui.widgets.notice import Kind, Notice
from fada_tui.tui.widgets.panes import Panes
from fada_tui.tui.widgets.runbar import RunBar
from fada_tui.tui.widgets.verdicts import Verdicts

Edit = Callable[[Assessment], Assessment]

TYPING_SECONDS = 0.12
SETTLING_SECONDS = 0.5
"""How long the filter waits for more to be typed, and for more to change, before going through all images."""

GUARD_SECONDS = 0.25
"""A verdict this soon after the picture changed by itself, sooner than eye and finger are, is for another."""


class MainScreen(Screen[None]):
    """All panes, and the actions of the places "main" and "assess".

    Args:
        app_context: what the dashboard works with.
        visibility: how long what is shown has been in sight.
        warnings: what to say first.
    """

    PLACES = ("verdict", "assess", "main", "images", "models")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("verdict", "assess", "main")]
    AUTO_FOCUS = "ImageList"

    def __init__(
        self, app_context: AppContext, visibility: Visibility, warnings: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.app_context = app_context
        self.review = Review(OpenRuns(app_context.settings.assessor), app_context.questions())
        self.writer = AssessmentWriter()
        self.run_control = RunControl(app_context, self.review.open_runs, self._take, self._complain)
        self.marked_models: tuple[str, ...] = ()
        self.assessments = Assessments(self.review.open_runs, self.writer)
        self._warnings = (*app_context.warnings, *warnings)
        self._visibility = visibility
        self._drawing: Timer | None = None
        self._streaming: Timer | None = None
        self._refiltering: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Panes(
            self.review.open_runs.mark,
            self.app_context.graphics,
            self.app_context.rubric.context.name,
            WORDS,
            self.app_context.settings.keymap,
        )

    def on_mount(self) -> None:
        """Show what can be shown at once, and read the rest after that."""
        self.draw()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._visibility.begin()
        self.run_control.telemetry.start()
        self.set_interval(SAMPLE_SECONDS, self.draw_gauges)
        for warning in self._warnings:
            self.say(warning, "warning")
        self.run_worker(loading.begin(self))

    # Pushing down

    def show_images(self) -> None:
        """Show the images of what is looked at, and all that follows from it."""
        self.query_one(Panes).show_images(self.review.shown, self.review.slot, images_text(self.review))
        self.draw()

    def show_answer(self) -> None:
        """Bring the answer to sight."""
        self.query_one(Panes).show_answer()

    def draw(self) -> None:
        """Bring all panes up to date."""
        if self._drawing is not None:
            self._drawing.stop()
            self._drawing = None
        review, panes = self.review, self.query_one(Panes)
        self.query_one(AnswerPane).show(review.answer_view())
        self.query_one(ImageList).refresh_marks()
        panes.show_picture(
            review.image, review.neighbours(), review.slot.image.category if review.slot else ""
        )
        panes.show_title(title_text(review, self.app_context.settings.assessor))
        self._draw_models()
        self._draw_run()

    def _draw_models(self) -> None:
        run_progress, review = self.run_control.run_progress, self.review
        lines = model_lines(
            review.disk_index.rows or statuses(self.app_context.registry, ()),
            review.disk_index.figures,
            here=review.disk_index.here,
            loaded=run_progress.model if run_progress.active else None,
            progress=run_progress.progress,
            queued=self.run_control.queue.waiting,
            marked=frozenset(self.marked_models),
            blind=review.open_runs.blind,
        )
        self.query_one(ModelList).show(lines)

    def _draw_run(self) -> None:
        waiting, open_runs = len(self.run_control.queue.waiting), self.review.open_runs
        judged, answers, _ = open_runs.at_work.counts() if open_runs.at_work else (0, 0, 0)
        view = self.run_control.run_progress.view(waiting, hidden=open_runs.blind, to_judge=answers - judged)
        self.query_one(RunBar).show(view)

    def draw_gauges(self) -> None:
        """Bring the gauges and the run bar up to date."""
        self.query_one(GpuPane).show(self.run_control.gauges())
        self._draw_run()

    def _draw_stream(self) -> None:
        self._streaming = None
        self.query_one(AnswerPane).show(self.review.answer_view())

    def say(self, text: str, kind: Kind = "info", *, keep: bool = False) -> None:
        """Say a line above the keys."""
        self.query_one(Notice).tell(text, kind, keep=keep)

    # Runs as they go on

    def _take(self, event: SessionEvent) -> None:
        run_events.take(self, event)

    def draw_answer_soon(self) -> None:
        """Draw the growing answer: some ten frames a second are enough to read by, and cheap to send."""
        if self._streaming is None:
            self._streaming = self.set_timer(0.25 if self._slow else 0.08, self._draw_stream)

    def draw_soon(self) -> None:
        """Bring all panes up to date: a few times a second, however quick the worker is."""
        if self._drawing is None:
            self._drawing = self.set_timer(0.6 if self._slow else 0.25, self.draw)

    def move(self, place: Place, seconds: float) -> None:
        """Go somewhere without a person's word, unless that was done in the last so many seconds."""
        if self._visibility.seconds >= seconds:
            self.review.look(*place)
            self.query_one(Panes).highlight(place[0])
            self.draw()
            self._moved()

    def _moved(self) -> None:
        """Note that the picture changed by itself: a verdict must wait until it has been seen."""
        self._visibility.moved()
        self.set_timer(DRAWING_SECONDS, self._visibility.drawn)

    @property
    def _slow(self) -> bool:
        return self.app_context.settings.low_bandwidth

    def _complain(self, message: str) -> None:
        self.say(message, "error")
        self.draw()

    # Moving

    @on(ImageList.Highlighted)
    def _highlighted(self, event: ImageList.Highlighted) -> None:
        if event.slot != self.review.slot:
            self.review.stay()
            if event.slot is not None:
                self.review.look(event.slot)
            self.refilter_soon()
            self.draw()

    @on(ImageList.Opened)
    def _opened(self, event: ImageList.Opened) -> None:
        self.review.stay()
        self.review.look(event.slot)
        self.draw()
        self.query_one(Panes).focus_pane("answer")

    @on(ImageList.MarkedChanged)
    def _marked(self, event: ImageList.MarkedChanged) -> None:
        self.review.marked = self.query_one(ImageList).marked
        self.draw()

    @on(ModelList.Opened)
    async def _open_model(self, event: ModelList.Opened) -> None:
        if self.review.open_runs.blind:
            self.say("blind mode hides which model is which; b ends it", "warning")
        elif run := self.review.disk_index.latest(event.name):
            await loading.open_run(self, run.id)
        else:
            self.say(f"{event.name} has no run yet; space marks it, r runs it")

    @on(ModelList.Marked)
    def _mark_model(self, event: ModelList.Marked) -> None:
        marked = self.marked_models
        self.marked_models = (
            tuple(name for name in marked if name != event.name)
            if event.name in marked
            else (*marked, event.name)
        )
        self.draw()

    def action_pane(self, step: int) -> None:
        """Go to the next pane, or the previous one."""
        self.query_one(Panes).turn(step)

    # Assessing

    async def action_judge(self, verdict: Verdict | None) -> None:
        """Judge the answer that is looked at, and move on."""
        if verdict and self._visibility.seconds < GUARD_SECONDS:
            self.say("the picture has just changed: look, then judge", "warning")
            return
        judged = await self.assess(lambda before: with_verdict(before, verdict))
        if judged and verdict and self.app_context.settings.auto_advance:
            run_events.advance(self)

    async def action_context(self) -> None:
        """Turn the context flag on: yes, no, unset."""
        await self.assess(with_next_context)

    async def action_undo(self) -> None:
        """Take back the last assessment and show where."""
        await self._show_change(self.assessments.undo(), "undone")

    async def action_redo(self) -> None:
        """Make it again and show where."""
        await self._show_change(self.assessments.redo(), "done again")

    def judgeable(self) -> tuple[OpenRun, Key] | None:
        """Return the answer that is looked at; says so where there is none."""
        run, key = self.review.run, self.review.key
        if run is None or key is None or not run.answered(*key):
            self.say("there is no answer to judge here yet", "warning")
            return None
        return run, key

    async def assess(self, edit: Edit, place: tuple[OpenRun, Key] | None = None) -> bool:
        """Change an assessment, by default of what is looked at; return whether it is on disk."""
        place = place or self.judgeable()
        if place is None:
            return False
        self.review.stay()
        try:
            await self.assessments.change(*place, edit(place[0].assessment(*place[1])))
        except FadaError as error:
            self.say(str(error), "error")
            return False
        self.refilter_soon()
        self.draw()
        return True

    async def _show_change(self, doing: Awaitable[Change | None], word: str) -> None:
        try:
            change = await doing
        except FadaError as error:
            self.say(str(error), "error")
            return
        if change is None:
            self.say(f"nothing to be {word}")
            return
        if place := self.review.place_of(change.run_id, change.path, change.question_id):
            self.go(place)
        self.draw()
        self.say(change_text(word, change))

    def go(self, place: Place) -> None:
        """Go somewhere because a person says so."""
        self.review.stay()
        self.review.look(*place)
        self.query_one(Panes).highlight(place[0])
        self.draw()

    def action_step(self, step: int) -> None:
        """Go to the next unassessed answer, or the previous one."""
        if place := self.review.next_place(step):
            self.go(place)
        else:
            self.say(f"no unassessed answer: {self.review.progress()}")

    def action_question(self, step: int) -> None:
        """Turn to another question of this image."""
        self.review.stay()
        self.review.turn(step)
        self.draw()

    @on(Verdicts.Chosen)
    async def _verdict_clicked(self, event: Verdicts.Chosen) -> None:
        await (self.action_judge(event.verdict) if event.verdict else self.action_context())

    # Filter

    def action_filter(self) -> None:
        """Open the filter box."""
        self.query_one(Panes).focus_pane("images")
        self.query_one(FilterBox).open(self.review.filter_names())

    @on(FilterBox.Changed)
    def _filter_changed(self, event: FilterBox.Changed) -> None:
        found = parse(event.text)
        self.query_one(FilterBox).complain(found.error)
        self.review.filter = found
        self._refilter_in(TYPING_SECONDS, keep=False)

    @on(FilterBox.Closed)
    def _filter_closed(self) -> None:
        self.query_one(ImageList).focus()

    def refilter_soon(self) -> None:
        """Apply the filter again shortly, as what it goes by has changed."""
        if self.review.filter.words and self._refiltering is None:
            self._refilter_in(SETTLING_SECONDS, keep=True)

    def _refilter_in(self, seconds: float, *, keep: bool) -> None:
        if self._refiltering is not None:
            self._refiltering.stop()
        self._refiltering = self.set_timer(seconds, partial(self._refilter, keep))

    def _refilter(self, keep: bool) -> None:
        self._refiltering, before = None, self.review.slot
        self.review.refilter(keep=keep)
        self.show_images()
        if self.review.slot != before:
            self._moved()

    # Doors to other screens

    def _open(self, door: Coroutine[None, None, None]) -> None:
        self.run_worker(door, group=DOOR, exclusive=True)

    def action_door(self, name: str) -> None:
        """Open another screen, or do what needs one."""
        self._open(dialogs.DOORS[name](self))

    def action_stop(self) -> None:
        """Stop after this image; again: now."""
        self.say(self.run_control.stop(), keep=self.run_control.queue.busy)
        self._draw_run()

    def action_restart(self) -> None:
        """Take up the run again whose worker died, or that was stopped."""
        if self.review.run is not None:
            self.resume(str(self.review.run.folder))

    def resume(self, name: str) -> None:
        """Take an unfinished run up again."""
        self._open(dialogs.resume(self, name))

    def action_follow(self) -> None:
        """Follow the worker from image to image, or no longer."""
        run_events.toggle(self)

    def action_path(self) -> None:
        """Copy the image's path, and show it."""
        if image := self.review.image:
            self.app.copy_to_clipboard(str(image))
            self.say(f"copied: {image}", keep=True)

    def action_quit(self) -> None:
        """Leave; ask first while a run goes on."""
        self._open(dialogs.leave(self))
