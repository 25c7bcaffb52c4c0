"""Tells a held key's repeats from a person's presses, by the times at which they arrived.

A terminal repeats a held key after 250 to 660 ms, then every 25 to 50 ms, and says nothing of it: each repeat
looks like a press. Of keys that judge each would go to an answer that nobody has seen. So the first repeat is
held back until it is known whether another follows.

A slow link, or a busy machine, brings presses together that were made one after another. Those are told from
a held key by how many they are: nobody presses a key more often than `MOST_A_SECOND`, no key repeats so
seldom. Where even that tells nothing, a press is left out: that is said and costs a key, while a verdict on
an answer that nobody has seen would stand unnoticed.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

REPEAT_SECONDS: Final = 0.1
"""A press within this time of the one before is a repeat, unless both arrived together."""

DELAY_SECONDS: Final = 0.75
"""A key that is held has repeated by then."""

HOLD_SECONDS: Final = 0.06
"""For how long a press that may be a first repeat is held back: longer than any terminal's next one takes."""

TOGETHER_SECONDS: Final = 0.018
"""What arrives within this time was held up on its way: no terminal repeats so quickly."""

UNEVEN_SECONDS: Final = 0.15
"""For how long presses that arrived together are held back: an uneven link brings the next ones by then."""

RELEASE_SECONDS: Final = 0.2
"""A held key that has not repeated for so long was let go: an uneven link may keep a repeat back."""

SURE: Final = 2
"""Presses left out one after another from which a key is surely held; one alone may have come early."""

MOST_A_SECOND: Final = 6.0
"""Presses of one key by a person who judges quickly; a held key makes 20 and more."""

STALL_SECONDS: Final = 0.7
"""For how long the first of presses that arrive together may have been held up."""


class Press(NamedTuple):
    """A key that was pressed, or repeated."""

    key: str
    at: float
    """Seconds, when it arrived."""


class Decision(NamedTuple):
    """What becomes of a press."""

    counts: bool
    wait: float = 0.0
    """Seconds until it can be told, at most; above 0 it does not count yet."""


COUNTS, LEFT_OUT = Decision(True), Decision(False)


class HeldKey:
    """Decides of each press of keys that judge, one after another, whether it counts."""

    def __init__(self) -> None:
        self._key = ""
        self._last = float("-inf")
        """When the last press of this key arrived, whether or not it counted."""
        self._left_out = 0
        """How many presses were left out one after another, the last one included."""
        self._slow = False
        """The last one that was left out came later than a repeat does."""
        self._together = False
        """The last press arrived together with another."""
        self._counted_since, self._counted = 0.0, 0
        """Since when how many presses that arrived together have counted."""
        self._granted = float("-inf")
        """Presses up to then count: it was decided of all of them at once."""

    def other(self) -> None:
        """Note that another key was pressed, which ends any repeating."""
        self._key = ""

    def decide(self, press: Press, behind: Sequence[Press], now: float) -> Decision:
        """Return whether a press counts, or for how long that cannot be told.

        Args:
            press: the next one.
            behind: what has arrived after it, keys of all kinds in their order.
            now: the time, by the clock of the presses.
        """
        gap = press.at - self._last if press.key == self._key else float("inf")
        if gap > DELAY_SECONDS:
            return self._begin(press)
        if press.at <= self._granted:
            return self._pass(press, gap)
        if self._repeats_still(gap):
            return self._leave_out(press, gap)
        group = self._group(press, behind)
        over = len(group) <= len(behind)  # another key, or the same after a pause
        return self._of_group(group, gap, over, now)

    def _repeats_still(self, gap: float) -> bool:
        """Whether a press goes on with the repeating of a key that is held."""
        if self._left_out and gap <= REPEAT_SECONDS:
            return True
        return self._left_out >= SURE and gap <= RELEASE_SECONDS and not self._slow

    def _group(self, press: Press, behind: Sequence[Press]) -> list[Press]:
        group = [press]
        for one in behind:
            if one.key != press.key or one.at - group[-1].at > UNEVEN_SECONDS:
                break
            group.append(one)
        return group

    def _of_group(self, group: list[Press], gap: float, over: bool, now: float) -> Decision:
        """Decide of presses that follow closely on each other, of all alike."""
        press, last = group[0], group[-1].at
        gaps = [gap, *(after.at - before.at for before, after in pairwise(group))]
        uneven = self._together or min(gaps) < TOGETHER_SECONDS
        if uneven:
            if not self._together and gap >= TOGETHER_SECONDS:
                self._counted_since, self._counted = self._last, 0
            held = self._counted + len(group) > MOST_A_SECOND * (last - self._counted_since)
        else:
            held = min(gaps) <= REPEAT_SECONDS
        if held:
            return self._leave_out(press, gap)
        left = last + (UNEVEN_SECONDS if uneven else HOLD_SECONDS) - now
        if left > 0 and not over:
            return Decision(False, left)
        self._granted = last
        return self._pass(press, gap)

    def _begin(self, press: Press) -> Decision:
        self._key, self._last, self._left_out, self._together = press.key, press.at, 0, False
        # It may have waited on the way, with others that arrive together with it.
        self._counted_since, self._counted = press.at - STALL_SECONDS, 1
        return COUNTS

    def _pass(self, press: Press, gap: float) -> Decision:
        self._together = gap < TOGETHER_SECONDS
        self._left_out, self._last = 0, press.at
        self._counted += 1
        return COUNTS

    def _leave_out(self, press: Press, gap: float) -> Decision:
        self._left_out, self._last, self._together = self._left_out + 1, press.at, False
        self._slow = gap > REPEAT_SECONDS
        return LEFT_OUT
