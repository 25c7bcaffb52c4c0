"""What a model needs where an engine is to serve it: which classes that knows, only it can tell."""

import os
from collections.abc import Mapping

from msgspec.structs import replace

from fada_tui.config.engines import LLAMA_CPP, TRANSFORMERS
from fada_tui.core.errors import ErrorKind, UsageError
from fada_tui.core.records import ModelEntry
from fada_tui.models import gguf
from fada_tui.models.load_errors import Refusal
from fada_tui.models.registry import located
from fada_tui.models.requirements import Requirements
from fada_tui.runs.engines import limits
from fada_tui.runs.engines.lora import lora_of
from fada_tui.runs.preflight import inspection

_OF_TRANSFORMERS = frozenset(
    {
        ErrorKind.ARCHITECTURE_UNKNOWN,
        ErrorKind.MISSING_PACKAGE,
        ErrorKind.NO_CHAT_TEMPLATE,
        ErrorKind.PROCESSOR_MISSING,
        ErrorKind.REMOTE_CODE_NEEDED,
    }
)
"""Kinds of what keeps a model from running in our own worker, and may not keep it from an engine."""

_GGUF = "gguf"


def look(
    engine: str,
    entry: ModelEntry,
    *,
    max_new_tokens: int,
    ask_hub: bool,
    trusted: bool = False,
    allow_pickle: bool = False,
    device: str = "auto",
    environ: Mapping[str, str] = os.environ,
) -> Requirements:
    """Return the requirements of a model that an engine serves, or our own worker.

    Args:
        engine: what is to generate.
        entry: the model as it will be loaded.
        max_new_tokens: the longest answer, thoughts included.
        ask_hub: as for `preflight.inspection.look`, which may wait for it.
        trusted: its repository's own code may run.
        allow_pickle: its weights may be pickles.
        device: as it is asked for.
        environ: says where the hub's cache is.
    """
    found = inspection.look(
        entry,
        max_new_tokens=max_new_tokens,
        ask_hub=ask_hub,
        trusted=trusted,
        allow_pickle=allow_pickle,
        llama_cpp=engine == LLAMA_CPP,
        environ=environ,
    )
    if engine == TRANSFORMERS or found.origin == "server":
        return found
    of_files = found.obstacles
    if found.model_type != _GGUF:
        of_files = tuple(one for one in of_files if one.kind not in _OF_TRANSFORMERS)
        if why_not := gguf.refusal(entry.name, entry.source, None, llama_cpp=engine == LLAMA_CPP):
            of_files = (why_not,)
        found = replace(found, packages=(), remarks=())
    for_engine = engine != LLAMA_CPP or found.model_type == _GGUF
    why = limits.refusal(engine, entry, device) or (_of_lora(engine, entry, environ) if for_engine else None)
    return replace(found, obstacles=(Refusal(ErrorKind.LOAD, why),) if why else of_files)


def _of_lora(engine: str, entry: ModelEntry, environ: Mapping[str, str]) -> str | None:
    """Return why an engine does not apply a model's LoRA; `None` if it does, or there is none."""
    try:
        lora_of(engine, located(entry), environ=environ)
    except UsageError as error:
        return str(error)
    return None
