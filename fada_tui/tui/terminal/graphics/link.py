"""Whether what was written has crossed the link to the terminal: pictures are sent no faster than that."""

from collections.abc import Callable

Ask = Callable[[Callable[[], object]], None]
"""Asks the terminal for its status, and calls back, from another thread, when it has answered."""


class Link:
    """The way to the terminal, which may be slow."""

    def __init__(self) -> None:
        self._ask: Ask | None = None
        self.answers = False
        """Whether the terminal has ever answered: only then it is waited for."""

    def opened(self, ask: Ask) -> None:
        """Take note of a terminal."""
        self._ask, self.answers = ask, False

    def when_crossed(self, call: Callable[[], object]) -> bool:
        """Call back once all has arrived that was written; return whether that can be told."""
        if self._ask is None or not self.answers:
            return False
        self._ask(call)
        return True


LINK = Link()
"""A process has one terminal."""
