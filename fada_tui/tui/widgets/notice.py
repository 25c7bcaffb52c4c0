"""One line for what just happened, or for what went wrong and what to do about it."""

from typing import Literal

from textual.timer import Timer

from fada_tui.tui.widgets.words import Words

Kind = Literal["info", "warning", "error"]

_SIGNS = {"info": "", "warning": "! ", "error": "!! "}


class Notice(Words):
    """Keeps its line free while there is nothing to say. Errors stay until something else is said."""

    SECONDS = 8.0

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, keep=True)
        self._until: Timer | None = None

    def tell(self, text: str, kind: Kind = "info", *, keep: bool = False) -> None:
        """Show a line; an empty one clears it. `keep` shows it until the next."""
        if self._until is not None:
            self._until.stop()
            self._until = None
        self.say(f"{_SIGNS[kind]}{text}" if text else "")
        for one in _SIGNS:
            self.set_class(one == kind, f"-{one}")
        if text and kind == "info" and not keep:
            self._until = self.set_timer(self.SECONDS, lambda: self.say(""))
