"""What the files of a LoRA say of it, read without peft: the same before loading and on loading."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.core.text import printable
from fada_tui.models import load_errors, lora_errors
from fada_tui.models.checkpoint import ADAPTER, CheckpointFiles, Tensor, read_folder, read_headers
from fada_tui.models.documents import Document
from fada_tui.models.file_checks import is_pointer
from fada_tui.models.load_errors import Refusal

WEIGHTS = "adapter_model.safetensors"
PICKLED = "adapter_model.bin"

FILES = (ADAPTER, WEIGHTS, PICKLED)

FOLLOWED = (
    *("r", "lora_alpha", "target_modules", "exclude_modules", "fan_in_fan_out", "bias", "use_rslora"),
    *("modules_to_save", "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern"),
    *("use_dora", "lora_bias", "trainable_token_indices", "target_parameters", "ensure_weight_tying"),
)
"""Settings of a LoRA's configuration that say which modules it changes, and how."""

WITHOUT_EFFECT = (
    *("base_model_name_or_path", "revision", "auto_mapping", "task_type", "inference_mode", "peft_type"),
    *("peft_version", "lora_dropout", "init_lora_weights", "loftq_config", "eva_config", "corda_config"),
    *("lora_ga_config", "megatron_core", "qalora_group_size", "runtime_config"),
)
"""Settings that have an effect on training alone, or name what is not followed: no code, and no model."""

PLAIN_BEGINNINGS = (None, True, False, "gaussian", "eva", "orthogonal")
"""Values of `init_lora_weights` that leave the model's own weights as they are."""

_HALVES = ("F16", "BF16")


class LoraFiles(Struct, frozen=True, kw_only=True):
    """A LoRA described by its files."""

    where: str
    """Folder or hub id."""
    origin: Literal["folder", "cache", "hub", "list"]
    sizes: Mapping[str, int]
    """Bytes by file name."""
    config: Document | None
    """Its `adapter_config.json`, if that can be read."""
    tensors: tuple[Tensor, ...] | None = None
    """In the header of its weights; `None` if these are unknown."""
    damage: str | None = None
    trouble: Refusal | None = None
    """The reason why its files must not be read, if there is one."""
    inside: tuple[str, ...] = ()
    revision: str | None = None

    @property
    def base(self) -> str | None:
        """Return the model that it was made for, by its own word."""
        said = (self.config or {}).get("base_model_name_or_path")
        return said if isinstance(said, str) and said.strip() and said.isprintable() else None

    @property
    def rank(self) -> int | None:
        """Return its rank; single modules may have others."""
        said = (self.config or {}).get("r")
        return said if type(said) is int else None

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the modules that it changes, as its configuration names them; a pattern is one name."""
        said = (self.config or {}).get("target_modules")
        named = said if isinstance(said, list) else [said]
        return tuple(sorted(one for one in named if isinstance(one, str)))

    @property
    def parameters(self) -> int | None:
        """Return the number of its parameters."""
        return None if self.tensors is None else sum(tensor.elements for tensor in self.tensors)

    def made_for_other(self, source: str) -> str | None:
        """Return, in words, that it says it was made for another model than the one of a source."""
        if self.base is None or _last(self.base) == _last(source):
            return None
        return f"its LoRA says that it was made for {self.base[:200]}, which goes by another name"

    @property
    def disk_bytes(self) -> int | None:
        """Return the bytes of its weights on disk."""
        return self.sizes.get(WEIGHTS) or self.sizes.get(PICKLED)

    @property
    def memory(self) -> int | None:
        """Return its bytes in memory: peft computes what was saved at 16 bits with 32."""
        if self.tensors is None:
            return None if self.disk_bytes is None else 2 * self.disk_bytes
        halves = sum(tensor.elements for tensor in self.tensors if tensor.dtype in _HALVES)
        return sum(tensor.elements for tensor in self.tensors) * 4 if halves else self.disk_bytes


def _last(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2].casefold()


def read_lora(folder: Path, where: str, *, allow_pickle: bool = False) -> LoraFiles:
    """Return the description of a LoRA's folder.

    Args:
        folder: where its files lie.
        where: as a person names it: that folder, or a hub id.
        allow_pickle: its weights may be a pickle.

    Raises:
        OSError: the folder cannot be listed.
    """
    return of_checkpoint(
        read_folder(folder, "folder" if where == str(folder) else "cache", allow_pickle=allow_pickle),
        where,
        folder,
    )


def of_checkpoint(files: CheckpointFiles, where: str, folder: Path | None = None) -> LoraFiles:
    """Return the LoRA among the files of a folder or repository.

    Args:
        files: all of them.
        where: the folder or hub id.
        folder: where the files lie, if they are on this machine.
    """
    tensors, damage, trouble = None, None, files.trouble
    if folder and WEIGHTS in files.sizes and trouble is None:
        if is_pointer(folder / WEIGHTS):
            trouble = Refusal(ErrorKind.LOAD, load_errors.lfs_pointer(str(folder / WEIGHTS)))
        else:
            tensors, damage = read_headers([folder / WEIGHTS])
    return LoraFiles(
        where=where,
        origin=files.origin,
        sizes={name: size for name, size in files.sizes.items() if name in FILES},
        config=files.documents.get(ADAPTER),
        tensors=tensors,
        damage=damage,
        trouble=trouble,
        inside=files.inside if folder else (),
        revision=files.revision,
    )


def is_adapter_alone(files: CheckpointFiles) -> bool:
    """Return whether files hold what a training added to a model, and not the model."""
    return ADAPTER in files.sizes and not files.weights(allow_pickle=True).names


def obstacles(name: str, lora: LoraFiles, *, allow_pickle: bool, peft: bool) -> Iterator[Refusal]:
    """Yield reasons why a LoRA cannot be applied, by its files alone.

    Args:
        name: the model that it is applied to.
        lora: its files.
        allow_pickle: its weights may be a pickle.
        peft: whether peft is installed.
    """
    if lora.trouble:
        yield lora.trouble
        return
    if ADAPTER not in lora.sizes:
        yield Refusal(ErrorKind.NOT_FOUND, lora_errors.no_lora(lora.where, lora.inside))
        return
    yield from _of_config(lora)
    yield from _of_weights(lora, allow_pickle)
    if not peft:
        yield Refusal(ErrorKind.MISSING_PACKAGE, lora_errors.needs_peft(name))


def followed(config: Document) -> dict[str, object]:
    """Return the settings of a configuration that are followed."""
    return {key: config[key] for key in FOLLOWED if config.get(key) is not None}


def hashes(folder: Path, *, allow_pickle: bool = False) -> dict[str, str]:
    """Return the SHA-256 of a LoRA's files that are read, by their names.

    Raises:
        OSError: one of them cannot be read.
    """
    weights = WEIGHTS if (folder / WEIGHTS).is_file() or not allow_pickle else PICKLED
    return {name: sha256_of(folder / name) for name in (ADAPTER, weights)}


def lies_merged(base: Path, lora: Path) -> bool:
    """Return whether a model's folder holds the very LoRA, beside whole weights.

    Args:
        base: the model's folder.
        lora: that of the LoRA.
    """
    try:
        if not is_adapter_alone(read_folder(base, "folder")):
            same_size = (base / WEIGHTS).stat().st_size == (lora / WEIGHTS).stat().st_size
            return same_size and sha256_of(base / WEIGHTS) == sha256_of(lora / WEIGHTS)
    except OSError:
        pass
    return False


def _of_config(lora: LoraFiles) -> Iterator[Refusal]:
    config = lora.config
    if config is None:
        if lora.origin != "hub":
            yield Refusal(ErrorKind.LOAD, lora_errors.unreadable(lora.where))
        return
    kind = config.get("peft_type")
    if kind != "LORA":
        yield Refusal(ErrorKind.LOAD, lora_errors.other_kind(lora.where, printable(str(kind)[:40])))
        return
    others = [
        printable(f"{key}={value}"[:60])
        for key, value in config.items()
        if key not in (*FOLLOWED, *WITHOUT_EFFECT) and value not in (None, False, [], {})
    ]
    if others:
        yield Refusal(ErrorKind.LOAD, lora_errors.not_followed(lora.where, others))
    beginning = config.get("init_lora_weights")
    if beginning not in PLAIN_BEGINNINGS:
        yield Refusal(ErrorKind.LOAD, lora_errors.changes_base(lora.where, printable(str(beginning)[:40])))


def _of_weights(lora: LoraFiles, allow_pickle: bool) -> Iterator[Refusal]:
    if lora.damage:
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, load_errors.damaged_weights(lora.damage))
    elif WEIGHTS not in lora.sizes and PICKLED not in lora.sizes:
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, lora_errors.no_weights(lora.where))
    elif WEIGHTS not in lora.sizes and not allow_pickle:
        yield Refusal(ErrorKind.PICKLE_REFUSED, lora_errors.pickled(lora.where))


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file; raises `OSError`."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
