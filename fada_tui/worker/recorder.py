"""Results, written down before they are told."""

import threading
from pathlib import Path

from fada_tui.errors import StoreError
from fada_tui.protocol import Finished, JournalFailed
from fada_tui.records import Result
from fada_tui.store.journal import ResultLine, append
from fada_tui.worker.channel import CommandReceiver, EventSender


class Recorder:
    """Takes results from any thread; after the first that cannot be written none is.

    Args:
        journal: takes each result.
        receiver: told to stop the work once there is a problem.
        sender: takes the events.
    """

    def __init__(self, journal: Path, receiver: CommandReceiver, sender: EventSender) -> None:
        self._journal = journal
        self._receiver = receiver
        self._sender = sender
        self._writing = threading.Lock()
        self.problem: JournalFailed | None = None

    def record(self, result: Result, torch_peak_reserved: int | None) -> None:
        """Write a result down, then tell it."""
        with self._writing:
            if self.problem:
                return
            try:
                append(self._journal, ResultLine(result=result))
            except StoreError as error:
                self.problem = JournalFailed(message=str(error))
                self._receiver.cancel.set()
                return
            self._sender.send(Finished(result=result, torch_peak_reserved=torch_peak_reserved))
