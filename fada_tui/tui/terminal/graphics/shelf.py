"""The pictures that a kitty terminal keeps: numbered, sent once, taken off when they are of no more use."""

import random
from threading import Lock

from textual.geometry import Region

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
        self._there: set[int] = set()
        """Those of them that the terminal of now was sent."""
        self._placed: dict[int, tuple[Region, TerminalGraphics]] = {}
        self._unwanted: list[TerminalGraphics] = []
        self.reachable = True
        """Whether what is sent reaches a terminal that draws it."""
        self.changes = 0
        """How often that, or the terminal, has changed."""

    def terminal_changed(self, reachable: bool) -> None:
        """Take note that another terminal shows the program, or none: what was sent is not there."""
        with self._lock:
            self.reachable = reachable
            self._there.clear()
            self.changes += 1

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
            if number not in self._there:
                self._sent[number] = removal
                self._there.add(number)
                parts.append(payload)
            return "".join(parts)

    def place(self, number: int, cells: Region, removal: TerminalGraphics) -> str:
        """Return what must be written before a picture is placed: what removes those in its cells.

        Args:
            number: the picture's.
            cells: that it takes on the screen.
            removal: what takes it off the terminal.
        """
        with self._lock:
            others = [
                one for one, (taken, _) in self._placed.items() if one == number or taken.overlaps(cells)
            ]
            parts = [self._placed.pop(one)[1] for one in others]
            self._placed[number] = cells, removal
            return "".join(parts)

    def lift(self, number: int) -> bool:
        """Have a picture taken off with what is written next, if it is placed; return whether it was."""
        with self._lock:
            placed = self._placed.pop(number, None)
            if placed is not None:
                self._unwanted.append(placed[1])
        return placed is not None

    def due(self) -> str:
        """Return what takes off what is of no more use, to be written before anything else."""
        if not self._unwanted:
            return ""
        with self._lock:
            parts = [*self._unwanted]
            self._unwanted.clear()
            return "".join(parts)

    def drop(self, number: int) -> None:
        """Have a picture taken off the terminal with what is written next."""
        with self._lock:
            self._there.discard(number)
            if removal := self._sent.pop(number, None):
                self._unwanted.append(removal)

    def clear(self) -> str:
        """Return the sequence that removes all pictures; they are sent again when drawn again."""
        with self._lock:
            placed = [removal for _, removal in self._placed.values()]
            parts = [*self._unwanted, *self._sent.values(), *placed]
            self._unwanted.clear()
            self._sent.clear()
            self._there.clear()
            self._placed.clear()
            return "".join(parts)


SHELF = Shelf()
"""A process has one terminal."""
