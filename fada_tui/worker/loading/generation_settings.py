"""The settings of generation that a checkpoint publishes: what is followed of them, and what is left out."""

from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from fada_tui.models.documents import read_document
from fada_tui.models.remarks import GENERATION, LEFT_OUT, UNTOLD
from fada_tui.worker.generation.generator import GENERATING_PARTS

_OUT = (*LEFT_OUT, *UNTOLD)


def followed(folder: Path) -> GenerationConfig | None:
    """Return a checkpoint's settings without those that are left out; `None` if it has none of these.

    Some of them are refused where they are read, before anybody could leave them out.

    Raises:
        ValueError: transformers refuses what is followed.
    """
    published = read_document(folder / GENERATION)
    if published is None or not any(published.get(name) is not None for name in _OUT):
        return None
    return GenerationConfig.from_dict({key: value for key, value in published.items() if key not in _OUT})


def settle(model: Any) -> None:
    """Leave the same settings out of a loaded model and its generating part, wherever they came from.

    Args:
        model: on any device.
    """
    for part in (model, *(getattr(model, name, None) for name in GENERATING_PARTS)):
        settings = getattr(part, "generation_config", None)
        for name in _OUT:
            if getattr(settings, name, None) is not None:
                setattr(settings, name, None)


def leave_uncompiled(model: Any) -> None:
    """Have transformers compile nothing of a model's decoding, as some checkpoints' caches would have it."""
    for part in (model, *(getattr(model, name, None) for name in GENERATING_PARTS)):
        if (settings := getattr(part, "generation_config", None)) is not None:
            settings.disable_compile = True
