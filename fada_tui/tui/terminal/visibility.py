"""For how long an automatic screen change has been visible: earlier verdicts are meant for the last one.

The terminal is asked for its status behind what was drawn. It answers once it has come to the question, so
its answer says that what was drawn has crossed the link, however slow; and a key pressed before that comes
before the answer.
"""

import time
from collections.abc import Callable

Ask = Callable[[Callable[[], None]], None]
"""Asks the terminal, and calls back when it has answered."""

DRAWING_SECONDS = 0.15
"""How long a picture may take to be decoded and written: the question goes out after it."""

ANSWERING_SECONDS = 5.0
"""A terminal that has once answered and now does not by then is not waited for."""

EVER = float("inf")


class Visibility:
    """A measurement of how long the current picture has been visible.

    Where the terminal does not answer, that is counted from the moment the screen moved.

    Args:
        ask: asks the terminal.
        clock: tells the time in seconds.
    """

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._since = -EVER
        self._answers = False
        self._on_its_way = False

    def begin(self) -> None:
        """Find out whether the terminal answers at all."""
        self._ask(self._arrived)

    @property
    def seconds(self) -> float:
        """Return for how many seconds it has been visible: 0 until it is drawn."""
        age = self._clock() - self._since
        if self._on_its_way and age < ANSWERING_SECONDS:
            return 0.0
        if self._on_its_way:
            self._on_its_way = self._answers = False
        return age

    def moved(self) -> None:
        """Note that the screen moves now by itself; `drawn` must follow."""
        self._since = self._clock()
        self._on_its_way = self._answers

    def drawn(self) -> None:
        """Note that it has been written, and ask whether it has arrived."""
        if self._on_its_way:
            self._ask(self._arrived)

    def _arrived(self) -> None:
        self._answers = True
        if self._on_its_way:
            self._since, self._on_its_way = self._clock(), False
