"""The worker's ends of the two pipes: events leave by a thread, commands arrive by one.

So a client that does not read never stalls the model, and a command is seen between two tokens.
"""

import os
import queue
import threading
from collections import deque

import msgspec

from fada_tui.protocol import Cancel, Command, Delta, Message, StopAfterItem, Work, decode_command, encode


class EventSender:
    """Writes events to the client in order, without ever making the caller wait."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._drain, name="events", daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        """Queue an event. A delta joins the one of the same item that still waits: text is never lost."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else None
            if (
                isinstance(message, Delta)
                and isinstance(last, Delta)
                and (last.path, last.question_id) == (message.path, message.question_id)
            ):
                self._waiting[-1] = msgspec.structs.replace(message, text=last.text + message.text)
            else:
                self._waiting.append(message)
            self._changed.notify()

    def close(self) -> None:
        """Send what waits, as long as the client reads, and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _drain(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                data = encode(self._waiting.popleft())
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                return  # the client is gone; the journal has the results


class CommandReceiver:
    """Reads commands: work to do is queued, requests to stop are flags that the engine looks at.

    A client that goes away ends an idle or loading worker at once; one at work finishes its item first.
    """

    def __init__(self, descriptor: int) -> None:
        self._stream = os.fdopen(descriptor, "rb")
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self.stop_after_item = threading.Event()
        self.cancel = threading.Event()
        self.working = threading.Event()
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def next(self) -> Command | None:
        """Wait for the next command; `None` once the client is gone."""
        return self._queue.get()

    def _read(self) -> None:
        for line in self._stream:
            command = decode_command(line)
            match command:
                case StopAfterItem():
                    self.stop_after_item.set()
                case Cancel():
                    self.cancel.set()
                    self.stop_after_item.set()
                case Work():
                    self.cancel.clear()
                    self.stop_after_item.clear()
                    self.working.set()
                    self._queue.put(command)
                case _:
                    self._queue.put(command)
        self.stop_after_item.set()
        self._queue.put(None)
        if not self.working.is_set():
            os._exit(0)
