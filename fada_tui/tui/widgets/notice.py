"""One line for what just happened, or for what went wrong and what to do about it."""

import time
from collections.abc import Callable
from typing import NamedTuple

from textual.timer import Timer

from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.widgets.words import Words

_SIGNS: dict[NoticeKind, str] = {"info": "", "echo": "", "warning": "! ", "error": "!! "}


class _Said(NamedTuple):
    text: str = ""
    kind: NoticeKind = "info"
    holds: Callable[[], bool] | None = None
    """Whether it is still true; `None` for what stays true."""


class Notice(Words):
    """Shows the newest line, then the warnings before it, so that none goes unseen, then what stays.

    What comes right after an echo waits beneath it: it would hide it before anyone could read it.
    """

    DEFAULT_CSS = """
    Notice {
        height: auto;
        min-height: 1;
        max-height: 2;
        padding: 0 1;
        &.-info, &.-echo { color: $accent; }
        &.-warning { color: $warning; text-style: bold; }
        &.-error { color: $error; text-style: bold; }
    }
    """
    SECONDS = 8.0
    ECHO_SECONDS = 1.2
    """How long an echo is seen at least, unless something goes wrong."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, keep=True)
        self._standing = _Said()
        self._passing: list[_Said] = []
        self._until: Timer | None = None
        self._echoed = float("-inf")
        """When the last echo came."""
        self._waits = False
        """Something came right after it, and waits beneath it."""

    def tell(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        keep: bool = False,
        holds: Callable[[], bool] | None = None,
    ) -> None:
        """Show a line. An error, and what is to `keep`, stays until the next; an empty one ends it.

        Args:
            text: the line.
            kind: how it is marked.
            keep: it does not pass.
            holds: whether it is still true; once it is not, `check` takes it away.
        """
        said = _Said(text, kind, holds)
        if keep or kind == "error" or not text:
            self._passing = [one for one in self._passing if one != self._standing]
            self._standing = said
        if kind == "error":
            self._passing.clear()
            self._waits = False
        elif text:
            self._pile(said)
        self._show()

    def _pile(self, said: _Said) -> None:
        """Put a line on top of the others; beneath an echo that has just come."""
        warnings = [one for one in self._passing if one.kind == "warning" and one.text != said.text]
        top = self._passing[-1] if self._passing else None
        if said.kind != "echo" and top is not None and top.kind == "echo" and self._fresh > 0:
            self._passing, self._waits = [*warnings, said, top], True
            return
        if said.kind == "echo":
            self._echoed = time.monotonic()
        self._waits = False
        self._passing = [*warnings, said]

    @property
    def _fresh(self) -> float:
        """Seconds that the last echo is to be seen still."""
        return self._echoed + self.ECHO_SECONDS - time.monotonic()

    def check(self) -> None:
        """Take away what is no longer true."""
        passing = [one for one in self._passing if _true(one)]
        standing = self._standing if _true(self._standing) else _Said()
        if (passing, standing) != (self._passing, self._standing):
            self._waits = self._waits and len(passing) > 1 and passing[-1] is self._passing[-1]
            self._passing, self._standing = passing, standing
            self._show()

    def _show(self) -> None:
        if self._until is not None:
            self._until.stop()
        # A timer of no seconds would never go off.
        seconds = max(self._fresh, 0.01) if self._waits else self.SECONDS
        self._until = self.set_timer(seconds, self._pass) if self._passing else None
        text, kind, _ = self._passing[-1] if self._passing else self._standing
        self.say(f"{_SIGNS[kind]}{text}" if text else "")
        for one in _SIGNS:
            self.set_class(one == kind, f"-{one}")

    def _pass(self) -> None:
        self._passing.pop()
        self._waits = False
        self._show()


def _true(said: _Said) -> bool:
    return said.holds is None or said.holds()
