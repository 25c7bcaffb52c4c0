"""Assessments that other programs add to the open runs: of another dashboard, or of one's own elsewhere."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Assessment
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.fold import assessment_of
from fada_tui.store.journal_tail import JournalTail
from fada_tui.tui.state.open_runs import Key, OpenRun


class Found(Struct, frozen=True):
    """An assessment that stands in a run's files, and did not in the open run."""

    run_id: str
    key: Key
    assessment: Assessment


class AssessmentsOfOthers:
    """Reads on the journals of the runs that are looked at; for a thread.

    Of a journal that was merged meanwhile the run is read once, also where that journal came and went between
    two looks; what a session of one's own merges, its end tells.
    """

    def __init__(self) -> None:
        self._tails: dict[str, JournalTail] = {}
        self._written: dict[str, tuple[int, int, int] | None] = {}
        """Which `run.json` each had at the last look."""

    def read(self, runs: Iterable[OpenRun]) -> list[Found]:
        """Return what is new in the files of these runs; nothing of one that cannot be read now."""
        found: list[Found] = []
        for run in runs:
            known = run.known()
            try:
                found += (
                    Found(run.id, key, one)
                    for key, one in self._assessments(run)
                    if key in known and one not in known[key].assessments
                )
            except (OSError, StoreError):
                self._tails.pop(run.id, None)
        return found

    def _assessments(self, run: OpenRun) -> Iterator[tuple[Key, Assessment]]:
        tail = self._tails.get(run.id)
        if tail is None:
            tail = self._tails[run.id] = JournalTail(run.folder / journal.JOURNAL_NAME)
        lines = tail.read()
        written = store.identity(run.folder)  # after the journal, from which it gets what is merged
        rewritten = self._written.setdefault(run.id, written) != written
        self._written[run.id] = written
        if lines is None:
            lines = tail.read_anew()
            rewritten = True
        if rewritten and not run.running:
            for result in store.read_run(run.folder).results:
                yield from ((result.key, one) for one in result.assessments)
        for line in lines:
            if isinstance(line, journal.AssessmentLine):
                yield (line.path, line.question_id), assessment_of(line)
