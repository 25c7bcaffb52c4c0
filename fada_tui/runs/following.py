"""Reading what another program adds to a run, as events like those of a session of one's own.

The journal is read on from where it was read before. It is merged into `run.json` and removed at the end of
a run, and `run.json` is written again when the model is loaded: then the run is read anew, and what is known
of it already is told no second time. All of this reads files, for a thread.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.core.bounded import read_small
from fada_tui.core.control import control_keys
from fada_tui.core.errors import StoreError
from fada_tui.core.records import Environment, Result, Run
from fada_tui.runs.events import (
    AnswerFinished,
    ControlFinished,
    DeviceLost,
    DeviceReady,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
)
from fada_tui.runs.others import Maker, maker_of
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.fold import Folding, Key, planned_keys
from fada_tui.store.journal import AssessmentLine, ControlLine, JournalLine, MemoryLine, ResultLine
from fada_tui.store.journal_tail import JournalTail


class Look(Struct, frozen=True):
    """What has become of a run since it was last looked at."""

    events: tuple[SessionEvent, ...] = ()
    """What has happened; each answer in its turn."""
    changed: tuple[Result, ...] = ()
    """Results that are different from what was known: assessed, measured or scored since."""
    run: Run | None = None
    """The whole run, where it was read anew."""
    problem: str = ""
    """Why it cannot be read now, in one line."""
    ended: bool = False
    """Its maker makes it no longer, and nothing more will come."""
    left: bool = False
    """Its maker was killed: what it answered last is in the journal alone."""


class Following:
    """A run that another program makes, looked at again and again.

    Args:
        folder: the run's.
        maker: who makes it.
        known: its results as far as they are known: those that are the same are not told.
    """

    def __init__(self, folder: Path, maker: Maker, known: Mapping[Key, Result]) -> None:
        self.folder = folder
        self.maker = maker
        self._results = known
        self._folding: Folding | None = None
        self._tail = JournalTail(folder / journal.JOURNAL_NAME)
        self._written: tuple[int, int, int] | None = None
        """Which `run.json` was read."""
        self._done: set[Key] = set()
        """What needs no answer any more, or has failed since the run is made on."""
        self._failed: set[Key] = set()
        self._controls: set[Key] = set()
        self._devices: dict[str, SessionEvent] = {}
        """What was told last of each of several devices."""
        self._total = 0
        self._unmerged = False
        """Answers are in the journal alone."""
        self._started = self._loaded = self._ready_told = self._ended = False

    def look(self) -> Look:
        """Return what is new. What cannot be read now is told of, and looked at again the next time."""
        if self._ended:
            return Look(ended=True)
        maker = maker_of(self.folder)
        self._ended = maker is None or maker.key != self.maker.key  # before it is read for the last time
        if maker is not None and not self._ended:
            self.maker = replace(maker, left_running=self.maker.left_running)
        try:
            look = self._look()
        except (OSError, StoreError) as error:
            return Look(problem=str(error), ended=self._ended)
        if not self._ended or look.run is None:
            return look
        events = (*look.events, RunEnded(look.run, self.folder))
        left = self._unmerged or look.run.finished is None
        return Look(events, look.changed, look.run, ended=True, left=left)

    def _look(self) -> Look:
        written = store.identity(self.folder)
        if self._folding is not None and written == self._written and not self._ended:
            lines = self._tail.read()
            if lines is not None:
                return self._added(self._folding, lines) if lines else Look()
        return self._anew(written)

    def _added(self, folding: Folding, lines: Sequence[JournalLine]) -> Look:
        """Merge lines of the journal, and return what they change."""
        keys = dict.fromkeys(key for line in lines if (key := _key(line)) is not None)
        before = {key: folding.results.get(key) for key in keys}
        controls = set(folding.controls)
        for line in lines:
            self._take(folding, line)
        after = {key: folding.results.get(key) for key in keys}
        return self._told(folding, before, after, controls)

    def _anew(self, written: tuple[int, int, int] | None) -> Look:
        """Read the whole run, and return how it differs from what was known."""
        with journal.shared(self.folder / journal.JOURNAL_NAME):
            # In this order: what leaves the first of them meanwhile is found in the next.
            lines = self._tail.read_anew()
            settled = _settled_lines(self.folder)
            run = store.read_unmerged(self.folder)
        folding = Folding(run)
        for line in settled:
            folding.take(line)
        self._done = {key for key, result in folding.results.items() if result.error is None}
        self._total = _total(run)
        self._failed.clear()
        self._unmerged = False
        rewritten = self._folding is not None and written != self._written
        controls = set(folding.controls) if self._folding is None else set(self._folding.controls)
        for line in lines:
            self._take(folding, line)
        self._loaded = self._loaded or rewritten or _is_loaded(run, lines)
        self._folding, self._written = folding, written
        before, self._results = self._results, folding.results
        look = self._told(folding, before, folding.results, controls)
        return Look(look.events, look.changed, folding.folded())

    def _take(self, folding: Folding, line: JournalLine) -> None:
        folding.take(line)
        if isinstance(line, ResultLine):
            self._loaded = self._unmerged = True
            key = line.result.key
            self._done.add(key)
            (self._failed.discard if line.result.error is None else self._failed.add)(key)
        elif isinstance(line, ControlLine):
            self._loaded = self._unmerged = True

    def _told(
        self,
        folding: Folding,
        before: Mapping[Key, Result | None],
        after: Mapping[Key, Result | None],
        controls: set[Key],
    ) -> Look:
        """Return as events what is there now and was not, and apart from them what has changed."""
        answered: list[Result] = []
        changed: list[Result] = []
        for key, result in after.items():
            known = before.get(key)
            if result is not None and result != known:
                new = known is None or (known.error is not None and result.error is None)
                (answered if new and self._started else changed).append(result)
        events = [*self._begun(folding), *self._answers(answered), *_controls(folding, controls)]
        return Look(tuple(events), tuple(changed))

    def _begun(self, folding: Folding) -> Iterator[SessionEvent]:
        run, left = folding.run, max(self._total - len(self._done), 0)
        if not self._started:
            self._started = True
            controls = len(control_keys(run.questions)) if run.plan and run.plan.control else 0
            yield RunStarted(
                folding.folded(), self.folder, left, self._total, max(controls - len(folding.controls), 0)
            )
        if self._loaded and not self._ready_told:
            self._ready_told = True
            yield ModelReady(run.model, run.questions, left, self._total, run.classes)
        yield from self._of_devices(run)

    def _of_devices(self, run: Run) -> Iterator[SessionEvent]:
        """Yield what has become of a run's several devices since that was told last."""
        devices = run.devices or ()
        left = [device for device in devices if device.error is UNSET]
        loaded = [device for device in left if device.load_time is not None]
        for device in devices:
            event: SessionEvent
            if device.error is not UNSET:
                event = DeviceLost(device.name, device.error.message, len(left))
            elif device in loaded:
                ready = loaded.index(device) + 1
                uuids = (device.gpu_uuid,) if device.gpu_uuid else ()
                event = DeviceReady(device.name, device.load_time, ready, len(left), uuids)
            else:
                continue
            told = self._devices.get(device.name)
            if told is None or type(told) is not type(event):
                self._devices[device.name] = event
                yield event

    def _answers(self, answered: Sequence[Result]) -> Iterator[SessionEvent]:
        done = len(self._done) - len(answered)
        for number, result in enumerate(answered, start=1):
            yield AnswerFinished(result, done + number, len(self._failed), self._total)


def _controls(folding: Folding, known: set[Key]) -> Iterator[SessionEvent]:
    total = len(control_keys(folding.run.questions))
    new = [result for key, result in folding.controls.items() if key not in known]
    for number, result in enumerate(new, start=len(folding.controls) - len(new) + 1):
        yield ControlFinished(result, number, total)


def _key(line: JournalLine) -> Key | None:
    """Return the key of the result that a line is about, if it is about one that counts."""
    match line:
        case ResultLine():
            return line.result.key
        case MemoryLine() | AssessmentLine():
            return line.path, line.question_id
        case _:
            return None


def _total(run: Run) -> int:
    return len(run.results) if run.plan is UNSET else len(planned_keys(run, run.plan))


def _is_loaded(run: Run, lines: Iterable[JournalLine]) -> bool:
    """Return whether a run's model is known to be loaded: of one that is made on, by its answers alone."""
    if any(isinstance(line, (ResultLine, ControlLine)) for line in lines):
        return True
    return run.finished is None and run.environment != Environment() and not run.results


def _settled_lines(folder: Path) -> tuple[JournalLine, ...]:
    """Return what a program without `flock` has not merged yet of a journal that it is about to remove."""
    try:
        return journal.parse(read_small(folder / journal.SETTLED_NAME, journal.LARGEST)).lines
    except FileNotFoundError:
        return ()
