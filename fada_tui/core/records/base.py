"""The base classes of all records."""

from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import UNSET, Struct, UnsetType

Verdict: TypeAlias = Literal["correct", "partial", "incorrect"]
Finish: TypeAlias = Literal["stop", "length", "cancelled", "error"]
RunStatus: TypeAlias = Literal["complete", "interrupted", "failed"]
ImageState: TypeAlias = Literal["as_asked", "changed", "decodes_differently"]
ModelStatus: TypeAlias = Literal["untested", "tested", "failed", "skipped", "gated"]
ScoreKind: TypeAlias = Literal["none", "terms", "set", "choice", "ordered", "yes_no", "text"]

SCORE_KINDS: tuple[ScoreKind, ...] = get_args(ScoreKind)

UNKNOWN_KEY = "unknown fields"
"""Key of a record's unknown fields where it is encoded as it is; no file has it (see `unknown_fields`)."""


class UnknownFields(dict[str, Any]):
    """The fields of an object that this version does not know, by their keys.

    A class of its own, so that no decoder takes an object of a file for one.
    """


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=False, gc=False):
    """The base class of all records: immutable, keyword-only, ignores unknown keys of newer versions.

    Made of what is older, none leads back to itself: the garbage collector, which would hold keys up while it
    goes through ten thousands of results, has nothing to find in them.
    """


class FileRecord(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base class of the records in a run's files, which keep what they do not know.

    Read and written by `unknown_fields.decode` and `encode`.
    """

    unknown_fields: UnknownFields | UnsetType = msgspec.field(default=UNSET, name=UNKNOWN_KEY)
    """What a newer version, or a person, added to this object."""
