"""The worker's ends of pipe and socket: one thread sends events, another receives commands.

So a client that does not read never stalls the model, and a command is seen between two tokens.
"""

import os
import queue
import socket
import threading
from collections import deque
from collections.abc import Iterator

import msgspec

from fada_tui.core.protocol import (
    Attach,
    Cancel,
    Command,
    Delta,
    Message,
    StopAfterItem,
    Work,
    decode_command,
    encode,
)

MOST_FILES = 8
"""Maximum number of files passed with one command."""

READ_BYTES = 65536


class EventSender:
    """A sender that writes events to the client in order, without blocking the caller."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._drain, name="events", daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        """Queue an event. A delta is appended to a waiting one of the same item: text is never lost."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else None
            if (
                isinstance(message, Delta)
                and isinstance(last, Delta)
                and (last.path, last.question_id) == (message.path, message.question_id)
                and (message.thought == last.thought or not message.text)
            ):
                text = last.text + message.text
                self._waiting[-1] = msgspec.structs.replace(last, text=text, tokens=message.tokens)
            else:
                self._waiting.append(message)
            self._changed.notify()

    def close(self) -> None:
        """Send the queued events, as long as the client reads, and end."""
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
    """A receiver of commands: work is queued, and requests to stop set flags that the engine checks.

    A client that goes away ends an idle or loading worker at once; one at work finishes its item first.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._arrived: list[int] = []
        self._handed: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self._queue: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self.stop_after_item = threading.Event()
        self.cancel = threading.Event()
        self.working = threading.Event()
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    def next(self) -> Command | None:
        """Wait for the next command; `None` once the client is gone."""
        return self._queue.get()

    def handed(self) -> list[int]:
        """Return the file descriptors passed with an `Attach`, each set once."""
        return self._handed.get()

    def _lines(self) -> Iterator[bytes]:
        """Yield lines as they arrive. Files arrive with the first to last byte of their line."""
        rest = b""
        while True:
            try:
                data, files, _, _ = socket.recv_fds(self._socket, READ_BYTES, MOST_FILES)
            except ConnectionError:
                return
            self._arrived.extend(files)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from lines

    def _read(self) -> None:
        for line in self._lines():
            command = decode_command(line)
            match command:
                case Attach():
                    self._handed.put(self._arrived)
                    self._arrived = []
                    self._queue.put(command)
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
