"""Assessing: each change is on disk before the open runs, and so the screen, knows of it."""

import asyncio
from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.edit import now_ms, stamped
from fada_tui.evaluation.assessment.history import Change, History
from fada_tui.runs.assessment_writer import AssessmentWriter
from fada_tui.store.journal import AssessmentLine
from fada_tui.tui.state.image_checks import ImageChecks
from fada_tui.tui.state.open_runs import Key, OpenRun, OpenRuns


class Assessments:
    """Changes assessments, with undo and redo.

    A change that has begun is carried through even if who asked for it is cancelled: its line may be on disk.

    Args:
        open_runs: the open runs.
        writer: what makes a line durable.
        image_checks: tells whether answers' images have changed.
    """

    def __init__(self, open_runs: OpenRuns, writer: AssessmentWriter, image_checks: ImageChecks) -> None:
        self._open_runs = open_runs
        self._writer = writer
        self._image_checks = image_checks
        self._history = History()
        self._one_at_a_time = asyncio.Lock()

    async def change(self, run: OpenRun, key: Key, wanted: Assessment) -> bool:
        """Make an assessment what is wanted; return whether that changed it.

        Raises:
            ImageChangedError: its image is another than was asked about, and the user has not agreed to judge
                it anyway. A verdict can always be taken back.
            StoreError: it could not be written, and nothing changed.
        """
        return await asyncio.shield(self._change(run, key, wanted))

    async def undo(self) -> Change | None:
        """Take the last change back; return what was done, `None` if there is nothing to take back."""
        return await asyncio.shield(self._replay(self._history.undo, self._history.undone))

    async def redo(self) -> Change | None:
        """Make the last change that was taken back again."""
        return await asyncio.shield(self._replay(self._history.redo, self._history.redone))

    async def _change(self, run: OpenRun, key: Key, wanted: Assessment) -> bool:
        async with self._one_at_a_time:
            before = run.assessment(*key)
            if _same(before, wanted):
                return False
            withdrawn = _same(replace(before, verdict=None), wanted)
            changed = not withdrawn and await self._image_checks.check(run, key)
            after = await self._write(run, key, replace(wanted, image_changed=changed or UNSET))
            self._history.push(Change(run.id, key[0], key[1], before, after))
            return True

    async def _replay(self, find: Callable[[], Change | None], done: Callable[[], None]) -> Change | None:
        async with self._one_at_a_time:
            while (change := find()) is not None:
                run = self._open_runs.runs.get(change.run_id)
                if run is not None:
                    await self._write(run, (change.path, change.question_id), change.after)
                done()
                if run is not None:
                    return change
            return None

    async def _write(self, run: OpenRun, key: Key, wanted: Assessment) -> Assessment:
        after = stamped(wanted, assessor=self._open_runs.assessor, at=now_ms(), blind=self._open_runs.blind)
        line = AssessmentLine(path=key[0], question_id=key[1], assessment=after)
        run.unsettled = True
        await self._writer.write(run.folder, line)
        run.assess(*key, after)
        return after


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
