"""Which arrangement the main screen has, and what of its panes a person folded, enlarged and shrank."""

from collections.abc import Mapping
from typing import Any

from fada_tui.tui.state.geometry import Arrangement, Desk, Pane, boxes

FOLDED: Mapping[Arrangement, frozenset[str]] = {
    "running": frozenset(),
    "judging": frozenset({"models", "images"}),
}
"""What is folded while nobody says otherwise."""

_PANES = ("models", "images", "answer")
_MOST = 40
"""Steps that a file may say: no terminal is larger."""


class DeskState:
    """The arrangement that is shown, and for each of them what is folded and how large panes are."""

    def __init__(self) -> None:
        self.arrangement: Arrangement = "running"
        self.chosen = False
        """A person chose the arrangement: from now on none opens by itself."""
        self.filled = False
        self._folded = dict(FOLDED)
        self._steps: dict[Arrangement, dict[str, int]] = {"running": {}, "judging": {}}

    # Which arrangement

    def choose(self) -> Arrangement:
        """Turn to the other arrangement for the session; return which it is."""
        self.arrangement = "running" if self.arrangement == "judging" else "judging"
        self.chosen, self.filled = True, False
        return self.arrangement

    def opens(self, *, to_judge: bool, elsewhere: bool) -> bool:
        """Open the arrangement for judging by itself; return whether it did.

        Args:
            to_judge: there is an answer to judge.
            elsewhere: a person is in another pane, or on another screen.
        """
        if self.chosen or elsewhere or not to_judge or self.arrangement == "judging":
            return False
        self.arrangement, self.filled = "judging", False
        return True

    # Folding and sizes

    def desk(self, focus: Pane, terminal: tuple[int, int]) -> Desk:
        """Return what decides where the panes stand now."""
        return Desk(
            arrangement=self.arrangement,
            focus=focus,
            folded=self._folded[self.arrangement],
            steps=self._steps[self.arrangement],
            filled=self.filled,
            terminal=terminal,
        )

    def foldable(self, pane: Pane, terminal: tuple[int, int]) -> bool:
        """Whether a pane can be folded: no tab, and not the answer that is judged."""
        return pane in _foldable(self.arrangement) and not self.desk(pane, terminal).tabs

    def fold(self, pane: Pane) -> bool:
        """Fold a pane, or unfold it for good; return whether it is folded now."""
        folded = pane not in self._folded[self.arrangement]
        self._folded[self.arrangement] ^= {pane}
        self.filled = False
        return folded

    def resize(self, pane: Pane, step: int, terminal: tuple[int, int], room: tuple[int, int]) -> bool:
        """Make a pane a step larger, or smaller; return False where it can be no more so.

        Args:
            pane: the pane.
            step: 1 or -1.
            terminal: columns and rows of the terminal.
            room: columns and rows of what the panes stand in.
        """
        steps = self._steps[self.arrangement]
        before = boxes(*room, self.desk(pane, terminal))
        steps[pane] = steps.get(pane, 0) + step
        if boxes(*room, self.desk(pane, terminal)) != before:
            return True
        steps[pane] -= step
        return False

    # Between sessions

    def to_table(self) -> dict[str, Any]:
        """Return what is kept between sessions: what differs from what is so by itself."""
        table: dict[str, Any] = {}
        for arrangement in FOLDED:
            kept: dict[str, Any] = {
                pane: step for pane in _PANES if (step := self._steps[arrangement].get(pane))
            }
            if self._folded[arrangement] != FOLDED[arrangement]:
                kept["folded"] = sorted(self._folded[arrangement])
            if kept:
                table[arrangement] = kept
        return table

    def take_table(self, table: Mapping[str, Any]) -> None:
        """Take what was kept; what is unknown or damaged says nothing."""
        for arrangement in FOLDED:
            kept = table.get(arrangement)
            if not isinstance(kept, dict):
                continue
            for pane in _PANES:
                step = kept.get(pane)
                if type(step) is int and abs(step) <= _MOST:
                    self._steps[arrangement][pane] = step
            folded = kept.get("folded")
            if isinstance(folded, list) and all(pane in _foldable(arrangement) for pane in folded):
                self._folded[arrangement] = frozenset(folded)


def _foldable(arrangement: Arrangement) -> tuple[str, ...]:
    return _PANES if arrangement == "running" else ("models", "images")
