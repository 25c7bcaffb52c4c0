"""The workspace of the dashboard: its whole state, and operations that several actions share."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.errors import StoreError, reason
from fada_tui.core.notes_fields import merged
from fada_tui.core.records import Notes
from fada_tui.evaluation.assessment.history import Step
from fada_tui.models.registry import statuses
from fada_tui.report.units import count
from fada_tui.runs.assessment_writer import AssessmentWriter, settle_and_publish
from fada_tui.runs.events import SessionEvent
from fada_tui.runs.handover import HandedOver
from fada_tui.runs.publish import preview
from fada_tui.store import folder as store
from fada_tui.store.journal import NotesLine
from fada_tui.tui.actions.kept_state import KeptState
from fada_tui.tui.actions.view import MainView
from fada_tui.tui.present.echo import echo_text
from fada_tui.tui.present.models import ModelLine, model_lines
from fada_tui.tui.state.aside import aside
from fada_tui.tui.state.assessments import Assessments, Way
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.desk import DeskState
from fada_tui.tui.state.followed import Followed, FollowedRuns
from fada_tui.tui.state.image_checks import ImageChecks
from fada_tui.tui.state.judged_answers import AnswerId, JudgedAnswers
from fada_tui.tui.state.judging_session import JudgingSession
from fada_tui.tui.state.leaving import Leaving
from fada_tui.tui.state.left_queue import LeftQueue, LeftReader
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns
from fada_tui.tui.state.picture_view import PictureView
from fada_tui.tui.state.places import Place
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.run_control import RunControl
from fada_tui.tui.state.run_progress import RunProgress
from fada_tui.tui.state.second_look import SecondLook
from fada_tui.tui.state.side_by_side import SideBySide
from fada_tui.tui.state.views import AskedAbout, GpuView, KeyState, RunView, ZoomView
from fada_tui.tui.terminal.viewer import Viewer

LEAVING_SECONDS = 8.0
"""Seconds that a run may take to stop and be written before the dashboard quits without it."""

STOPPING_SECONDS = 4.0
"""How many of them are for that where runs are being handed over first."""


class Workspace:
    """The dashboard's settings, lists, current position, assessments, and runs in progress.

    Args:
        app_context: what the dashboard works with.
        view: shows it.
        take: told of each event of a run, once the open runs have it.
    """

    def __init__(self, app_context: AppContext, view: MainView, take: Callable[[SessionEvent], None]) -> None:
        self.app_context = app_context
        self.view = view
        open_runs = OpenRuns(app_context.assessor)
        self.review = Review(open_runs, app_context.questions(), app_context.rubric)
        self._writer = AssessmentWriter()
        self.image_checks = ImageChecks(self._writer)
        self.assessments = Assessments(open_runs, self._writer, self.image_checks, self._heard, self._missed)
        self.judged_answers = JudgedAnswers()
        self.unwritten_notes: dict[AnswerId, str] = {}
        self.session = JudgingSession(app_context.settings.goal or 0)
        self._second_look: SecondLook | None = None
        self.last_echo = ""
        """What the last key changed of which answer, in few words, to be said along with what comes of it."""
        self.desk = DeskState()
        self.picture_view = PictureView()
        self.viewer = Viewer(app_context.settings.viewer, os.environ, sys.platform)
        self.kept_state = KeptState(app_context, self.review, self.desk)
        self.run_control = RunControl(app_context, open_runs, take, self._complain)
        self.followed_runs = FollowedRuns(open_runs)
        """Runs that other programs make."""
        self.leaving = Leaving(app_context, self.run_control)
        self.left_reader = LeftReader(app_context.results)
        self.left_queue = LeftQueue()
        """The queue of the results folder, as it was looked at last."""
        self.side: SideBySide | None = None
        """The models side by side, while they are shown."""
        self.marked_models: tuple[str, ...] = ()
        """Names of the models marked for the next run, in the order in which they were marked."""

    @property
    def open_runs(self) -> OpenRuns:
        """The open runs."""
        return self.review.open_runs

    def _complain(self, message: str) -> None:
        self.view.say(message, "error")
        self.view.draw()

    def _missed(self, error: Exception) -> None:
        if self.view.is_open:
            self._complain(reason(error))

    def _heard(self, step: Step, way: Way) -> None:
        if way != "undone":
            self.judged_answers.hear(step)
        reached = self.session.hear(step, way)
        if way == "made":
            self.last_echo = echo_text(step, self.open_runs.runs, ends=True)
            if reached:
                self.last_echo += f" · goal reached: {count(self.session.judged, 'answer')}"
            self.view.say(self.last_echo if reached else echo_text(step, self.open_runs.runs), "echo")

    def assess_as(self, assessor: str) -> None:
        """Let another assessor judge from now on; what was judged before stays whose it is."""
        self.assessments.forget()
        self.unwritten_notes.clear()
        self.judged_answers = JudgedAnswers()
        self.session = JudgingSession(self.app_context.settings.goal or 0)
        self._second_look = None
        self.review.assess_as(assessor)
        self.view.show_images()

    @property
    def here(self) -> AnswerId | None:
        """Which answer is looked at."""
        run, key = self.review.run, self.review.key
        return AnswerId(run.id, *key) if run and key else None

    @property
    def second_look(self) -> SecondLook | None:
        """The second look that is being taken, if the list still shows the same runs."""
        look = self._second_look
        if look is not None and look.of != {run.id for run in self.review.looked_at()}:
            self._second_look = look = None
        return look

    def begin_second_look(self, look: SecondLook | None) -> None:
        """Go through these answers from now on; `None`: through those without a verdict."""
        self._second_look = look

    @property
    def mode_text(self) -> str:
        """How the answers are gone through, where that is not one after another."""
        look = self.second_look
        return f"second look {look.number(self.here)} of {len(look)}" if look else ""

    # What is looked at

    def go(self, place: Place) -> None:
        """Move to a place at the user's request."""
        self.review.stay()
        self._look(place)

    def move(self, place: Place, seconds: float) -> None:
        """Move to a place automatically, unless the user moved within a number of seconds."""
        if self.view.seconds_in_sight >= seconds:
            self._look(place)
            self.view.moved()

    def _look(self, place: Place) -> None:
        self.review.look(*place)
        self.view.highlight(place[0])
        self.view.draw()

    def refilter(self, *, keep: bool) -> None:
        """Apply the filter to the current data; `keep`: a current answer to be judged stays listed.

        Not while models are side by side, which follow the list as it was.
        """
        if self.side is not None:
            return
        before = (self.review.slot, self.review.key_index)
        self.review.refilter(keep=keep)
        self.view.show_images()
        if (self.review.slot, self.review.key_index) != before:
            self.view.moved()

    async def refilter_aside(self, *, keep: bool) -> None:
        """Apply the filter as `refilter` does, a little at a time, between whatever else there is to do."""
        if self.side is not None:
            return
        await aside(self.review.looking())
        self.refilter(keep=keep)

    @property
    def asked_about(self) -> tuple[AskedAbout, ...]:
        """What the image was when the current answer was made, where that is known."""
        run, key = self.review.run, self.review.key
        asked = self.image_checks.asked_about(run, key) if run and key else None
        return () if asked is None else (asked,)

    def mark_model(self, name: str) -> None:
        """Mark a model for the next run, or remove the mark."""
        others = tuple(marked for marked in self.marked_models if marked != name)
        self.marked_models = others if name in self.marked_models else (*others, name)
        self.view.draw()

    def model_lines(self) -> tuple[ModelLine, ...]:
        """Return the model list as it is shown."""
        run_progress, disk_index = self._progress, self.review.disk_index
        return model_lines(
            disk_index.rows or statuses(self.app_context.registry, ()),
            disk_index.figures,
            here=disk_index.here,
            damaged=disk_index.damaged,
            loaded=run_progress.model if run_progress.active else None,
            progress=run_progress.progress,
            queued=tuple(one.label for one in self.run_control.queue.runs if not one.kept),
            marked=frozenset(self.marked_models),
            blind=self.open_runs.blind,
        )

    def run_view(self) -> RunView:
        """Return the progress of the run."""
        progress, followed, left = self._progress, self.followed, self.left_queue
        run = self.open_runs.runs.get(progress.run_id or "")
        return progress.view(
            len(self.run_control.queue.waiting) + left.waiting,
            hidden=self.open_runs.blind,
            to_judge=run.left_to_judge if run else 0,
            kept=self.run_control.queue.kept + left.idle,
            maker=followed.maker if followed and not followed.ended else "",
        )

    @property
    def followed(self) -> Followed | None:
        """The run of another program that is shown, where none of one's own goes on."""
        own, followed = self.run_control.run_progress, self.followed_runs.shown
        if self.run_control.queue.busy or followed is None:
            return None
        return followed if followed.progress.active or followed.progress.ended_at > own.ended_at else None

    @property
    def _progress(self) -> RunProgress:
        """The progress that is shown."""
        followed = self.followed
        return followed.progress if followed else self.run_control.run_progress

    def gauges(self) -> GpuView:
        """Return what the GPU pane shows; called at each interval."""
        return self.run_control.gauges(self.followed)

    def zoom_view(self) -> ZoomView:
        """Return the current image and answer, to be looked at more closely."""
        review = self.review
        return ZoomView(
            image=review.image,
            neighbours=review.neighbours(),
            asked=self.asked_about,
            answer=self.side.front() if self.side else review.answer_view(),
            progress=str(review.progress()) if review.run else "",
            mode=self.mode_text,
            assessor=self.open_runs.assessor or "",
            keys=self.key_state(),
        )

    def key_state(self) -> KeyState:
        """Return what decides which keys do something now, but for what is seen of a text or a picture."""
        review, run, key = self.review, self.review.run, self.review.key
        view, progress = review.answer_view(), review.progress()
        answered = view.state == "answered"
        blind = self.open_runs.blind
        return KeyState(
            answer=answered,
            verdict=answered and view.assessment.verdict is not None,
            changed=run is not None and key is not None and self.image_checks.is_changed(run, key),
            text=view.state in ("answered", "running") and bool(view.text),
            thoughts=bool(view.thoughts),
            several=view.questions > 1,
            undo=self.assessments.can_undo,
            redo=self.assessments.can_redo,
            judged=progress.judged > 0,
            to_judge=progress.judged < progress.answered
            or bool(review.filter.words)
            or self.second_look is not None,
            running=self.run_control.queue.busy or self.followed_runs.at_work is not None,
            waits=bool(self.run_control.queue.waiting or self.left_queue.runs),
            follows=self.open_runs.running and not blind,
            resumable=run is not None and run.resumable and not run.running and not blind,
            run=run is not None,
            runs=bool(self.review.disk_index.runs),
            image=review.image is not None,
            viewer=review.image is not None and self.viewer.has_display,
            filtered=bool(review.filter.words) or self.second_look is not None,
            closer=self.picture_view.view.closer is not None,
            viewed=self.picture_view.changed,
            window=self.picture_view.open,
        )

    # Runs on disk

    async def load_run(self, run_id: str) -> OpenRun:
        """Return a run, read from disk unless it is open already.

        Raises:
            StoreError: it is not there, cannot be read, or a copy of it is open.
        """
        folder = self.review.disk_index.folders.get(run_id, self.app_context.results / run_id)
        known = self.open_runs.runs.get(run_id)
        if known and known.folder.name == folder.name:
            return known
        run, warnings = await asyncio.to_thread(self._read, folder)
        for warning in warnings:
            self.view.say(warning, "warning")
        opened = self.open_runs.add(run)
        if opened.folder.name != folder.name:  # its answers are not those, nor are verdicts on them
            raise StoreError(
                f"{folder.name} has the same id as {opened.folder.name}, which is open: one is a copy of the "
                "other; open it with a results folder of its own (--results)"
            )
        return opened

    def _read(self, folder: Path) -> tuple[OpenRun, tuple[str, ...]]:
        """Read a run; in a thread, as ten thousand results take a while to arrange, too."""
        run, warnings = store.open_run(folder)
        return OpenRun(folder, run, self.open_runs.assessor), warnings

    async def notes(self, run: OpenRun) -> Notes:
        """Return a run's notes as they are on disk, where others may write them, too; raises `StoreError`."""
        read = await asyncio.to_thread(store.read_run, run.folder)
        return read.notes

    async def write_notes(self, run: OpenRun, notes: Notes, seen: Notes) -> None:
        """Make a run's notes durable; what others wrote since these were `seen` stays.

        Raises:
            StoreError: they could not be written.
        """
        written = merged(seen, notes, await self.notes(run))
        run.unsettled = True
        await self._writer.write(run.folder, NotesLine(notes=written))
        run.run = replace(run.run, notes=written)

    async def page(self, run: OpenRun) -> str:
        """Return a run's page: the updated file; for a run in progress, the page as it would be now.

        Raises:
            StoreError: the run cannot be read or written.
        """
        if not run.running:
            await self.settle(run)
            if page := await asyncio.to_thread(store.read_page, run.folder):
                return page
        return await asyncio.to_thread(preview, run.folder, self.app_context.registry)

    async def settle(self, run: OpenRun) -> None:
        """Write the assessments into `run.json` and the page.

        Raises:
            StoreError: the run cannot be read or written.
        """
        if run.unsettled and not run.running:
            await self._writer.drain(LEAVING_SECONDS)
            settled = await asyncio.to_thread(settle_and_publish, run.folder, self.app_context.registry)
            run.unsettled = not settled

    async def leave(self, code: int = 0, handing: "Future[HandedOver] | None" = None) -> None:
        """Stop everything in progress, write everything, and quit.

        Args:
            code: the exit code.
            handing: runs are being handed over, which comes before they are stopped. Where that takes too
                long, or fails, they are stopped all the same.
        """
        began = time.monotonic()
        try:
            self.view.say("writing …", keep=True)
            if handing is None:
                self.leaving.stops = True
            else:
                await self._handed_over(handing)
            spent = time.monotonic() - began
            await self.run_control.queue.close(LEAVING_SECONDS - spent)
            for run in self.open_runs.runs.values():
                run.running = False
                try:
                    await self.settle(run)
                except Exception as error:  # the journals have it all; the other runs are still written
                    self.view.say(reason(error), "error")
            await asyncio.to_thread(self.viewer.close)
            await self.kept_state.keep()
        finally:
            self.view.exit(code)

    async def _handed_over(self, handing: "Future[HandedOver]") -> None:
        """Wait a little until runs are handed over, or could not be."""
        waits = asyncio.wrap_future(handing)
        await asyncio.wait([waits], timeout=LEAVING_SECONDS - STOPPING_SECONDS)
        if waits.done() and (error := waits.exception()):
            self.view.say(str(error), "error")
