"""The pictures that a kitty terminal keeps: numbered, sent once, taken off when they are of no more use."""

import random
from threading import Lock

from fada_tui.tui.terminal.sanitise import TerminalGraphics

_NUMBERS = 0xFFFFFF
"""Numbers of three bytes, since a placeholder's colour carries them."""


class Shelf:
    """What the terminal holds. Asked for by the threads that encode and by the one that draws."""

    def __init__(self) -> None:
        self._lock = Lock()
        # Other programs number pictures in the same terminal, mostly from 1.
        self._next = random.randrange(_NUMBERS)
        self._sent: dict[int, TerminalGraphics] = {}
        self._unwanted: list[TerminalGraphics] = []

    def number(self) -> int:
        """Return a number that no other picture of this process has."""
        with self._lock:
            self._next = self._next % _NUMBERS + 1
            return self._next

    def send(self, number: int, payload: TerminalGraphics, removal: TerminalGraphics) -> str:
        """Return what must be written before a picture is placed: the picture itself, the first time.

        Args:
            number: the picture's.
            payload: what transmits it.
            removal: what takes it off the terminal.
        """
        with self._lock:
            parts = [*self._unwanted]
            self._unwanted.clear()
            if number not in self._sent:
                self._sent[number] = removal
                parts.append(payload)
            return "".join(parts)

    def drop(self, number: int) -> None:
        """Have a picture taken off the terminal with the next one that is drawn."""
        with self._lock:
            if removal := self._sent.pop(number, None):
                self._unwanted.append(removal)

    def clear(self) -> str:
        """Return the sequence that removes all pictures; they are sent again when drawn again."""
        with self._lock:
            parts = [*self._unwanted, *self._sent.values()]
            self._unwanted.clear()
            self._sent.clear()
            return "".join(parts)


SHELF = Shelf()
"""A process has one terminal."""
