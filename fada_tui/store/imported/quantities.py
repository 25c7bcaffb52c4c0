"""Quantities as people write them: sizes in memory, numbers of parameters, dates. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from fada_tui.core.errors import UsageError

_NUMBER = re.compile(
    r"(?P<number>(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9][0-9_]*)(?:\.[0-9]+)?(?:e[0-9]{1,2})?)"
    r"\s*(?P<unit>[a-z]*)",
    re.IGNORECASE,
)
"""Commas stand between thousands alone: one behind which decimals stand would make a hundredfold of it."""

_BYTES: Final[Mapping[str, int]] = {
    "": 1,
    "b": 1,
    "bytes": 1,
    **{f"{prefix}b": 1000**power for power, prefix in enumerate("kmgt", start=1)},
    **{f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgt", start=1)},
}
_COUNTS: Final[Mapping[str, int]] = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}

_MOST = 2**53
"""A larger number cannot be kept exactly by whoever reads JSON with floats."""


def size(option: str, text: str) -> int:
    """Return a size in bytes, as in `1.02GB` (10⁹ bytes), `980 MiB` or a number of bytes.

    Raises:
        UsageError: it is written otherwise; the message names the option.
    """
    return _whole(option, text, _BYTES, "bytes, or a size such as 1.02GB or 980MiB")


def count(option: str, text: str) -> int:
    """Return a number, as in `0.51B`, `510M` or `507482304`; raises `UsageError` as `size` does."""
    return _whole(option, text, _COUNTS, "a number, as 507482304, 510M or 0.51B")


def _whole(option: str, text: str, units: Mapping[str, int], expected: str) -> int:
    found = _NUMBER.fullmatch(text.strip())
    factor = units.get(found["unit"].casefold()) if found else None
    if found is None or factor is None:
        raise UsageError(f"{option} {text}: expected {expected}")
    value = round(Decimal(found["number"].replace(",", "").replace("_", "")) * factor)
    if not 0 < value < _MOST:
        raise UsageError(f"{option} {text}: expected {expected}, from 1 up")
    return value


def moment(text: str) -> str | None:
    """Return an ISO 8601 date as it is, and a time as UTC to the second; `None` if it is neither.

    A time without offset is taken for UTC.
    """
    try:
        when = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2025-10-02"):
            return when.date().isoformat()
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None
