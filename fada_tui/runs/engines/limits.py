"""What an engine cannot do of what is asked for, by settings and a model's entry alone."""

import re

from fada_tui.config.engines import LLAMA_CPP
from fada_tui.core.records import ModelEntry
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import is_hub_id, located

_CARD = re.compile(r"cuda(?::\d+)?")


def refusal(engine: str, entry: ModelEntry, device: str) -> str | None:
    """Return why an engine cannot answer for a model, in one line with what to do; `None` if it may.

    Args:
        engine: its name.
        entry: the model as it would be loaded.
        device: as it is asked for.
    """
    name, source = entry.name, located(entry).source
    if is_endpoint(source):
        return f"{name} runs behind a server, and --engine {engine} starts one: leave --engine out"
    if entry.quantization:
        return (
            f"{name}: --quantization is done by transformers alone: leave it out, or --engine; {engine} "
            "serves checkpoints that were saved quantised as they are"
        )
    if entry.max_tiles is not None:
        return (
            f"{name}: {engine} decides into how many tiles it cuts images: leave --max-tiles out "
            "(--longest-edge makes images smaller before they are sent)"
        )
    if entry.pad_square:
        return f"{name} sorts images into classes, which no engine does: leave --engine or --pad-square out"
    if device not in ("auto", "cpu") and not _CARD.fullmatch(device):
        return f"--device {device}: an engine runs on auto, cpu, cuda or cuda:N"
    if engine == LLAMA_CPP:
        return _of_llama_cpp(entry, source)
    return None


def _of_llama_cpp(entry: ModelEntry, source: str) -> str | None:
    if entry.dtype != "auto":
        return (
            f"{entry.name}: GGUF files have their precision: leave --dtype {entry.dtype} out, and name a "
            "folder with the one that you want"
        )
    if is_hub_id(source):
        return (
            f"{entry.name}: llama.cpp is given files: download one GGUF model and its projector "
            f"(hf download {source} FILE… --local-dir FOLDER), and name that folder as the model"
        )
    return None
