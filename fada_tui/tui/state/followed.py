"""Runs that other programs make, followed: how far each is, and what its machine measures."""

from collections.abc import Iterable

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import ResultMemory
from fada_tui.runs.events import AnswerFinished, RunEnded, SessionEvent
from fada_tui.runs.following import Following, Look
from fada_tui.runs.others import RunOfOthers
from fada_tui.runs.telemetry import Sample
from fada_tui.runs.telemetry.last_sample import last_sample
from fada_tui.runs.telemetry.readings import peak
from fada_tui.store import folder as store
from fada_tui.store import stop_request
from fada_tui.tui.state.memory_history import MemoryHistory
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns
from fada_tui.tui.state.run_progress import RunProgress


class Followed:
    """A run that another program makes.

    Args:
        other: the run, and who makes it.
        run: as it is open already, if it is.
    """

    def __init__(self, other: RunOfOthers, run: OpenRun | None) -> None:
        self.folder = other.folder
        self.following = Following(other.folder, other.maker, run.known() if run else {})
        self.progress = RunProgress()
        self.sample: Sample | None = None
        """What was measured there last, where its machine is another one, or its model an engine's."""
        self.history = MemoryHistory()
        """Of that machine."""
        self.image_peak = self.run_peak = ResultMemory()
        self.problem = ""
        """What was said last of why it cannot be read."""
        self.ended = self.given_up = False
        self._by_engine = run is not None and run.run.engine is not UNSET

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.progress.run_id or self.folder.name

    @property
    def maker(self) -> str:
        """Who makes it, in words."""
        return self.following.maker.words

    @property
    def workers(self) -> tuple[int, ...]:
        """Process ids of its workers, where those are on this machine."""
        return () if self.ended or self._by_engine else self.following.maker.workers

    def read(self, run: OpenRun | None, assessor: str | None) -> tuple[Look, OpenRun | None]:
        """Read what is new; for a thread.

        Args:
            run: as it is open, if it is.
            assessor: whose verdicts count.

        Returns:
            What is new, and the run, opened if it was not; `None` where it cannot be read.
        """
        look = self.following.look()
        if run is None and look.run is not None:
            run = OpenRun(self.folder, look.run, assessor)
        self._by_engine = self._by_engine or (run is not None and run.run.engine is not UNSET)
        if self.following.maker.host or self._by_engine:  # what is measured is the engine, not its worker
            sample = last_sample(self.folder / store.TELEMETRY_NAME)
            if sample is not None:
                self.sample = replace(sample, engine=self._by_engine)
        return look, run

    def take(self, event: SessionEvent) -> None:
        """Keep the figures in step with an event."""
        self.progress.take(event)
        match event:
            case AnswerFinished(result=result):
                self.image_peak = result.memory
                self.run_peak = peak(self.run_peak, result.memory)
            case RunEnded():
                self.ended = True

    def give_up(self) -> None:
        """Follow it no longer, as there is nothing to be read any more."""
        self.ended = self.given_up = True
        self.progress.break_off()

    def ask_to_stop(self) -> stop_request.How:
        """Ask its maker to stop it after this image; asked again, now. For a thread.

        Returns:
            When it will stop.

        Raises:
            StoreError: that cannot be written.
        """
        how: stop_request.How = "now" if self.progress.stopping else "image"
        stop_request.ask(self.folder, how)
        self.progress.stopping = True
        return how


class FollowedRuns:
    """All runs that are followed, and which of them is shown.

    Args:
        open_runs: the open runs.
    """

    def __init__(self, open_runs: OpenRuns) -> None:
        self._open_runs = open_runs
        self._runs: list[Followed] = []

    def begin(self, others: Iterable[RunOfOthers]) -> None:
        """Follow runs, unless they are followed already."""
        known = {one.following.maker.key for one in self._runs if one.given_up or not one.ended}
        for other in others:
            if other.maker.key not in known:
                shown, run = self.shown, self._open_runs.runs.get(other.folder.name)
                self._runs = [one for one in self._runs if one is shown or one.given_up or not one.ended]
                self._runs.append(Followed(other, run))

    @property
    def active(self) -> list[Followed]:
        """Those that have not ended, the first found first."""
        return [one for one in self._runs if not one.ended]

    @property
    def at_work(self) -> Followed | None:
        """The one to speak of: the one looked at if it is followed, else the first that goes on."""
        going_on = [one for one in self._runs if one.progress.active]
        return min(going_on, key=lambda one: one.run_id != self._open_runs.current, default=None)

    @property
    def shown(self) -> Followed | None:
        """The one at work, else the one that ended last."""
        ended = max(self._runs, key=lambda one: one.progress.ended_at, default=None)
        return self.at_work or ended
