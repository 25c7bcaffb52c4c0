"""OpenCLIP's releases on disk: finding and reading configuration, weights and processor.

A release (OpenCLIP's `push_to_hf_hub.py`) is `open_clip_config.json`, with `model_cfg` and `preprocess_cfg`,
beside `open_clip_model.safetensors` or `open_clip_pytorch_model.bin`; others publish the bare `model_cfg` as
a JSON file.
"""

import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import CLIPImageProcessorPil, CLIPProcessor, CLIPTokenizer

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Message
from fada_tui.models.documents import Document, read_document
from fada_tui.models.obstacles import OPENCLIP
from fada_tui.models.weight_files import PICKLES, SAFE
from fada_tui.worker.loading import checkpoint, hub
from fada_tui.worker.loading.openclip import INSTEAD, UnsupportedError, clip_config, renamed, side

PUBLISHED_ELSEWHERE: dict[str, dict[str, Any]] = {
    # https://github.com/BioMedIA-MBZUAI/FetalCLIP, FetalCLIP_config.json
    "FetalCLIP_weights.pt": {
        "embed_dim": 768,
        "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
        "text_cfg": {"context_length": 117, "vocab_size": 49408, "width": 768, "heads": 12, "layers": 12},
    },
}
"""Configurations that are not published with their weights, by the weights' file name."""

TOKENIZER = "openai/clip-vit-large-patch14"
"""Repository of CLIP's tokenizer, used by all OpenCLIP models with their own text tower."""
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")

OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
RESAMPLING = {"nearest": 0, "bilinear": 2, "bicubic": 3}
"""Pillow's numbers of the resampling filters."""


@dataclass(frozen=True)
class Release:
    """An OpenCLIP checkpoint: its description, and its weights file."""

    model: dict[str, Any]
    preprocessing: dict[str, Any]
    weights: str
    pickled: bool


class OpenClipImageProcessor(CLIPImageProcessorPil):
    """CLIP's image processor with OpenCLIP's cropping, which rounds half pixels to even."""

    def center_crop(self, image: np.ndarray, size: Any, **_: Any) -> np.ndarray:
        """Return the middle of an image of shape (channels, height, width), no smaller than `size`."""
        top = round((image.shape[1] - size.height) / 2)
        left = round((image.shape[2] - size.width) / 2)
        return image[:, top : top + size.height, left : left + size.width]


def recognise(command: Load, folder: Path) -> Release | None:
    """Return a folder's OpenCLIP release; `None` if it has none, or also transformers' own format.

    Args:
        command: names the model.
        folder: what describes the checkpoint; of one from the hub, its weights need not be here.

    Raises:
        ModelLoadError: a release has no weights, or the hub does not say.
    """
    described = _description(folder)
    names = _names(command, folder) if described or not (folder / "config.json").is_file() else ()
    elsewhere = next((name for name in names if name in PUBLISHED_ELSEWHERE), None)
    if (described is None and elsewhere is None) or _is_transformers(names):
        return None
    document = described or PUBLISHED_ELSEWHERE[elsewhere or ""]
    weights = _weights(names)
    if weights is None:
        raise ModelLoadError(
            ErrorKind.NOT_FOUND,
            f"{command.model.name}: {folder} has an OpenCLIP configuration and no weights beside it "
            "(open_clip_model.safetensors, or a .pt or .bin file)",
        )
    return Release(
        model=document.get("model_cfg", document),
        preprocessing=document.get("preprocess_cfg") or {},
        weights=weights,
        pickled=not weights.endswith(SAFE),
    )


def read_config(command: Load, release: Release) -> Any:
    """Return a release's configuration in transformers' form.

    Raises:
        ModelLoadError: it has a tower that is not CLIP's, or cannot be read.
    """
    try:
        return clip_config(release.model)
    except UnsupportedError as error:
        message = f"{command.model.name} is an OpenCLIP checkpoint that cannot be run: {error}"
    except (KeyError, TypeError, ValueError, AttributeError, StrictDataclassError) as error:
        message = (
            f"{command.model.name}: its OpenCLIP configuration cannot be read: {reason(error)}; {INSTEAD}"
        )
    raise ModelLoadError(ErrorKind.ARCHITECTURE_UNKNOWN, message)


def read_processor(
    command: Load, folder: Path, release: Release, config: Any, send: Callable[[Message], None]
) -> CLIPProcessor:
    """Return a release's processor; the tokenizer is the folder's own, else CLIP's from the hub.

    The configuration takes over which tokens begin and end a text.

    Raises:
        ModelLoadError: images are prepared in a way that cannot be followed, or the tokenizer is not here.
    """
    tokenizer = _tokenizer(command, folder, send)
    if len(tokenizer) > config.text_config.vocab_size:
        raise ModelLoadError(
            ErrorKind.PROCESSOR_MISSING,
            f"{command.model.name}: its tokenizer has {len(tokenizer):,} tokens and the model "
            f"{config.text_config.vocab_size:,}: it belongs to another model",
        )
    tokenizer.model_max_length = config.text_config.max_position_embeddings
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        setattr(config.text_config, name, getattr(tokenizer, name))
    return CLIPProcessor(_image_processor(command, release.preprocessing, config), tokenizer)


def weight_file(command: Load, release: Release, send: Callable[[Message], None]) -> Path:
    """Return a release's weight file, downloaded from the hub if needed.

    Raises:
        ModelLoadError: it is a pickle and may not be read, or the hub does not give it.
    """
    folder = checkpoint.local_folder(command)
    if release.pickled:
        checkpoint.refuse_pickle(command, f"{folder or command.model.source}")
    if folder is None:
        source, revision = command.model.source, command.model.revision
        on_bytes = checkpoint.report_download(send)
        folder = hub.fetch(source, revision, patterns=(release.weights,), on_bytes=on_bytes)
    return folder / release.weights


def read_tensors(command: Load, file: Path) -> dict[str, torch.Tensor]:
    """Return a release's weights under transformers' names, on the CPU.

    A pickle is read with torch's restricted unpickler, which builds tensors and nothing else.

    Raises:
        ModelLoadError: the file is damaged, or holds more than tensors.
    """
    try:
        if file.suffix == SAFE:
            return renamed(load_file(file))
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=_is_zip(file))
        found = found.get("state_dict", found)
        return renamed({name: tensor for name, tensor in found.items() if isinstance(tensor, torch.Tensor)})
    except (
        SafetensorError,
        OSError,
        RuntimeError,
        EOFError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        raise ModelLoadError(
            ErrorKind.WEIGHTS_MISMATCH,
            f"{command.model.name}: {file} cannot be read as a file of tensors: {reason(error)}; download it "
            "again, or save its state_dict as safetensors",
        ) from error


def _description(folder: Path) -> Document | None:
    """Return the release's JSON: by OpenCLIP's file name, else any file that parses as one."""
    named = folder / OPENCLIP
    others = sorted(file for file in folder.glob("*.json") if "config" in file.name.lower() and file != named)
    for file in (named, *others):
        document = read_document(file) or {}
        model = document.get("model_cfg", document)
        if isinstance(model, dict) and {"embed_dim", "vision_cfg", "text_cfg"} <= set(model):
            return document
    return None


def _names(command: Load, folder: Path) -> tuple[str, ...]:
    if checkpoint.local_folder(command) or command.model.fetched_by_hand:
        return tuple(sorted(file.name for file in folder.iterdir()))
    return tuple(sorted(hub.file_names(command.model.source, command.model.revision)))


def _is_transformers(names: Iterable[str]) -> bool:
    """Return whether transformers' own format is there, too, with weights that are no less safe."""
    safe = [name for name in names if name.endswith(SAFE)]
    own = [name for name in safe if not name.startswith("open_clip")]
    pickled = [name for name in names if name.startswith("pytorch_model")]
    return "config.json" in names and bool(own or (not safe and pickled))


def _weights(names: Iterable[str]) -> str | None:
    """Return the weights file: safetensors first, OpenCLIP's own names first."""
    files = [name for name in names if name.endswith((SAFE, *PICKLES))]
    order = sorted(
        files,
        key=lambda name: (not name.endswith(SAFE), not name.startswith("open_clip"), name),
    )
    return next(iter(order), None)


def tokenizer_folder(folder: Path, send: Callable[[Message], None]) -> Path:
    """Return where a release's tokenizer lies: in its own folder, or in CLIP's repository, which is fetched.

    Raises:
        ModelLoadError: the hub does not give it.
    """
    names = {file.name for file in folder.iterdir()}
    if "tokenizer.json" in names or {"vocab.json", "merges.txt"} <= names:
        return folder
    on_bytes = checkpoint.report_download(send)
    return hub.fetch(
        TOKENIZER, None, patterns=TOKENIZER_FILES, on_bytes=on_bytes, needed=("merges.txt", "vocab.json")
    )


def _tokenizer(command: Load, folder: Path, send: Callable[[Message], None]) -> Any:
    folder = tokenizer_folder(folder, send)
    try:
        return CLIPTokenizer.from_pretrained(folder)
    except (ValueError, OSError, KeyError, TypeError, AttributeError) as error:
        message = f"{command.model.name}: the tokenizer in {folder} cannot be loaded: {reason(error)}"
        raise ModelLoadError(ErrorKind.PROCESSOR_MISSING, message) from error


def _image_processor(command: Load, settings: dict[str, Any], config: Any) -> OpenClipImageProcessor:
    """Return the image processor of a `preprocess_cfg` (OpenCLIP's `transform.py`); OpenAI's defaults."""
    try:
        size = side(settings.get("size") or config.vision_config.image_size)
        resampling = RESAMPLING[settings.get("interpolation") or "bicubic"]
        squash = {"shortest": False, "squash": True}[settings.get("resize_mode") or "shortest"]
    except (UnsupportedError, KeyError) as error:
        raise ModelLoadError(
            ErrorKind.ARCHITECTURE_UNKNOWN,
            f"{command.model.name}: its images are prepared in an unknown way ({error}); {INSTEAD}",
        ) from error
    return OpenClipImageProcessor(
        size={"height": size, "width": size} if squash else {"shortest_edge": size},
        crop_size={"height": size, "width": size},
        do_center_crop=not squash,
        resample=resampling,
        image_mean=list(settings.get("mean") or OPENAI_MEAN),
        image_std=list(settings.get("std") or OPENAI_STD),
    )


def _is_zip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"PK"
