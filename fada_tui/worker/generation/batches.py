"""Answering items on this machine, a batch at a time.

While a GPU answers a batch, the next one is decoded and prepared in a thread. Where the model runs on the CPU
it is prepared in turn: the thread would only take turns with the model's own, and measured 5 % slower.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.protocol import Item
from fada_tui.core.records import Result
from fada_tui.images.decode import DecodedImage
from fada_tui.worker import devices
from fada_tui.worker.generation.batch_size import BatchSize
from fada_tui.worker.generation.interfaces import Answered, Answerer
from fada_tui.worker.generation.item import ItemAttempt
from fada_tui.worker.generation.ordering import WINDOW, Line, shape_of
from fada_tui.worker.generation.work import WorkSession

CUDA_FAULT_EXIT = 70
"""Exit status after a fault that leaves the CUDA context unusable; the client starts a new worker."""

log = logging.getLogger("fada_tui.worker")


class _Ready(Struct, frozen=True):
    """A batch that can be answered, or the reason why it cannot."""

    attempts: list[ItemAttempt]
    prepared: Any
    problem: Exception | None
    unread: tuple[tuple[ItemAttempt, Exception], ...] = ()
    """Items whose image could not be read, with the errors."""


class Batches:
    """Answers a work's items in batches.

    Args:
        answerer: of the model.
        session: the model at the work.
    """

    def __init__(self, answerer: Answerer, session: WorkSession) -> None:
        command = session.command
        self._answerer = answerer
        self._session = session
        self._size = BatchSize(command.generation.batch_size, command.at_most, command.begin_with)
        window = 1 if command.generation.batch_size in (1, None) else WINDOW
        shape = partial(shape_of, command.root)
        self._line = Line(command.items, lambda path: command.control_size or shape(path), window)
        self._last_image: tuple[str, DecodedImage] | None = None

    def run(self) -> None:
        """Answer the items until all are finished or the client stops the work."""
        command = self._session.command
        self._answerer.expect(command.expected or len(command.items), command.generation)
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
            ahead = thread if self._session.memory.on_gpu else None
            items, coming = self._begin(ahead)
            while items and self._session.goes_on:
                if len(items) > self._size.now:  # memory ran out after they were taken
                    self._line.put_back(items)
                    items, coming = self._begin(ahead)
                self._session.begin(items)
                ready = coming()
                following = self._begin(ahead) if ahead else None
                self._settle(ready)
                items, coming = following or self._begin(None)

    def _begin(self, ahead: ThreadPoolExecutor | None) -> tuple[list[Item], Callable[[], _Ready]]:
        """Take the next batch and start decoding and preparing it: now, in a thread, or on demand."""
        items = self._line.take(self._size.now)
        return items, ahead.submit(self._decoded, items).result if ahead else partial(self._decoded, items)

    def _decoded(self, items: Sequence[Item]) -> _Ready:
        """Decode a batch's images and prepare what could be decoded."""
        attempts, unread = [], []
        for item in items:
            attempt = self._session.attempt(item)
            begun = time.perf_counter()
            try:
                image = self._image(item.path)
                attempt.see(image, time.perf_counter() - begun)
                self._session.check_unchanged(item, image)
            except Exception as error:
                unread.append((attempt, error))
            else:
                attempts.append(attempt)
        return replace(self._prepared(attempts), unread=tuple(unread))

    def _image(self, path: str) -> DecodedImage:
        """Return an item's image; the last one is cached, as its other questions come next."""
        if self._last_image is None or self._last_image[0] != path:
            self._last_image = None
            self._last_image = (path, self._session.image(path))
        return self._last_image[1]

    def _prepared(self, attempts: list[ItemAttempt]) -> _Ready:
        try:
            prepared = self._answerer.prepare([attempt.asked() for attempt in attempts]) if attempts else None
        except Exception as error:
            return _Ready(attempts, None, error)
        return _Ready(attempts, prepared, None)

    def _settle(self, ready: _Ready, *, again: bool = False) -> None:
        """Make results of a batch; if it fails, of its parts, down to single items.

        Args:
            ready: the batch.
            again: it is a single item that memory ran out with before.
        """
        for attempt, error in ready.unread:
            self._session.record(attempt.failed(error))
        count = len(ready.attempts)
        left, problem = self._answered(ready) if count else ([], None)
        if self._cancelled(left) or problem is None:
            return
        exhausted = devices.is_out_of_memory(problem)
        if exhausted:
            devices.release()
            self._size.failed(count)
            log.warning("out of memory with %d answers at once", count)
        if count == 1 and (again or not exhausted):
            for attempt in left:
                self._session.record(attempt.failed(problem))
            return
        while left and not self._cancelled(left):
            size = self._size.now if exhausted else 1
            part, left = left[:size], left[size:]
            for attempt in part:
                attempt.send_again(_reason(problem, count), 0.0)
            self._settle(self._prepared(part), again=count == 1)

    def _cancelled(self, left: Sequence[ItemAttempt]) -> bool:
        """Return whether the client stopped the work; the remaining items are then cancelled."""
        if not self._session.cancelled:
            return False
        self._session.cancel(left)
        return True

    def _answered(self, ready: _Ready) -> tuple[list[ItemAttempt], Exception | None]:
        """Answer a batch and record the results; return the remaining items, and the error."""
        memory, threads = self._session.memory, self._session.threads
        left, results = dict(enumerate(ready.attempts)), list[Result]()
        if ready.problem or self._session.cancelled:
            return list(left.values()), ready.problem

        def record(place: int, answer: Answered) -> None:
            result = left[place].answered(answer)
            del left[place]
            self._session.record(result)
            results.append(result)

        memory.reset()
        try:
            batch = [attempt.asked() for attempt in ready.attempts]
            self._answerer.answer(batch, ready.prepared, record)
        except Exception as error:
            if devices.is_fault(error):
                log.exception("the device is in an unusable state")
                os._exit(CUDA_FAULT_EXIT)
            # An allocation's error would keep the batch's tensors alive by its traceback.
            problem = MemoryError(str(error)) if devices.is_out_of_memory(error) else error
            return list(left.values()), problem
        self._size.answered(len(ready.attempts), memory.usage)
        if threads:
            threads.answered(results, len(ready.attempts))
        return list(left.values()), None


def _reason(problem: Exception, count: int) -> str:
    if devices.is_out_of_memory(problem):
        return f"memory ran out with {count} answers at once" if count > 1 else "memory ran out"
    return f"{count} answers could not be made at once"
