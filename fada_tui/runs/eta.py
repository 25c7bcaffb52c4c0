"""The rate of answers, and the estimated time remaining, in wall-clock time.

The sum of the answers' times is no measure of that: several are made at once, and each waits for the others.
"""

from collections.abc import Hashable

from msgspec import Struct

Key = Hashable

TOGETHER = 0.25
"""Seconds within which answers are told that ended before the same look at them."""


class _Settled(Struct, frozen=True):
    """A moment at which no answer was in progress."""

    at: float
    made: int


class Eta:
    """An estimate of the remaining time from the start and end of answers; times in monotonic seconds."""

    def __init__(self) -> None:
        self.began: float | None = None
        """Start of the first answer."""
        self.made = 0
        """Answers that have ended."""
        self._in_flight: dict[Key, str | None] = {}
        """Which worker makes it, where there are several."""
        self._most = 0
        """Answers in flight at once, at most."""
        self._settled: _Settled | None = None
        self._last = 0.0
        self._since: _Settled | None = None
        """When the number of workers changed last, if it did."""
        self._before: float | None = None
        """The mean until then."""
        self._first_end: float | None = None
        """When the first answers ended, if no beginning was seen."""

    def begin(self, key: Key, now: float, worker: str | None = None) -> None:
        """Record the start of an answer; of several workers, by which one."""
        self.began = now if self.began is None else self.began
        self._in_flight[key] = worker
        self._most = max(self._most, len(self._in_flight))

    def end(self, key: Key, now: float) -> None:
        """Record the end of an answer, or its error.

        Where no beginning was recorded, as of a run that another program makes, time counts from the first
        ends on, which may be told together.
        """
        if self.began is None:
            self.began = self._first_end = now
        if self._first_end is not None and now - self._first_end < TOGETHER:
            return
        self._in_flight.pop(key, None)
        self.made += 1
        self._last = now
        if not self._in_flight:
            self._settled = _Settled(now, self.made)

    def forget(self, worker: str | None = None) -> None:
        """Discard the answers in progress, which were lost and will start again.

        Args:
            worker: those of this one; `None` for all, where there is one.
        """
        left = {} if worker is None else {key: by for key, by in self._in_flight.items() if by != worker}
        self._in_flight = left

    def change_pace(self, now: float) -> None:
        """Count the time anew from now on, as another number of workers answers.

        Until twice as many answers are there as were ever in flight at once, the mean is that of before:
        those that end first were begun by then.
        """
        if self.began is not None:
            self._before = self.mean
            self._since = _Settled(now, self.made)
            self._settled = None

    @property
    def mean(self) -> float | None:
        """Return the mean seconds per answer, concurrent ones counted once; `None` until it is known.

        While a batch is being made, those of its answers that are there already say nothing of the others:
        what counts is the time up to its beginning. Where answers overlap without a break, as in requests to
        a server, all of them count, once as many are there as were ever in flight.
        """
        if self.began is None or not self.made:
            return None
        since = self._since
        if since is not None and self.made - since.made <= 2 * self._most and self._before is not None:
            return self._before
        if since is None or self.made - since.made <= 2 * self._most:
            since = _Settled(self.began, 0)
        made, settled = self.made - since.made, self._settled
        if settled is not None and self.made - settled.made <= self._most:
            return (settled.at - since.at) / (settled.made - since.made)
        return (self._last - since.at) / made if made >= self._most else None

    def left(self, count: int, now: float) -> float | None:
        """Return the estimated seconds for a number of further answers; `None` until it is known.

        Args:
            count: answers that have not ended.
            now: the moment.
        """
        mean, settled = self.mean, self._settled
        if mean is None:
            return None
        if settled is None or self.made - settled.made > self._most:
            since, pending, behind = self._last, count, 1
        else:
            behind = self.made - settled.made + len(self._in_flight)
            since, pending = settled.at, count + self.made - settled.made
        return max(mean * pending - min(now - since, mean * behind), 0.0)
