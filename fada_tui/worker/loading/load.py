"""Loading the requested model step by step, with the checks that fail fastest first."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Loaded, Message
from fada_tui.core.records import LoadOptions, ModelEntry, ModelFacts, ModelMemory
from fada_tui.models import obstacles
from fada_tui.models.checkpoint import CheckpointFiles, read_folder, read_headers
from fada_tui.models.installed import has_package
from fada_tui.models.model_config import quantization
from fada_tui.models.remarks import remarks
from fada_tui.models.weight_files import SAFE, of_folder
from fada_tui.worker import adapters, devices
from fada_tui.worker.adapters.contrastive import ContrastiveAdapter, scale
from fada_tui.worker.adapters.prompting import TextAdapter
from fada_tui.worker.generation.generator import Generator
from fada_tui.worker.generation.interfaces import Answerer, LoadedModel
from fada_tui.worker.generation.ranker import Ranker
from fada_tui.worker.generation.threads import Threads, restore
from fada_tui.worker.loading import (
    attention,
    checkpoint,
    openclip_files,
    processor_check,
    rehearsal,
    resolution,
    trial,
    weights,
)

EMBEDDED = Path(obstacles.__file__).resolve().parent / "demo" / "weights"

OWN_CODE = "transformers_modules."
"""Prefix that transformers gives the names of modules from checkpoints."""


def load(command: Load, send: Callable[[Message], None]) -> tuple[LoadedModel, Loaded]:
    """Load the model of the command, and report progress.

    Nothing large is downloaded before its configuration and processor say that it can be run.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    entry = command.model
    device = devices.choose_device(command.device)
    _check_device(device)
    restore()
    folder = checkpoint.describing_files(command, send)
    begun = time.perf_counter()
    release = openclip_files.recognise(command, folder)
    if release:
        openclip_files.read_config(command, release)
        openclip_files.tokenizer_folder(folder, send)  # what downloads is not bounded in time
    if not _is_embedded(folder):
        trial.attempt(
            entry.name,
            lambda: _described(command, folder, release, lambda _: None),
            lambda found: _prompted(command, *found),
        )
    config, architecture, processor = _described(command, folder, release, send)
    adapter = _prompted(command, config, architecture, processor)
    described = time.perf_counter() - begun
    files = (
        openclip_files.weight_file(command, release, send)
        if release
        else checkpoint.weight_files(command, folder, send)
    )
    begun = time.perf_counter() - described
    saved = _saved(files, allow_pickle=command.allow_pickle)
    checkpoint.refuse(
        obstacles.of_damage(saved)
        if release
        else obstacles.of_weights(entry.source, saved, allow_pickle=command.allow_pickle)
    )
    dtype = weights.choose_dtype(entry.dtype, saved)
    weights.check_memory(entry, saved, device)
    quantized = entry.quantization is not None or quantization(saved.config) is not None
    source = openclip_files.read_tensors(command, files) if release else files
    flash = device.startswith("cuda") and has_package("flash_attn")
    attention.settle(config, flash=flash)
    model = weights.load_model(command, source, config, dtype, device, send, saved.tensors or ())
    sorts = isinstance(adapter, ContrastiveAdapter)
    if sorts:
        with torch.inference_mode():
            adapter.read_classes(model)
    threads = Threads(model) if model.device.type == "cpu" else None
    if threads:
        threads.choose()
    answerer: Answerer = (
        Generator(model, adapter) if isinstance(adapter, TextAdapter) else Ranker(model, adapter)
    )
    if not getattr(adapter, "in_blocks", False):  # a whole block is a whole answer
        rehearsal.answer(command, answerer, device)
    facts = ModelFacts(
        name=entry.name,
        source=entry.source,
        revision=checkpoint.revision(folder),
        adapter=adapter.name,
        architecture=architecture,
        parameters=weights.count_parameters(model),
        dtype=str(model.dtype).removeprefix("torch."),
        quantization=entry.quantization,
        device=device,
        attention=getattr(model.config, "_attn_implementation", None) or UNSET,
        image_processor=_image_processor(processor) or UNSET,
        scale=scale(model) if sorts else UNSET,
        pickled=_are_pickles(command, files) or UNSET,
        remote_code=any(name.startswith(OWN_CODE) for name in sys.modules) or UNSET,
        load_time=time.perf_counter() - begun,
        memory=ModelMemory(weights=model.get_memory_footprint()),
        **_options(entry, sorts=sorts).as_facts(),
    )
    loaded = Loaded(
        model=facts,
        gpu_uuid=devices.gpu_uuid(device),
        sorts=sorts,
        quantized=quantized,
        remarks=() if release else tuple(remarks(saved, flash=flash)),
    )
    return LoadedModel(answerer, device, model, adapter, threads), loaded


def _described(
    command: Load, folder: Path, release: openclip_files.Release | None, send: Callable[[Message], None]
) -> tuple[Any, str, Any]:
    """Return a checkpoint's configuration, its architecture (with a known adapter), and its processor."""
    if release:
        config = openclip_files.read_config(command, release)
        processor = openclip_files.read_processor(command, folder, release, config, send)
        return config, config.architectures[0], processor
    candidate = checkpoint.candidate(command, folder, adapters.installed())
    checkpoint.refuse(obstacles.of_the_class(candidate))
    config = checkpoint.read_config(command, folder, candidate.here.transformers)
    checkpoint.refuse(obstacles.of_processor(candidate))
    processor = checkpoint.read_processor(command, folder)
    processor_check.settle(command.model.name, processor, config)
    return config, str((config.architectures or ["unknown"])[0]), processor


def _prompted(command: Load, config: Any, architecture: str, processor: Any) -> Any:
    """Return the adapter for a checkpoint, tried with a question."""
    name = command.model.name
    resolution.settle(command, processor, config)
    adapter_class = adapters.choose(name, command.model.adapter, architecture, processor, config)
    _check_adapter(name, adapter_class, processor)
    adapter = _adapter(command, adapter_class, processor, config)
    rehearsal.prepare(command, adapter)
    return adapter


def _is_embedded(folder: Path) -> bool:
    """Return whether a checkpoint comes with the program, and is trusted as its code is."""
    return folder.resolve() == EMBEDDED


def _check_adapter(name: str, adapter_class: type[Any], processor: Any) -> None:
    if issubclass(adapter_class, TextAdapter) and (lack := adapter_class.lacks(processor)):
        kind, words = lack
        raise ModelLoadError(kind, f"{name}: {words}")


def _adapter(command: Load, adapter_class: type[Any], processor: Any, config: Any) -> Any:
    if not issubclass(adapter_class, ContrastiveAdapter):
        return adapter_class(processor, config)
    if command.classes is None:
        raise ModelLoadError(
            ErrorKind.LOAD, f"{command.model.name} sorts images into classes: name them with --classes"
        )
    return adapter_class(processor, config, command.classes, pad_square=command.model.pad_square)


def _saved(files: Path, *, allow_pickle: bool) -> CheckpointFiles:
    """Return the description of a checkpoint's folder, or of the one file that holds its weights."""
    if files.is_dir():
        return read_folder(files, "folder", allow_pickle=allow_pickle)
    folder = read_folder(files.parent, "folder", allow_pickle=allow_pickle)
    tensors, damage = read_headers([files])
    return replace(folder, sizes={files.name: folder.sizes[files.name]}, tensors=tensors, damage=damage)


def _options(entry: ModelEntry, *, sorts: bool) -> LoadOptions:
    """Return the options to record: padding has an effect on models that sort images alone."""
    return entry.options if sorts else replace(entry.options, pad_square=None)


def _image_processor(processor: Any) -> str | None:
    images = getattr(processor, "image_processor", None)
    return None if images is None else type(images).__name__


def _are_pickles(command: Load, files: Path) -> bool:
    """Return whether weights are pickles: those of a file, or of a folder."""
    if files.is_dir():
        return of_folder(files, allow_pickle=command.allow_pickle).pickled
    return files.suffix != SAFE


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        message = (
            f"device '{device}' cannot be used: {reason(error)}; try --device cpu, or run fada-tui doctor"
        )
        raise ModelLoadError(ErrorKind.LOAD, message) from error
