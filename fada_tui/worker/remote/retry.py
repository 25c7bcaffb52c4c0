"""The wait before a request is repeated, without side effects."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct


class Backoff(Struct, frozen=True):
    """A policy of waits that double, each randomly shortened by up to half, so that requests spread out."""

    tries: int = 6
    """Maximum number of attempts."""
    first: float = 0.5
    """Maximum seconds of the first wait."""
    longest: float = 30.0
    """Maximum seconds of any wait, unless the server asks for a longer one."""
    whole: float = 180.0
    """Seconds from the first attempt after which no other begins."""

    def wait(self, tried: int, spent: float, asked: float | None, chance: float) -> float | None:
        """Return the seconds to wait; `None` to give up.

        Args:
            tried: how often it has been tried.
            spent: seconds since the first try began.
            asked: the least seconds that the server asks for, if it does.
            chance: from 0 to 1.
        """
        usual = min(self.first * 2.0 ** (tried - 1), self.longest) * (0.5 + chance / 2)
        seconds = max(usual, asked or 0.0)
        return None if tried >= self.tries or spent + seconds > self.whole else seconds


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, as a number or a date (RFC 9110, 10.2.3)."""
    text = (header or "").strip()
    if text.isascii() and text.replace(".", "", 1).isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now.timestamp(), 0.0)
