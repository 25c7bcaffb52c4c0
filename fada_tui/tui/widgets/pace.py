"""Pictures no faster than the link to the terminal takes them: on a slow one they would queue up."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from fada_tui.tui.terminal.graphics.link import LINK

CROSSING_SECONDS = 10.0
"""How long a picture may be on its way before the next one is sent all the same."""


class Pace:
    """Holds back the next picture while one is on its way to the terminal.

    Args:
        widget: draws them.
        again: asks for what was held back.
    """

    def __init__(self, widget: Widget, again: Callable[[], object]) -> None:
        self._widget = widget
        self._again = again
        self._crossing: Timer | None = None
        self._behind = False

    def begin(self) -> None:
        """Take note that a picture was written."""
        if self._crossing is None and LINK.when_crossed(lambda: self._widget.call_later(self._over)):
            self._crossing = self._widget.set_timer(CROSSING_SECONDS, self._over)

    def holds(self, *, another: bool) -> bool:
        """Return whether the next picture must wait; it is asked for again then.

        Args:
            another: it is of another image: that is on its way at once, as its verdict waits for it.
        """
        self._behind = self._crossing is not None and not another
        return self._behind

    def _over(self) -> None:
        if self._crossing is not None:
            self._crossing.stop()
            self._crossing = None
        if self._behind:
            self._behind = False
            self._again()
