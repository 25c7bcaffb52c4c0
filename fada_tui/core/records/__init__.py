"""The program's data records: immutable, typed, serialisable.

Their field order is the key order of `run.json`. Times are seconds, memory is bytes, timestamps are
ISO 8601 in UTC; `None` means unknown and is written as `null`. Fields with the default `UNSET` are
left out of the file while unset.
"""

from fada_tui.core.records.base import Finish, ImageState, ModelStatus, Record, RunStatus, Verdict
from fada_tui.core.records.model import LoadOptions, ModelEntry, ModelFacts, ModelMemory, Resolution
from fada_tui.core.records.result import (
    Assessment,
    AutoScore,
    DicomFacts,
    Failure,
    FileFacts,
    ImageFound,
    Ranked,
    Result,
    ResultMemory,
    Timing,
    Tokens,
)
from fada_tui.core.records.run import (
    READ_SCHEMAS,
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
    "READ_SCHEMAS",
    "RUN_SCHEMA",
    "Assessment",
    "AutoScore",
    "ClassSet",
    "Dataset",
    "DicomFacts",
    "Environment",
    "Failure",
    "FileFacts",
    "Finish",
    "Generation",
    "Gpu",
    "ImageClass",
    "ImageFound",
    "ImageState",
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
