"""Answering items by a server, several at once if it allows that."""

import threading
import time
from collections.abc import Iterator

from msgspec import UNSET

from fada_tui.core.protocol import Item
from fada_tui.worker.generation.interfaces import Served
from fada_tui.worker.generation.item import ItemAttempt, read_image
from fada_tui.worker.generation.work import WorkSession


class ConcurrentRequests:
    """Parallel lanes, each of which answers one item after another.

    Args:
        server: answers.
        session: its model at the work.
    """

    def __init__(self, server: Served, session: WorkSession) -> None:
        self._server = server
        self._session = session
        self._left: Iterator[Item] = iter(session.command.items)
        self._taking = threading.Lock()

    def run(self) -> None:
        """Answer the items until all are finished or the client stops the work."""
        command = self._session.command
        wanted = command.generation.concurrency
        count = min(1 if wanted is UNSET else wanted, len(command.items))
        count = min(count, command.at_most or count)
        others = [threading.Thread(target=self._lane, name=f"lane {number}") for number in range(1, count)]
        for other in others:
            other.start()
        self._lane()
        for other in others:
            other.join()

    def _lane(self) -> None:
        while item := self._next():
            self._answer(self._session.attempt(item))

    def _next(self) -> Item | None:
        with self._taking:
            if not self._session.goes_on:
                return None
            item = next(self._left, None)
            if item is not None:
                self._session.begin([item])
            return item

    def _answer(self, attempt: ItemAttempt) -> None:
        begun = time.perf_counter()
        try:
            image = read_image(self._session.command.root, attempt.item.path)
            attempt.see(image, time.perf_counter() - begun)
            self._session.check_unchanged(attempt.item, image)
            answered = self._server.answer(attempt.asked())
        except Exception as error:
            self._session.record(attempt.failed(error))
            return
        if answered is None:
            self._session.cancel([attempt])
        else:
            self._session.record(attempt.answered(answered))
