"""What every record is."""

from typing import Literal, TypeAlias

from msgspec import Struct

Verdict: TypeAlias = Literal["correct", "partial", "incorrect"]
Finish: TypeAlias = Literal["stop", "length", "cancelled", "error"]
RunStatus: TypeAlias = Literal["complete", "interrupted", "failed"]
ModelStatus: TypeAlias = Literal["untested", "tested", "failed", "skipped", "gated"]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Base of every record: immutable, fields by name, keys from newer versions ignored on reading."""
