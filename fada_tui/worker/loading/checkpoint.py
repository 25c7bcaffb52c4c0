"""A checkpoint's files: their location, downloading them from the hub, and reading their contents."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from huggingface_hub.errors import StrictDataclassError
from msgspec.structs import replace
from transformers import AutoConfig, AutoImageProcessor, AutoProcessor, TrOCRProcessor

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Message, Progress
from fada_tui.models import file_checks, load_errors, obstacles
from fada_tui.models.architectures import port
from fada_tui.models.checkpoint import CheckpointFiles, read_folder
from fada_tui.models.documents import read_document
from fada_tui.models.installed import Installed, TransformersTables, other_build_of_torchvision
from fada_tui.models.load_errors import Refusal
from fada_tui.models.obstacles import Candidate
from fada_tui.models.weight_files import held
from fada_tui.worker.loading import hub

PAIRS = ("vision-encoder-decoder",)
"""Model types published with an image processor and a tokenizer but without a processor."""

VISION = "torchvision"

NO_BACKEND = "Missing optional dependencies"
"""Text in transformers' `ValueError` about image processors that need a missing package."""


def describing_files(command: Load, send: Callable[[Message], None]) -> Path:
    """Return a checkpoint's folder; from the hub, only its descriptive files must be here yet.

    Raises:
        ModelLoadError: there is no such folder, it has pickled weights alone, or the hub does not give it.
    """
    folder = local_folder(command)
    if folder is None and command.model.fetched_by_hand:
        folder = _brought_by_hand(command)
    elif folder is None:
        folder = hub.fetch(
            command.model.source,
            command.model.revision,
            patterns=hub.DESCRIBING_FILES + (hub.CODE_FILES if command.trust_remote_code else ()),
            on_bytes=report_download(send),
        )
    _check_files(command, folder)
    return folder


def weight_files(command: Load, folder: Path, send: Callable[[Message], None]) -> Path:
    """Return a checkpoint's folder, including its weights.

    Args:
        command: names the model.
        folder: what describes it.
        send: takes the progress of downloading.

    Raises:
        ModelLoadError: it has no weights that can be or may be read, or the hub does not give them.
    """
    if local_folder(command) is None:
        repository, revision = command.model.source, command.model.revision
        names = hub.file_names(repository, revision)
        files = replace(_files(command, folder), sizes=dict.fromkeys(names, 0), inside=())
        found = files.weights(allow_pickle=command.allow_pickle)
        if hub.is_offline() and (found.missing or not held(found, names)):
            message = load_errors.not_cached(repository, offline=True)
            raise ModelLoadError(ErrorKind.OFFLINE_NOT_CACHED, message)
        refuse(obstacles.of_weights(repository, files, allow_pickle=command.allow_pickle))
        folder = hub.fetch(
            repository,
            revision,
            patterns=tuple(map(str, found.names)),
            on_bytes=report_download(send),
        )
    _check_files(command, folder)
    return folder


def candidate(command: Load, folder: Path, here: Installed) -> Candidate:
    """Return a model as its files describe it; weights on the hub are looked at by `weight_files`."""
    files = _files(command, folder)
    if local_folder(command) is None and "config.json" not in files.sizes:
        names = hub.file_names(command.model.source, command.model.revision)
        files = replace(files, sizes=dict.fromkeys(names, 0))  # what it has in its place was not brought
    return Candidate(
        name=command.model.name,
        where=command.model.source,
        files=files,
        here=here,
        trusted=command.trust_remote_code,
        allow_pickle=command.allow_pickle,
        weights_here=local_folder(command) is not None,
    )


def _files(command: Load, folder: Path) -> CheckpointFiles:
    origin: Literal["cache", "folder"] = "cache" if local_folder(command) is None else "folder"
    return read_folder(folder, origin, allow_pickle=command.allow_pickle)


def refuse(found: Iterator[Refusal]) -> None:
    """Raise the first of several obstacles as `ModelLoadError`."""
    if first := next(found, None):
        raise ModelLoadError(first.kind, first.message)


def read_config(command: Load, folder: Path, library: TransformersTables) -> Any:
    """Return a checkpoint's configuration, the first of its `architectures` a class of transformers.

    That of a checkpoint that runs its own code stays as it is.

    Raises:
        ModelLoadError: transformers cannot read it, or only with code of the checkpoint's own.
    """
    name, raw = command.model.name, read_document(folder / "config.json") or {}
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=command.trust_remote_code)
    except (ValueError, OSError, KeyError, AttributeError, StrictDataclassError) as error:
        if raw.get("auto_map"):
            message = load_errors.own_code(name, port(raw))
            raise ModelLoadError(ErrorKind.REMOTE_CODE_NEEDED, message) from error
        message = load_errors.unreadable_config(name, reason(error))
        raise ModelLoadError(ErrorKind.ARCHITECTURE_UNKNOWN, message) from error
    if not (command.trust_remote_code and raw.get("auto_map")):
        config.architectures = [library.class_of(raw) or "unknown"]
    return config


def read_processor(command: Load, folder: Path) -> Any:
    """Return a checkpoint's processor.

    Raises:
        ModelLoadError: it cannot be read, needs a package, or takes no images.
    """
    name = command.model.name
    try:
        processor = AutoProcessor.from_pretrained(folder, trust_remote_code=command.trust_remote_code)
        if (
            not hasattr(processor, "image_processor")
            and (read_document(folder / "config.json") or {}).get("model_type") in PAIRS
        ):
            images = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False)
            processor = TrOCRProcessor(images, processor)
    except (ImportError, ValueError, OSError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        if isinstance(error, ImportError) or any(sign in str(error) for sign in (NO_BACKEND, VISION)):
            raise ModelLoadError(ErrorKind.MISSING_PACKAGE, package(name, error)) from error
        message = f"{name}: its processor cannot be loaded: {reason(error)} (worker.log has more)"
        raise ModelLoadError(ErrorKind.PROCESSOR_MISSING, message) from error
    if not command.trust_remote_code and not hasattr(processor, "image_processor"):
        raise ModelLoadError(
            ErrorKind.PROCESSOR_MISSING,
            f"{name}: its files make a {type(processor).__name__}, which takes no images; save the whole "
            "processor there with processor.save_pretrained(…)",
        )
    return processor


def package(name: str, error: Exception) -> str:
    """Return the message: a processor lacks a package; `name` is the model's."""
    text = reason(error)
    if VISION not in text.lower():
        return f"{name}: its processor needs a package that is not installed: {text}"
    if fault := other_build_of_torchvision():
        return load_errors.other_build(name, fault)
    return load_errors.needs_package(name, VISION, "its processor")


def local_folder(command: Load) -> Path | None:
    """Return the folder that the source names; `None` if it names a hub repository."""
    return folder_of(command.model.source)


def folder_of(source: str) -> Path | None:
    """Return the folder that a source names; `None` if it names a hub repository.

    Raises:
        ModelLoadError: there is no such folder.
    """
    folder = Path(os.path.expanduser(source))  # noqa: PTH111 - an unknown home is no error
    if folder.is_dir():
        return folder
    if folder.is_absolute() or source.count("/") != 1:
        raise ModelLoadError(ErrorKind.NOT_FOUND, load_errors.no_folder(source))
    return None


def _check_files(command: Load, folder: Path) -> None:
    if found := file_checks.trouble(folder, allow_pickle=command.allow_pickle):
        raise ModelLoadError(found.kind, found.message)


def _brought_by_hand(command: Load) -> Path:
    """Return the snapshot of a repository that only the user downloads."""
    entry = command.model
    if folder := hub.cached(entry.source, entry.revision, entry.fetched_by_hand):
        return folder
    message = load_errors.not_fetched(entry.name, entry.source, entry.fetched_by_hand, entry.license)
    raise ModelLoadError(ErrorKind.GATED, message)


def refuse_pickle(command: Load, where: str) -> None:
    """Refuse weights in other formats than safetensors.

    Raises:
        ModelLoadError: the command does not allow them.
    """
    if not command.allow_pickle:
        raise ModelLoadError(ErrorKind.PICKLE_REFUSED, load_errors.pickle_only(where))


def report_download(send: Callable[[Message], None]) -> hub.OnBytes:
    """Report the progress of a download as messages."""
    return lambda done, total: send(Progress(stage="download", done=done, total=total or None))
