"""A front end's runs handed over to a process without a screen, which goes on with them when it is left.

First what waits is written down as runs, then all of them into the queue's file, then the process is
launched; only after that the front end stops its own run, which the process waits for. A kill between any two
of these loses nothing and makes nothing twice: a run that is written down is resumed whoever does it, and it
is locked for as long as somebody writes it.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.errors import FadaError, StoreError, reason
from fada_tui.core.file_names import encode_name
from fada_tui.runs.run_queue import Held, Written
from fada_tui.store.queue_file import QueuedRun, change_queue, is_worked, launching, read_queue, upcoming
from fada_tui.store.removal import remove_run

CREATING_SECONDS = 5.0
"""How long a run that is being created is waited for; later it has a folder that can be resumed."""


class HandedOver(Struct, frozen=True):
    """What was handed over."""

    runs: tuple[str, ...] = ()
    """The ids of those that go on, in their order."""
    kept: tuple[str, ...] = ()
    """The ids of those that wait until a person starts them."""
    pid: int | None = None
    """The process that goes on with them; `None` where none has to."""


class HandoverError(FadaError):
    """Nothing was handed over.

    Args:
        error: why.
        written: what is on disk all the same of the runs that wait, by their numbers.
    """

    def __init__(self, error: Exception, written: dict[int, Written]) -> None:
        super().__init__(str(error) if isinstance(error, FadaError) else reason(error, named=True))
        self.written = written


def hand_over(
    held: Held, results: Path, launch: Callable[[], int], *, begun: bool = True, kept: bool | None = None
) -> HandedOver:
    """Hand runs over; reads and writes files and starts a process, so it is not for an event loop.

    What the queue's file has already and nobody works through waits on until a person starts it.

    Args:
        held: what a queue holds that lets nothing begin.
        results: the results folder.
        launch: starts the process that works through the queue, or finds the one that does; returns its id.
        begun: whether the run that goes on is handed over, too.
        kept: whether those that wait do so until a person starts them; `None`: as they are.

    Raises:
        HandoverError: not possible. What was done of it is undone as far as that can be.
    """
    written: dict[int, Written] = {}
    before: tuple[QueuedRun, ...] = ()
    given: list[QueuedRun] = []
    try:
        if begun and held.begun and (folder := held.begun.folder(CREATING_SECONDS)):
            given.append(QueuedRun(run=encode_name(folder.name)))
        for one in held.waiting:
            if (folder := one.folder) is None and one.write is not None:
                written[one.number] = made = one.write()
                folder = made.folder
            if folder is not None:
                given.append(QueuedRun(run=encode_name(folder.name), kept=one.kept if kept is None else kept))
        if not given:
            return HandedOver()
        before = read_queue(results)
        left = () if is_worked(results) else before  # what is handed over after that is not what was left
        with launching(results) if upcoming(given) else nullcontext():
            change_queue(results, lambda queue: with_given(queue, given, left))
            pid = launch() if upcoming(given) else None
    except Exception as error:
        raise HandoverError(error, _take_back(results, before, given, written)) from error
    return HandedOver(
        runs=tuple(one.run for one in given if not one.kept),
        kept=tuple(one.run for one in given if one.kept),
        pid=pid,
    )


def with_given(
    queue: Sequence[QueuedRun], given: Sequence[QueuedRun], left: Sequence[QueuedRun]
) -> tuple[QueuedRun, ...]:
    """Return a queue with runs that are handed over.

    Args:
        queue: as it is.
        given: what is handed over, in its order; it comes after what is worked through.
        left: what nobody works through: it comes last, and does not start unasked.
    """
    names, were = {one.run for one in given}, {one.run for one in left}
    others = [one for one in queue if one.run not in names]
    worked = [one for one in others if one.run not in were]
    return (*worked, *given, *(replace(one, kept=True) for one in others if one.run in were))


def _take_back(
    results: Path, before: Sequence[QueuedRun], given: Sequence[QueuedRun], written: dict[int, Written]
) -> dict[int, Written]:
    """Undo what was done; return what could not be removed again of the runs that were written down."""
    names, were = {one.run for one in given}, {one.run: one for one in before}

    def change(queue: tuple[QueuedRun, ...]) -> list[QueuedRun]:
        return [were.get(one.run, one) for one in queue if one.run in were or one.run not in names]

    with suppress(StoreError):
        if given:
            change_queue(results, change)
        return {number: one for number, one in written.items() if not _removed(one.folder, results)}
    return written


def _removed(folder: Path, results: Path) -> bool:
    with suppress(StoreError):
        remove_run(folder, results)
        return True
    return False
