"""Assessing: each change is on disk before the open runs, and so the screen, knows of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal, TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.edit import now_ms, stamped
from fada_tui.evaluation.assessment.history import Change, History, Step
from fada_tui.runs.assessment_writer import AssessmentWriter
from fada_tui.store.journal import AssessmentLine
from fada_tui.tui.state.image_checks import ImageChecks
from fada_tui.tui.state.open_runs import Key, OpenRun, OpenRuns

WRITTEN_AT_ONCE = 250
"""Assessments of a run that are written before it is waited until they are on disk."""

_Written = tuple[OpenRun, Key, Assessment]

Done = TypeVar("Done")

Way = Literal["made", "undone", "done again"]
"""How a step came about."""


class Assessments:
    """Changes assessments, with undo and redo.

    A change that has begun is carried through even if who asked for it is cancelled: its line may be on disk.

    Args:
        open_runs: the open runs.
        writer: what makes a line durable.
        image_checks: tells whether answers' images have changed.
        heard: is told of each step once it is on disk.
        missed: is told of what could not be written once nobody waits for that any more.
    """

    def __init__(
        self,
        open_runs: OpenRuns,
        writer: AssessmentWriter,
        image_checks: ImageChecks,
        heard: Callable[[Step, Way], None] = lambda step, way: None,
        missed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._open_runs = open_runs
        self._writer = writer
        self._image_checks = image_checks
        self._heard = heard
        self._missed = missed
        self._history = History()
        self._one_at_a_time = asyncio.Lock()

    async def change(self, run: OpenRun, key: Key, wanted: Assessment) -> bool:
        """Make an assessment what is wanted; return whether that changed it.

        Raises:
            ImageChangedError: its image is another than was asked about, and the user has not agreed to judge
                it anyway. A verdict can always be taken back.
            StoreError: it could not be written, and nothing changed.
        """
        return await self._carried_through(self._change(run, key, wanted))

    async def change_all(
        self, changes: Sequence[tuple[OpenRun, Key, Assessment]], act: str | UnsetType = UNSET
    ) -> bool:
        """Make several assessments what is wanted, as one step of the history; return whether any changed.

        Where one cannot be written, those before it stand and are one step, and those after it are as they
        were.

        Args:
            changes: each answer once, and what its assessment is to be.
            act: the id of one verdict on equal answers: it is noted in each, also where that was the verdict
                before. Without verdicts that change, nothing is noted.

        Raises:
            ImageChangedError: an image is another than was asked about, and the user has not agreed to
                judge it anyway: nothing changed.
            StoreError: one could not be written.
        """
        return await self._carried_through(self._change_all(changes, act))

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self._history.undo() is not None

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back that can be made again."""
        return self._history.redo() is not None

    async def undo(self) -> Step | None:
        """Take the last step back; return what was done, `None` if there is nothing to take back.

        Where a part of it cannot be written, that part is the last step still.
        """
        return await self._carried_through(self._replay(self._history.undo, self._history.undone, "undone"))

    async def redo(self) -> Step | None:
        """Make the last step that was taken back again."""
        return await self._carried_through(
            self._replay(self._history.redo, self._history.redone, "done again")
        )

    def forget(self) -> None:
        """Begin anew: what another assessor changed is theirs, and is not undone under this one's name."""
        self._history = History()

    async def once_written(self, doing: Callable[[], None]) -> None:
        """Do something once all that was asked for before is written, and before what is asked for later."""
        async with self._one_at_a_time:
            doing()

    async def _carried_through(self, doing: Coroutine[Any, Any, Done]) -> Done:
        task = asyncio.ensure_future(doing)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._left_alone)
            raise

    def _left_alone(self, task: asyncio.Task[Done]) -> None:
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._missed(error)

    async def _change(self, run: OpenRun, key: Key, wanted: Assessment) -> bool:
        return await self._change_all([(run, key, wanted)], UNSET)

    async def _change_all(
        self, changes: Sequence[tuple[OpenRun, Key, Assessment]], act: str | UnsetType
    ) -> bool:
        blind = self._open_runs.blind  # While it is written, that may end or begin.
        async with self._one_at_a_time:
            before = [run.assessment(*key) for run, key, _ in changes]
            step = [(*change, was) for change, was in zip(changes, before, strict=True)]
            if all(_same(was, wanted) for _, _, wanted, was in step):
                return False
            judged = any(wanted.verdict not in (None, was.verdict) for _, _, wanted, was in step)
            common = act if judged and len(step) > 1 else UNSET
            lines = [
                (run, key, was, await self._checked(run, key, was, wanted, common))
                for run, key, wanted, was in step
                if common or not _same(was, wanted)
            ]
            written: list[Change] = []
            try:
                wanted_all = [(run, key, wanted) for run, key, _, wanted in lines]
                async for run, key, after in self._write(wanted_all, blind):
                    written.append(Change(run.id, key[0], key[1], lines[len(written)][2], after))
            finally:
                if written:
                    self._history.push(*written)
                    self._heard(tuple(written), "made")
            return True

    async def _checked(
        self, run: OpenRun, key: Key, before: Assessment, wanted: Assessment, act: str | UnsetType
    ) -> Assessment:
        """Return what is wanted with what is noted of its image, and of the act that gave its verdict."""
        withdrawn = _same(replace(before, verdict=None), wanted)
        changed = not withdrawn and await self._image_checks.check(run, key)
        kept = before.act if wanted.verdict == before.verdict else UNSET
        return replace(wanted, image_changed=changed or UNSET, act=act or kept)

    async def _replay(
        self, find: Callable[[], Step | None], done: Callable[[int], None], way: Way
    ) -> Step | None:
        blind = self._open_runs.blind
        async with self._one_at_a_time:
            while (step := find()) is not None:
                written: list[Change] = []
                passed = 0
                runs = self._open_runs.runs
                there = [(number, change) for number, change in enumerate(step) if change.run_id in runs]
                try:
                    async for _ in self._write(
                        [(runs[one.run_id], (one.path, one.question_id), one.after) for _, one in there],
                        blind,
                    ):
                        number, change = there[len(written)]
                        written.append(change)
                        passed = number + 1
                    passed = len(step)
                finally:
                    if passed:
                        done(passed)
                    if written:
                        self._heard(tuple(written), way)
                if written:
                    return tuple(written)
            return None

    async def _write(
        self, changes: Sequence[tuple[OpenRun, Key, Assessment]], blind: bool
    ) -> AsyncIterator[_Written]:
        """Write assessments down, many at a time where they are of one run, and yield each that is on disk.

        Raises:
            StoreError: the next one could not be written.
        """
        for group in _groups(changes):
            run = group[0][0]
            stamps = [(key, self._stamped(run, key, wanted, blind)) for _, key, wanted in group]
            lines = [AssessmentLine(path=key[0], question_id=key[1], assessment=one) for key, one in stamps]
            run.unsettled = True
            error = None
            if len(lines) == 1:
                await self._writer.write(run.folder, lines[0])
                done = 1
            else:
                done, error = await self._writer.write_all(run.folder, lines)
            for key, after in stamps[:done]:
                run.assess(*key, after)
                yield run, key, after
            if error is not None:
                raise error

    def _stamped(self, run: OpenRun, key: Key, wanted: Assessment, blind: bool) -> Assessment:
        """Return an assessment as it is written: later than all of this result, so that it is like none."""
        known = run.result(*key)
        last = max((one.at or "" for one in known.assessments), default="") if known else ""
        return stamped(
            wanted,
            assessor=self._open_runs.assessor,
            at=now_ms(after=last),
            blind=blind,
            act=wanted.act,
        )


def _groups(
    changes: Sequence[tuple[OpenRun, Key, Assessment]],
) -> Iterator[Sequence[tuple[OpenRun, Key, Assessment]]]:
    """Cut changes where the run changes, and after so many that the disk is waited for once."""
    for _, same in groupby(changes, key=lambda change: change[0].id):
        group = list(same)
        for start in range(0, len(group), WRITTEN_AT_ONCE):
            yield group[start : start + WRITTEN_AT_ONCE]


def _same(one: Assessment, other: Assessment) -> bool:
    return _said(one) == _said(other)


def _said(assessment: Assessment) -> tuple[object, ...]:
    return (
        assessment.verdict,
        assessment.context,
        assessment.tags,
        assessment.note,
        assessment.flagged is True,
    )
