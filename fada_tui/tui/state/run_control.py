"""Control of runs: the queue, its progress, and the machine's memory meanwhile."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import UNSET

from fada_tui.core.file_names import decode_name
from fada_tui.core.records import ResultMemory
from fada_tui.report.units import count
from fada_tui.runs import planning
from fada_tui.runs.consent import Want, consent_of
from fada_tui.runs.events import (
    AnswerBegunAgain,
    AnswerFinished,
    AnswerStarted,
    AnswerText,
    DeviceLost,
    DeviceReady,
    EngineLog,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    WorkerRestarted,
)
from fada_tui.runs.job import Job
from fada_tui.runs.queued_run import write_down
from fada_tui.runs.run_queue import RunQueue, Written
from fada_tui.runs.session import Session
from fada_tui.runs.several import cards_of
from fada_tui.runs.telemetry import Telemetry
from fada_tui.runs.telemetry.readings import Watched, memory_of, peak
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.followed import Followed
from fada_tui.tui.state.memory_history import MemoryHistory
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns, Streaming
from fada_tui.tui.state.queued import extent_left, extent_of
from fada_tui.tui.state.run_progress import RunProgress
from fada_tui.tui.state.views import DeviceView, GpuView

SAMPLE_SECONDS = 1.0

After: TypeAlias = Literal["keep", "next", "drop"]
"""What becomes of the runs that wait when one is stopped."""


class RunControl:
    """Drives runs and keeps the open runs in step with them.

    Args:
        app_context: settings and places.
        open_runs: takes runs, streaming answers and results.
        tell: called with each event, after the open runs have it.
        complain: called with a line for what went wrong.
    """

    def __init__(
        self,
        app_context: AppContext,
        open_runs: OpenRuns,
        tell: Callable[[SessionEvent], None],
        complain: Callable[[str], None],
    ) -> None:
        self._app_context = app_context
        self._open_runs = open_runs
        self._tell = tell
        self._complain = complain
        self.run_progress = RunProgress()
        self.queue = RunQueue(self._take, self._broke_off)
        self.telemetry = Telemetry(None, interval=SAMPLE_SECONDS)
        self._history = MemoryHistory()
        self._image_peak = self._run_peak = ResultMemory()
        self._workers_of_others: tuple[int, ...] = ()
        """Process id of the worker that is watched in place of one's own."""
        self.consent = consent_of(app_context.settings, app_context.registry)
        """What runs may do: by the settings, and as agreed to since."""

    def allow(self, want: Want) -> None:
        """Allow this, too, as long as the dashboard is open."""
        self.consent = want.granted(self.consent)

    def start(self, jobs: Iterable[Job], disk_index: DiskIndex) -> None:
        """Queue new runs; the runs on disk tell how long they will take."""
        for job in jobs:
            extent = extent_of(job, disk_index, self._cards)
            write = partial(self._written, job)
            self.queue.add(partial(self._new, job), job.plan.model.name, extent, write=write)

    def resume(self, run: OpenRun, disk_index: DiskIndex) -> None:
        """Queue an unfinished run."""
        extent = extent_left(run, disk_index, self._cards)
        resume = partial(self._resumed, run.folder)
        self.queue.add(resume, run.run.model.name, extent, folder=run.folder)

    def stop(self, after: After = "keep") -> str:
        """Stop after this image; asked again, stop now.

        Args:
            after: what becomes of the runs that wait: they are kept until the queue goes on, the next one
                follows, or all are dropped.

        Returns:
            What will happen, in words.
        """
        if not self.queue.busy:
            return f"nothing runs{_kept(self.queue.kept)}"
        if self.run_progress.stopping:
            self.queue.stop_now()
            return "stopping now; what is finished is kept"
        self.run_progress.stopping = True
        also = ""
        if after == "keep":
            self.queue.keep()
            also = _kept(self.queue.kept)
        elif after == "drop" and (dropped := len(self.queue.waiting)):
            self.queue.drop()
            also = f"; {count(dropped, 'run')} dropped"
        elif after == "next" and self.queue.upcoming is not None:
            also = "; then the next run"
        self.queue.stop_after_image()
        return f"stopping after {self.at_hand}; x again stops now{also}"

    @property
    def _cards(self) -> int:
        return cards_of(self.telemetry.latest) or 0

    @property
    def at_hand(self) -> str:
        """What a run that is asked to stop finishes first, in words."""
        return self.queue.current.at_hand if self.queue.current else "this image"

    def gauges(self, followed: Followed | None = None) -> GpuView:
        """Return what the GPU pane shows; called at each interval.

        Args:
            followed: the run of another program that is shown, where none of one's own is.
        """
        if self.run_progress.active and self.queue.current and self.queue.current.stopping:
            self.run_progress.stopping = True  # another program may have asked for it
        self._watch_others(followed.workers if followed else ())
        if followed is not None:
            return self._gauges_of(followed)
        sample = self.telemetry.latest
        if sample is not None:
            self._history.add(sample)
            if self.run_progress.active and not self.run_progress.at_server:
                now = memory_of(sample)
                self._run_peak = peak(self._run_peak, now)
                if not self.run_progress.workers.several:
                    self._image_peak = peak(self._image_peak, now)
        return GpuView(
            sample=sample,
            problem=self.telemetry.known_gpu_problem,
            gpus={gpu.index: self._history.series(gpu.index) for gpu in sample.gpus} if sample else {},
            worker=self._history.series(None),
            image_peak=self._image_peak,
            run_peak=self._run_peak,
            served=None if self._open_runs.blind else self.run_progress.served,
            devices=self._shown(self.run_progress),
        )

    def _watch_others(self, pids: tuple[int, ...]) -> None:
        if pids != self._workers_of_others:
            self._workers_of_others = pids
            others = (Watched(pid, str(pid)) for pid in pids)
            self.telemetry.watch(*others if pids else self.queue.watched)

    def _gauges_of(self, followed: Followed) -> GpuView:
        """Return the gauges of a run that another program makes: of its worker here, or of its machine."""
        elsewhere = followed.sample is not None
        sample = followed.sample or self.telemetry.latest
        history = followed.history if elsewhere else self._history
        if sample is not None:
            history.add(sample)
            if followed.progress.active and not followed.progress.at_server:
                followed.run_peak = peak(followed.run_peak, memory_of(sample))
        return GpuView(
            sample=sample,
            problem="none seen there" if elsewhere else self.telemetry.known_gpu_problem,
            gpus={gpu.index: history.series(gpu.index) for gpu in sample.gpus} if sample else {},
            worker=history.series(None),
            image_peak=followed.image_peak,
            run_peak=followed.run_peak,
            served=None if self._open_runs.blind else followed.progress.served,
            devices=self._shown(followed.progress),
        )

    def _shown(self, progress: RunProgress) -> tuple[DeviceView, ...]:
        return progress.workers.views if progress.active and not self._open_runs.blind else ()

    def _new(self, job: Job) -> Session:
        app_context = self._app_context
        settings = app_context.settings
        deadlines = planning.deadlines(settings)
        return Session.new(
            job,
            app_context.results,
            deadlines,
            app_context.registry,
            self.consent.hosts,
            settings.servers,
            settings.engines,
        )

    def _written(self, job: Job) -> Written:
        results = self._app_context.results
        folder = results / decode_name(write_down(job, results))
        return Written(folder, partial(self._resumed, folder))

    def _resumed(self, folder: Path) -> Session:
        settings, registry = self._app_context.settings, self._app_context.registry
        deadlines = planning.deadlines(settings)
        session, _warnings = Session.resume(
            folder, deadlines, registry, self.consent, settings.servers, settings.engines
        )
        return session

    def _take(self, event: SessionEvent) -> None:
        self.run_progress.take(event)
        match event:
            case RunStarted(run=run, folder=folder):
                begun = self._open_runs.open(folder, run)
                begun.running = begun.begun_here = True
                begun.maker = ""
                self._image_peak = self._run_peak = ResultMemory()
            case ModelReady(questions=questions, classes=classes):
                self._run().ask(questions, classes)
                self.telemetry.watch(*self.queue.watched)
            case AnswerStarted(item=item, device=device):
                self._run().in_flight[item.key] = Streaming(item, device)
                self._image_peak = ResultMemory() if device is None else self._image_peak
            case AnswerText(item=item, text=text, tokens=tokens):
                if streaming := self._run().in_flight.get(item.key):
                    streaming.add(text, tokens, thought=event.thought)
            case AnswerBegunAgain(item=item):
                if streaming := self._run().in_flight.get(item.key):
                    streaming.begin_again(event.what_happens)
            case AnswerFinished(result=result):
                answered = self._run()
                answered.put(result)
                answered.in_flight.pop(result.key, None)
                several = result.device is not UNSET  # then it is that of the answer which ended last
                self._image_peak = result.memory if several else peak(self._image_peak, result.memory)
                self._run_peak = peak(self._run_peak, result.memory)
            case DeviceReady() | EngineLog():  # an engine that was started since
                self.telemetry.watch(*self.queue.watched)
            case WorkerRestarted(device=device) | DeviceLost(device=device):
                self._run().lose(device)
                if device is not None:
                    self.telemetry.watch(*self.queue.watched)
            case RunEnded(run=run):
                ended = self._run()
                ended.replace_run(run)
                ended.running = False
                ended.in_flight.clear()
                self.telemetry.watch(*self.queue.watched)  # the one that is kept, if any
            case _:
                pass
        self._tell(event)

    def _broke_off(self, message: str) -> None:
        for run in self._open_runs.runs.values():
            run.running = run.running and bool(run.maker)
            run.in_flight.clear()
        self.run_progress.break_off()
        self._complain(message)

    def _run(self) -> OpenRun:
        assert self.run_progress.run_id is not None
        return self._open_runs.runs[self.run_progress.run_id]


def _kept(runs: int) -> str:
    return (
        f"; {count(runs, 'run waits', 'runs wait')}: Q starts {'it' if runs == 1 else 'them'}" if runs else ""
    )
