"""A LoRA's files, and peft's way of applying them: every tensor lands in the model, or it is refused."""

import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from accelerate import dispatch_model
from accelerate.hooks import remove_hook_from_submodules
from msgspec import UNSET, Struct, UnsetType

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Message
from fada_tui.core.records import LoraFacts
from fada_tui.models import load_errors, lora_errors, lora_files, memory_errors
from fada_tui.models.checkpoint import ADAPTER
from fada_tui.models.installed import has_package
from fada_tui.models.lora_files import LoraFiles
from fada_tui.worker import devices
from fada_tui.worker.loading import checkpoint, hub, lora_names

_NAME = "default"
"""The name under which peft keeps a LoRA in a model."""

_SHAPES = re.compile(r"size mismatch for (\S+?):")


class Lora(Struct, frozen=True):
    """A LoRA that has been read and may be applied."""

    folder: Path
    files: LoraFiles
    facts: LoraFacts


def read(command: Load, base: Path, send: Callable[[Message], None]) -> Lora | None:
    """Return the LoRA that the command names, from the hub if it is there; `None` if it names none.

    Args:
        command: names the model and the LoRA.
        base: the folder of the model's files.
        send: takes the progress of downloading.

    Raises:
        ModelLoadError: it cannot be had or read, or is another than the run was made with.
    """
    where = command.model.lora
    if where is None:
        return None
    folder = _folder(command, where, send)
    try:
        files = lora_files.read_lora(folder, where, allow_pickle=command.allow_pickle)
        checkpoint.refuse(_obstacles(command, files))
        if lora_files.lies_merged(base, folder):
            message = lora_errors.merged_already(command.model.name, where)
            raise ModelLoadError(ErrorKind.LOAD, message)
        found = lora_files.hashes(folder, allow_pickle=command.allow_pickle)
    except OSError as error:
        raise ModelLoadError(ErrorKind.LOAD, f"{where}: {reason(error)}") from error
    if command.lora_sha256 and found != command.lora_sha256:
        names = sorted(found.items() ^ command.lora_sha256.items())
        changed = list(dict.fromkeys(name for name, _ in names))
        raise ModelLoadError(ErrorKind.LOAD, lora_errors.changed(command.model.name, changed))
    facts = LoraFacts(
        source=where,
        revision=files.revision if files.origin == "cache" else None,
        sha256=found,
        rank=files.rank,
        targets=files.targets,
        peft=version("peft"),
    )
    return Lora(folder, files, facts)


def facts_of(lora: Lora | None) -> LoraFacts | UnsetType:
    """Return what a run records of its LoRA."""
    return UNSET if lora is None else lora.facts


def is_pickled(lora: Lora | None) -> bool:
    """Return whether weights of a LoRA were read that are no safetensors."""
    return lora is not None and lora_files.PICKLED in lora.facts.sha256


def apply(command: Load, model: Any, lora: Lora | None) -> Any:
    """Return the model with the LoRA in it, as peft applies it: beside the weights, which stay as they are.

    Args:
        command: names the model.
        model: as loaded; it is changed.
        lora: from `read`.

    Raises:
        ModelLoadError: a tensor has no place in the model, the model lacks one, or memory ran out.
    """
    if lora is None:
        return model
    name, where, model_class = command.model.name, lora.files.where, type(model).__name__
    try:
        from peft import LoraConfig, PeftModel

        config = LoraConfig(**lora_files.followed(lora.files.config or {}), inference_mode=True)
        wrapped = PeftModel(model, config, _NAME)
        told = wrapped.load_adapter(
            str(lora.folder),
            _NAME,
            torch_device=str(model.device),
            key_mapping=lora_names.renamed(model, (one.name for one in lora.files.tensors or ())),
        )
    except ImportError as error:
        why = f"peft cannot be imported: {reason(error, named=True)}"
        message = lora_errors.unfit(name, where, why)
        raise ModelLoadError(ErrorKind.MISSING_PACKAGE, message) from error
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        if devices.is_out_of_memory(error):
            message = memory_errors.no_room(name, str(model.device), reason(error))
            raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, message) from error
        message = lora_errors.unfit(name, where, _why(error))
        raise ModelLoadError(ErrorKind.WEIGHTS_MISMATCH, message) from error
    if left := _named(told.unexpected_keys):
        tensors = len(lora.files.tensors or left)
        message = lora_errors.no_room_for(name, where, model_class, left, tensors)
        raise ModelLoadError(ErrorKind.WEIGHTS_MISMATCH, message)
    if missing := _named(told.missing_keys):
        message = lora_errors.incomplete(name, where, missing)
        raise ModelLoadError(ErrorKind.WEIGHTS_MISMATCH, message)
    return _dispatched(wrapped.get_base_model().eval())


def _dispatched(model: Any) -> Any:
    """Return a model; one that is spread has its inputs brought to the device of each layer that peft put in.

    peft keeps what does that at the layers within its own.
    """
    if devices.is_spread(model):
        remove_hook_from_submodules(model)
        dispatch_model(model, model.hf_device_map, skip_keys=list(model._skip_keys_device_placement or ()))
    return model


def _folder(command: Load, where: str, send: Callable[[Message], None]) -> Path:
    """Return the folder of a LoRA's files, downloaded if it is on the hub."""
    if folder := checkpoint.folder_of(where):
        return folder
    weights = (lora_files.WEIGHTS, *((lora_files.PICKLED,) if command.allow_pickle else ()))
    return hub.fetch(
        where,
        command.model.lora_revision,
        patterns=(ADAPTER, *weights),
        on_bytes=checkpoint.report_download(send),
    )


def _obstacles(command: Load, files: LoraFiles) -> Iterator[load_errors.Refusal]:
    return lora_files.obstacles(
        command.model.name, files, allow_pickle=command.allow_pickle, peft=has_package("peft")
    )


def _named(keys: Any) -> list[str]:
    """Return names of tensors as the file has them."""
    return sorted(str(key).replace(f".{_NAME}.", ".") for key in keys)


def _why(error: Exception) -> str:
    """Return why peft refused it, on one line."""
    if shapes := _SHAPES.findall(str(error)):
        each = "tensor has" if len(shapes) == 1 else "tensors have"
        return f"{len(shapes)} {each} another shape than in the model (such as {_named(shapes)[0]})"
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return reason(error)
