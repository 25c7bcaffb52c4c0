"""The keys that give a verdict, of which a held one counts once."""

import time
from collections.abc import Callable, Sequence, Set

from textual.app import App
from textual.events import Event, Key
from textual.widgets import Input, TextArea

from fada_tui.tui.terminal.held_key import COUNTS, LEFT_OUT, Decision, HeldKey, Press

PLACE = "verdict"
"""The place whose keys judge, wherever that is."""


class JudgingKeys:
    """Decides of each key whether it counts: all do, but for a verdict's that is held down.

    Args:
        app: tells what the keys go to.
        keys: those of verdicts.
        left_out: is called when a key begins to be left out.
    """

    def __init__(self, app: App[int], keys: Set[str], left_out: Callable[[], None]) -> None:
        self._app = app
        self._left_out = left_out
        self._held_key = HeldKey()
        self._told = False
        self._keys = keys

    def decide(self, event: Event, behind: Sequence[Event]) -> Decision:
        """Return whether a key counts, or for how long that cannot be told.

        Under test, without a terminal, nobody holds a key down: all count.
        """
        if self._app.is_headless:
            return COUNTS
        if not isinstance(event, Key) or event.key not in self._keys or not self._judges:
            self._held_key.other()
            return COUNTS
        presses = [Press(one.key if isinstance(one, Key) else "", one.time) for one in behind]
        decision = self._held_key.decide(Press(event.key, event.time), presses, time.monotonic())
        if decision == LEFT_OUT and not self._told:
            self._left_out()
        self._told = decision == LEFT_OUT
        return decision

    @property
    def _judges(self) -> bool:
        """Whether a verdict's key judges now, and is not typed."""
        typed = isinstance(self._app.focused, Input | TextArea)
        return not typed and PLACE in getattr(self._app.screen, "PLACES", ())
