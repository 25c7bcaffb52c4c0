"""What one check of this machine found."""

from typing import Literal

from fada_tui.core.records import Record

Outcome = Literal["ok", "warn", "fail"]


class Check(Record, frozen=True, kw_only=True):
    """The result of one check."""

    name: str
    status: Outcome
    detail: str
    advice: str | None = None
    """The suggested remedy."""
