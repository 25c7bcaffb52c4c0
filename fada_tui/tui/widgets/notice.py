"""One line for what just happened, or for what went wrong and what to do about it."""

from textual.timer import Timer

from fada_tui.tui.state.views import NoticeKind
from fada_tui.tui.widgets.words import Words

_SIGNS: dict[NoticeKind, str] = {"info": "", "warning": "! ", "error": "!! "}


class Notice(Words):
    """Shows the newest line, then the warnings before it, so that none goes unseen, then what stays."""

    SECONDS = 8.0

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, keep=True)
        self._standing: tuple[str, NoticeKind] = ("", "info")
        self._passing: list[tuple[str, NoticeKind]] = []
        self._until: Timer | None = None

    def tell(self, text: str, kind: NoticeKind = "info", *, keep: bool = False) -> None:
        """Show a line. An error, and what is to `keep`, stays until the next; an empty one ends it."""
        if keep or kind == "error" or not text:
            self._passing = [said for said in self._passing if said != self._standing]
            self._standing = (text, kind)
        if kind == "error":
            self._passing.clear()
        elif text:
            warnings = [said for said in self._passing if said[1] == "warning" and said[0] != text]
            self._passing = [*warnings, (text, kind)]
        self._show()

    def _show(self) -> None:
        if self._until is not None:
            self._until.stop()
        self._until = self.set_timer(self.SECONDS, self._pass) if self._passing else None
        text, kind = self._passing[-1] if self._passing else self._standing
        self.say(f"{_SIGNS[kind]}{text}" if text else "")
        for one in _SIGNS:
            self.set_class(one == kind, f"-{one}")

    def _pass(self) -> None:
        self._passing.pop()
        self._show()
