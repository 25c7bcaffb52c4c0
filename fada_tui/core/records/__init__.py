"""The program's data records: immutable, typed, serialisable.

Their field order is the key order of `run.json`. Times are seconds, memory is bytes, timestamps are
ISO 8601 in UTC; `None` means unknown and is written as `null`. Fields with the default `UNSET` are
left out of the file while unset.
"""

from fada_tui.core.records.base import Finish, ModelStatus, Record, RunStatus, Verdict
from fada_tui.core.records.model import LoadOptions, ModelEntry, ModelFacts, ModelMemory, Resolution
from fada_tui.core.records.result import (
    Assessment,
    AutoScore,
    DicomFacts,
    Failure,
    Ranked,
    Result,
    ResultMemory,
    Timing,
    Tokens,
)
from fada_tui.core.records.run import (
    RUN_SCHEMA,
    ClassSet,
    Dataset,
    Environment,
    Generation,
    Gpu,
    ImageClass,
    Notes,
    Plan,
    PlannedImage,
    Question,
    Run,
    Selection,
    Tool,
    decode_run,
    encode_run,
)

__all__ = [
    "RUN_SCHEMA",
    "Assessment",
    "AutoScore",
    "ClassSet",
    "Dataset",
    "DicomFacts",
    "Environment",
    "Failure",
    "Finish",
    "Generation",
    "Gpu",
    "ImageClass",
    "LoadOptions",
    "ModelEntry",
    "ModelFacts",
    "ModelMemory",
    "ModelStatus",
    "Notes",
    "Plan",
    "PlannedImage",
    "Question",
    "Ranked",
    "Record",
    "Resolution",
    "Result",
    "ResultMemory",
    "Run",
    "RunStatus",
    "Selection",
    "Timing",
    "Tokens",
    "Tool",
    "Verdict",
    "decode_run",
    "encode_run",
]
