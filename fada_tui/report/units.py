"""Figures formatted for people. Unknown is `None`, never 0."""

from datetime import UTC, datetime
from typing import Literal

from fada_tui.core.records import Resolution
from fada_tui.evaluation.statistics import Interval, Share

# By hand: strftime would follow the machine's language.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def parameters(count: int | None) -> str | None:
    """Return a number of parameters: `3.74B`, `507.5M (0.51B)`, `2.8M`."""
    if count is None:
        return None
    if count < 999_950:
        return f"{count:,}"
    if count < 999_950_000:
        in_billions = f" ({count / 1e9:.2f}B)" if count >= 1e8 else ""
        return f"{count / 1e6:.1f}M{in_billions}"
    return f"{count / 1e9:.2f}B"


def parameters_briefly(count: int | None) -> str | None:
    """Return a number of parameters in five cells at most: `0.51B`, `2.8M`."""
    if count is None:
        return None
    if count >= 1e8:
        return f"{count / 1e9:.2f}B" if count < 9.995e9 else f"{count / 1e9:.1f}B"
    return f"{count / 1e6:.1f}M"


def memory(size: int | None) -> str | None:
    """Return bytes in decimal units: `1.02 GB`, `5.6 MB`."""
    if size is None:
        return None
    return f"{size / 1e9:.2f} GB" if size >= 999_950_000 else f"{size / 1e6:.1f} MB"


def seconds(value: float | None) -> str | None:
    """Return seconds with two decimals, without the unit."""
    return None if value is None else f"{value:.2f}"


def expected_time(seconds: float | None) -> str:
    """Return an expected time as `about 3 min 20 s`."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole < 1:
        return "under 1 s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"about {hours} h {minutes} min"
    if minutes >= 10 or (minutes and not rest):
        return f"about {minutes} min"
    return f"about {minutes} min {rest} s" if minutes else f"about {rest} s"


def duration(seconds: float) -> str:
    """Return a measured duration: `3 min 20 s`, `1 h 5 min`, `0.52 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def percent(share: float) -> str:
    """Return a share as a whole percentage."""
    return f"{share * 100:.0f}%"


def of(share: Share) -> str:
    """Return a share as `2 of 5`."""
    return f"{share.hits:,} of {share.total:,}"


def interval(bounds: Interval) -> str:
    """Return an interval of a proportion as percentages: `4–62%`."""
    return f"{bounds.low * 100:.0f}–{bounds.high * 100:.0f}%"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def thoughts(tokens: int | None) -> str:
    """Return what thoughts are called: `Thoughts (212 tokens)`."""
    return "Thoughts" if tokens is None else f"Thoughts ({count(tokens, 'token')})"


def span(low: int | None, high: int | None) -> str | None:
    """Return one number, or the range from one to another."""
    if low is None or high is None:
        return None
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def batches(sizes: tuple[int, int] | None) -> str | None:
    """Return the batch sizes: `in batches of 1 to 16`; `None` if there were no batches."""
    return None if sizes is None else f"in batches of {span(*sizes)}"


def at_most_together(size: int | Literal["auto"] | None) -> str | None:
    """Return the maximum batch size: `batches of at most 16`; `None` if it is unknown."""
    if size is None:
        return None
    if size == "auto":
        return "batches as memory allows"
    return f"batches of {size:,}" if size == 1 else f"batches of at most {size:,}"


def resolution(asked: Resolution) -> str | None:
    """Return a resolution in words; `None` if it is not set."""
    parts = [
        None if asked.longest_edge is None else f"longest edge {asked.longest_edge:,} px",
        None if asked.max_tiles is None else f"at most {count(asked.max_tiles, 'tile')}",
    ]
    return ", ".join(part for part in parts if part) or None


def moment(timestamp: str) -> str | None:
    """Return an ISO 8601 timestamp as `October 2, 2025, 13:05 UTC`, or as its date where it is one.

    A time without offset is taken for UTC. `None` if it is no timestamp.
    """
    try:
        when = datetime.fromisoformat(timestamp)
        if when.tzinfo is not None:
            when = when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    date = f"{_MONTHS[when.month - 1]} {when.day}, {when.year}"
    return date if len(timestamp) <= len("2025-10-02") else f"{date}, {when:%H:%M} UTC"
