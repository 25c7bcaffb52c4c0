"""Free ports for engines, so that two that start at once do not meet."""

import errno
import os
import socket

from fada_tui.runs.engines.launch import HOST

_TRIES = 100


class HeldPort:
    """A port at which nothing listens, and that no other program of ours takes for another engine.

    An engine takes a while until it listens. Meanwhile the same port of UDP, which no engine uses, is held by
    this program: that costs nothing, and is over when the program is, however it ends.

    Raises:
        OSError: no port is free.
    """

    def __init__(self) -> None:
        for _ in range(_TRIES):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as free:
                free.bind((HOST, 0))
                self.number: int = free.getsockname()[1]
            self._hold = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self._hold.bind((HOST, self.number))
                return
            except OSError:
                self._hold.close()
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    def release(self) -> None:
        """Let others have it; a second call does nothing."""
        self._hold.close()
