"""Items answered by a server, several at once where it may be asked so."""

import threading
import time
from collections.abc import Iterator

from msgspec import UNSET

from fada_tui.protocol import Cancelled, Item, Started, Work
from fada_tui.records import Result
from fada_tui.worker.answering import Served
from fada_tui.worker.attempt import Attempt, read_image
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.engine import Engine
from fada_tui.worker.recorder import Recorder


class Lanes:
    """One item after another in each lane, as long as there are any.

    Args:
        server: answers.
        engine: of its model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
        recorder: takes the results.
    """

    def __init__(
        self,
        server: Served,
        engine: Engine,
        command: Work,
        receiver: CommandReceiver,
        sender: EventSender,
        recorder: Recorder,
    ) -> None:
        self._server = server
        self._memory = engine.memory
        self._command = command
        self._receiver = receiver
        self._sender = sender
        self._recorder = recorder
        self._left: Iterator[Item] = iter(command.items)
        self._taking = threading.Lock()

    def run(self) -> None:
        """Answer the items until all are done or the client wants no more."""
        wanted = self._command.generation.concurrency
        count = min(1 if wanted is UNSET else wanted, len(self._command.items))
        count = min(count, self._command.at_most or count)
        others = [threading.Thread(target=self._lane, name=f"lane {number}") for number in range(1, count)]
        for other in others:
            other.start()
        self._lane()
        for other in others:
            other.join()

    def _lane(self) -> None:
        while item := self._next():
            result = self._answer(item)
            if result is None:
                self._sender.send(Cancelled(path=item.path, question_id=item.question_id))
            else:
                self._recorder.record(result, None)

    def _next(self) -> Item | None:
        with self._taking:
            if self._receiver.stop_after_item.is_set() or self._recorder.problem:
                return None
            item = next(self._left, None)
            if item is not None:
                self._sender.send(Started(path=item.path, question_id=item.question_id))
            return item

    def _answer(self, item: Item) -> Result | None:
        """An item's result, be it an error; `None` if it was cancelled."""
        command, cancel = self._command, self._receiver.cancel
        attempt = Attempt(item, command.generation, self._memory, self._sender.send, cancel)
        begun = time.perf_counter()
        try:
            attempt.see(read_image(command.root, item.path), time.perf_counter() - begun)
            answered = self._server.answer(attempt.asked())
        except Exception as error:
            return attempt.failed(error)
        return None if answered is None else attempt.answered(answered)
