"""The base class of all records."""

from typing import Literal, TypeAlias

from msgspec import Struct

Verdict: TypeAlias = Literal["correct", "partial", "incorrect"]
Finish: TypeAlias = Literal["stop", "length", "cancelled", "error"]
RunStatus: TypeAlias = Literal["complete", "interrupted", "failed"]
ImageState: TypeAlias = Literal["as_asked", "changed", "decodes_differently"]
ModelStatus: TypeAlias = Literal["untested", "tested", "failed", "skipped", "gated"]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The base class of all records: immutable, keyword-only, ignores unknown keys of newer versions."""
