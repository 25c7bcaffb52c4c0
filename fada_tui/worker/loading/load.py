"""Loading the requested model step by step, with the checks that fail fastest first."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Loaded, Message
from fada_tui.core.records import LoadOptions, ModelEntry, ModelFacts, ModelMemory
from fada_tui.models import obstacles, placement
from fada_tui.models.checkpoint import CheckpointFiles, read_folder, read_headers
from fada_tui.models.installed import has_package
from fada_tui.models.model_config import quantization
from fada_tui.models.remarks import remarks
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
    device_map,
    lora,
    openclip_files,
    placing,
    processor_check,
    rehearsal,
    resolution,
    trial,
    weights,
)
from fada_tui.worker.loading.placing import Placed

EMBEDDED = Path(obstacles.__file__).resolve().parent / "demo" / "weights"

OWN_CODE = "transformers_modules."
"""Prefix that transformers gives the names of modules from checkpoints."""


def load(command: Load, send: Callable[[Message], None]) -> tuple[LoadedModel, Loaded]:
    """Load the model of the command, and report progress.

    Nothing large is downloaded before its configuration and processor say that it can be run.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    device = devices.choose_device(command.device)
    _check_device(device)
    restore(command.threads)
    folder = checkpoint.describing_files(command, send)
    added = lora.read(command, folder, send)
    begun = time.perf_counter()
    release = openclip_files.recognise(command, folder)
    _try(command, folder, release, send)
    config, architecture, processor = _described(command, folder, release, send)
    adapter = _prompted(command, config, architecture, processor)
    fetching = time.perf_counter()
    files = (
        openclip_files.weight_file(command, release, send)
        if release
        else checkpoint.weight_files(command, folder, send)
    )
    begun += time.perf_counter() - fetching  # a download is no part of loading
    saved = _saved(files, allow_pickle=command.allow_pickle)
    _check_weights(command, saved, release)
    flash = device.startswith("cuda") and has_package("flash_attn")
    attention.settle(config, flash=flash)
    dtype = weights.choose_dtype(command.model.dtype, saved)
    more = (added and added.files.memory) or 0
    placed = placing.place(command, saved, dtype, device, lambda: weights.empty(command, config), more=more)
    source = openclip_files.read_tensors(command, files) if release else files
    model = weights.load_model(command, source, config, dtype, placed, send, saved.tensors or ())
    model = lora.apply(command, model, added)
    loaded = _rehearsed(command, model, adapter, placed)
    facts = replace(_facts(command, loaded, saved, architecture, processor), lora=lora.facts_of(added))
    pickled = release.pickled if release else saved.weights(allow_pickle=command.allow_pickle).pickled
    return loaded, Loaded(
        model=replace(
            facts, pickled=pickled or lora.is_pickled(added) or UNSET, load_time=time.perf_counter() - begun
        ),
        gpu_uuids=devices.gpu_uuids(*placed.devices),
        sorts=isinstance(adapter, ContrastiveAdapter),
        quantized=command.model.quantization is not None or quantization(saved.config) is not None,
        remarks=(
            *([] if release else remarks(saved, flash=flash)),
            *_of_thinking(command, adapter),
            *_of_spread(facts),
        ),
    )


def _try(
    command: Load, folder: Path, release: openclip_files.Release | None, send: Callable[[Message], None]
) -> None:
    """Try a checkpoint's processor and template, unless it comes with the program."""
    if release:
        openclip_files.read_config(command, release)
        openclip_files.tokenizer_folder(folder, send)  # what downloads is not bounded in time
    if not _is_embedded(folder):
        trial.attempt(
            command.model.name,
            lambda: _described(command, folder, release, lambda _: None),
            lambda found: _prompted(command, *found),
        )


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
    if command.thinking and isinstance(adapter, TextAdapter) and adapter.can_switch_thinking():
        adapter.thinking = command.thinking == "on"
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


def _of_thinking(command: Load, adapter: Any) -> Iterator[str]:
    """Yield that a model cannot be told to think, or not to, if it is to be."""
    if command.thinking and isinstance(adapter, TextAdapter) and adapter.thinking is None:
        yield f"its prompt has no switch for thinking: --thinking {command.thinking} changes nothing"


def _of_spread(facts: ModelFacts) -> Iterator[str]:
    """Yield where a model lies, if on several devices."""
    if facts.spread is not UNSET:
        yield f"{placement.in_words(facts.spread)}, since no card alone has room for it"


def _saved(files: Path, *, allow_pickle: bool) -> CheckpointFiles:
    """Return the description of a checkpoint's folder, or of the one file that holds its weights."""
    if files.is_dir():
        return read_folder(files, "folder", allow_pickle=allow_pickle)
    folder = read_folder(files.parent, "folder", allow_pickle=allow_pickle)
    tensors, damage = read_headers([files])
    return replace(folder, sizes={files.name: folder.sizes[files.name]}, tensors=tensors, damage=damage)


def _check_weights(command: Load, saved: CheckpointFiles, release: openclip_files.Release | None) -> None:
    """Refuse weights that are damaged, or that must not be read."""
    checkpoint.refuse(
        obstacles.of_damage(saved)
        if release
        else obstacles.of_weights(command.model.source, saved, allow_pickle=command.allow_pickle)
    )


def _rehearsed(command: Load, model: Any, adapter: Any, placed: Placed) -> LoadedModel:
    """Return a model that has answered once, with as many threads as help it."""
    if isinstance(adapter, ContrastiveAdapter):
        with torch.inference_mode():
            adapter.read_classes(model)
    threads = Threads(model, shared=command.threads is not None) if model.device.type == "cpu" else None
    if threads:
        threads.choose()
    answerer: Answerer = (
        Generator(model, adapter) if isinstance(adapter, TextAdapter) else Ranker(model, adapter)
    )
    if not getattr(adapter, "in_blocks", False):  # a whole block is a whole answer
        rehearsal.answer(command, answerer, placed.devices)
    return LoadedModel(answerer, placed.devices, model, adapter, command.shares, threads)


def _facts(
    command: Load, loaded: LoadedModel, saved: CheckpointFiles, architecture: str, processor: Any
) -> ModelFacts:
    """Return what a run records of a loaded model."""
    entry, model = command.model, loaded.model
    sorts = isinstance(loaded.adapter, ContrastiveAdapter)
    return ModelFacts(
        name=entry.name,
        source=entry.source,
        revision=saved.revision,
        adapter=loaded.adapter.name,
        architecture=architecture,
        parameters=weights.count_parameters(model),
        dtype=str(model.dtype).removeprefix("torch."),
        quantization=entry.quantization,
        device=loaded.devices[0],
        spread=device_map.weights_by_device(model) if devices.is_spread(model) else UNSET,
        attention=getattr(model.config, "_attn_implementation", None) or UNSET,
        image_processor=_image_processor(processor) or UNSET,
        scale=scale(model) if sorts else UNSET,
        remote_code=any(name.startswith(OWN_CODE) for name in sys.modules) or UNSET,
        memory=ModelMemory(weights=model.get_memory_footprint()),
        **_options(entry, sorts=sorts).as_facts(),
    )


def _options(entry: ModelEntry, *, sorts: bool) -> LoadOptions:
    """Return the options to record: padding has an effect on models that sort images alone."""
    return entry.options if sorts else replace(entry.options, pad_square=None)


def _image_processor(processor: Any) -> str | None:
    images = getattr(processor, "image_processor", None)
    return None if images is None else type(images).__name__


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        message = (
            f"device '{device}' cannot be used: {reason(error)}; choose another, such as cpu "
            "(fada-tui doctor says which there are)"
        )
        raise ModelLoadError(ErrorKind.LOAD, message) from error
