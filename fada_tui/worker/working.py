"""The items of one work, answered: one after another, or several at once where a server answers them."""

import threading
from collections.abc import Iterator
from pathlib import Path

from msgspec import UNSET

from fada_tui.errors import StoreError
from fada_tui.file_names import decode_name
from fada_tui.protocol import Cancelled, Finished, Idle, Item, JournalFailed, Started, Work
from fada_tui.store.journal import ResultLine, append
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.engine import Answer, Engine


def work(engine: Engine, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
    """Answer the items until all are done or the client wants no more; then say so.

    Args:
        engine: the loaded model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """
    wanted = command.generation.concurrency
    lanes = min(1 if wanted is UNSET else wanted, len(command.items))
    job = _Job(engine, command, receiver, sender)
    others = [threading.Thread(target=job.lane, name=f"lane {number}") for number in range(1, lanes)]
    for other in others:
        other.start()
    job.lane()
    for other in others:
        other.join()
    sender.send(job.problem or Idle())


class _Job:
    """What the lanes share: the items that are left, and the journal."""

    def __init__(self, engine: Engine, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
        self._engine = engine
        self._command = command
        self._journal = Path(decode_name(command.journal))
        self._receiver = receiver
        self._sender = sender
        self._left: Iterator[Item] = iter(command.items)
        self._taking = threading.Lock()
        self._writing = threading.Lock()
        self.problem: JournalFailed | None = None

    def lane(self) -> None:
        """Answer one item after another, as long as there are any."""
        while item := self._next():
            answer = self._engine.answer(
                item, self._command.root, self._command.generation, self._sender.send, self._receiver.cancel
            )
            if answer is None:
                self._sender.send(Cancelled(path=item.path, question_id=item.question_id))
            else:
                self._finish(answer)

    def _next(self) -> Item | None:
        with self._taking:
            if self._receiver.stop_after_item.is_set() or self.problem:
                return None
            item = next(self._left, None)
            if item is not None:
                self._sender.send(Started(path=item.path, question_id=item.question_id))
            return item

    def _finish(self, answer: Answer) -> None:
        """Write a result down, then tell it; after the first that cannot be written none is."""
        with self._writing:
            if self.problem:
                return
            try:
                append(self._journal, ResultLine(result=answer.result))
            except StoreError as error:
                self.problem = JournalFailed(message=str(error))
                self._receiver.cancel.set()
                return
            self._sender.send(Finished(result=answer.result, torch_peak_reserved=answer.torch_peak_reserved))
