"""How long to wait before a server is asked again: pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct


class Backoff(Struct, frozen=True):
    """Waits that double, each by chance up to half as long, so that requests do not come in step."""

    tries: int = 6
    """How often something is asked for in all."""
    first: float = 0.5
    """Seconds of the first wait, at most."""
    longest: float = 30.0
    """Seconds of any wait, unless the server asks for a longer one."""
    whole: float = 180.0
    """Seconds from the first try after which no other begins."""

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
