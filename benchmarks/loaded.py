"""A model to be measured, loaded twice: as transformers' users do, and as the worker does."""

from pathlib import Path
from typing import Any

import torch
from msgspec import Struct
from transformers import AutoModelForImageTextToText, AutoProcessor

from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.loading.load import load


class Subject(Struct, frozen=True, kw_only=True):
    """Which model, and how."""

    name: str
    folder: Path
    device: str
    """As torch names it; the worker also takes `auto`."""
    dtype: str
    """float32, float16 or bfloat16; the worker also takes `auto`."""

    @property
    def entry(self) -> ModelEntry:
        """The model as the program's list would have it."""
        return ModelEntry(name=self.name, source=str(self.folder), dtype=self.dtype)

    @property
    def command(self) -> Load:
        """What the worker is told."""
        return Load(model=self.entry, device=self.device, trust_remote_code=False, allow_pickle=False)


def load_bare(subject: Subject) -> tuple[Any, Any]:
    """Return processor and model by `from_pretrained` alone."""
    processor = AutoProcessor.from_pretrained(subject.folder)
    model = AutoModelForImageTextToText.from_pretrained(subject.folder, dtype=getattr(torch, subject.dtype))
    return processor, model.eval().to(subject.device)


def load_ours(subject: Subject) -> LoadedModel:
    """Return the model as the worker has it."""
    return load(subject.command, lambda message: None)[0]


def settle(device: str) -> None:
    """Wait until the device has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
