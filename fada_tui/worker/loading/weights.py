"""Loading weights into the right class, and checking that every weight is used."""

import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import BitsAndBytesConfig

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load, Message, Progress
from fada_tui.models import load_errors, memory_errors
from fada_tui.models.checkpoint import CheckpointFiles, Tensor
from fada_tui.worker import devices
from fada_tui.worker.loading import constants, device_map, generation_settings
from fada_tui.worker.loading.placing import Placed
from fada_tui.worker.loading.progress import weights_counted

DTYPES = ("float32", "float16", "bfloat16")
"""Precisions that can be requested; a checkpoint may be saved in others."""

REMOTE_CLASSES = (
    "AutoModelForImageTextToText",
    "AutoModelForVision2Seq",
    "AutoModelForCausalLM",
    "AutoModel",
)
"""Names under which repositories list classes of their own, the most fitting first."""

NO_ADAPTER = "no-adapter"
"""A folder that no checkpoint has: where PEFT is installed, transformers looks for an adapter there, and the
answers are the same whether it is or not."""

UNUSED = {"VisionEncoderDecoderModel": ("encoder.pooler.",)}
"""By class, prefixes of weights that checkpoints may lack, as no answer depends on them."""


def choose_dtype(asked: str, saved: CheckpointFiles) -> torch.dtype:
    """Return the precision to load in.

    Args:
        asked: one of `DTYPES`, or `auto`, which is the checkpoint's own.
        saved: the checkpoint.

    Raises:
        ModelLoadError: there is no such precision.
    """
    name = saved.dtype_to_load(asked)
    found = getattr(torch, name, None) if asked in ("auto", *DTYPES) else None
    if not isinstance(found, torch.dtype):
        raise ModelLoadError(ErrorKind.LOAD, f"no dtype '{name}'; there are: auto, {', '.join(DTYPES)}")
    return found


def empty(command: Load, config: Any) -> Any:
    """Return the model without its weights.

    Args:
        command: names the model and what it may do.
        config: as for `load_model`.
    """
    model_class = _model_class(command, config)
    make = model_class
    if hasattr(model_class, "_model_mapping"):
        make = partial(model_class.from_config, trust_remote_code=command.trust_remote_code)
    return device_map.empty(make, config)


def load_model(
    command: Load,
    source: Path | dict[str, torch.Tensor],
    config: Any,
    dtype: torch.dtype,
    placed: Placed,
    send: Callable[[Message], None],
    tensors: Sequence[Tensor] = (),
) -> Any:
    """Return the model, in evaluation mode, on its device or devices.

    Args:
        command: names the model and what it may do.
        source: the checkpoint's folder, or its weights under the class's own names.
        config: its configuration, with what the adapter told it; the first of its `architectures` is the
            class that is loaded.
        dtype: precision.
        placed: where to.
        send: told how many weights are loaded.
        tensors: of the checkpoint's files, by their headers; empty if these are unknown.

    Raises:
        ModelLoadError: the weights do not fill the class exactly, do not fit into memory, or need a package.
    """
    name = command.model.name
    options: dict[str, Any] = {} if isinstance(source, Path) else {"config": config, "state_dict": source}
    if command.model.quantization:
        options["quantization_config"] = _quantization(
            name, command.model.quantization, dtype, placed.devices[0]
        )

    def report(done: int, total: int) -> None:
        send(Progress(stage="weights", done=done, total=total))

    model_class = _model_class(command, config)
    if isinstance(config, getattr(model_class, "config_class", None) or ()):
        options["config"] = config
    try:
        if isinstance(source, Path) and not command.trust_remote_code:
            options["generation_config"] = generation_settings.followed(source)
        with weights_counted(report):
            model, info = model_class.from_pretrained(
                source if isinstance(source, Path) else None,
                dtype=dtype,
                device_map=placed.map,
                trust_remote_code=command.trust_remote_code,
                use_safetensors=None if command.allow_pickle else True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # told by _check_filled, which names one
                adapter_kwargs={"subfolder": NO_ADAPTER},
                **options,
            )
    except (ValueError, OSError, RuntimeError, ImportError, MemoryError) as error:
        if devices.is_out_of_memory(error):
            message = memory_errors.no_room(name, placed.where, reason(error))
            raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, message) from error
        message = f"{name}: {reason(error)} (worker.log has more)"
        raise ModelLoadError(_kind(error), message) from error
    unexpected = constants.weights_of(info["unexpected_keys"], tensors, model)
    _check_filled(name, model_class.__name__, {**info, "unexpected_keys": unexpected})
    generation_settings.settle(model)
    if devices.is_spread(model):
        generation_settings.leave_uncompiled(model)
    return model.eval()


def count_parameters(model: Any) -> int:
    """Return the number of parameters, shared ones counted once, packed 4-bit weights unpacked."""
    return int(model.num_parameters())


def _model_class(command: Load, config: Any) -> Any:
    """Return the class that the configuration names: never another that accepts the same model type."""
    own = getattr(config, "auto_map", None) or {}
    if command.trust_remote_code and own:
        return getattr(transformers, next((key for key in REMOTE_CLASSES if key in own), "AutoModel"))
    return getattr(transformers, config.architectures[0])


def _kind(error: Exception) -> ErrorKind:
    """Return the kind of an error: a value that the class rejects does not implicate the weights."""
    if isinstance(error, ImportError):
        return ErrorKind.MISSING_PACKAGE
    return ErrorKind.LOAD if isinstance(error, ValueError) else ErrorKind.WEIGHTS_MISMATCH


def _check_filled(name: str, model_class: str, info: dict[str, Any]) -> None:
    """Refuse a checkpoint that does not match its model exactly: it would answer fluently and wrongly."""
    unused = UNUSED.get(model_class, ())
    missing = {
        key for key in info["missing_keys"] if not (key.startswith(unused) or constants.is_constant(key))
    }
    info = {**info, "missing_keys": missing}
    problems = [
        f"{len(info[kind])} {words} (such as {_example(info[kind])})"
        for kind, words in (
            ("missing_keys", "weights missing"),
            ("unexpected_keys", "weights unexpected"),
            ("mismatched_keys", "weights of another shape"),
        )
        if info.get(kind)
    ]
    if problems:
        raise ModelLoadError(
            ErrorKind.WEIGHTS_MISMATCH,
            f"{name}: the weights do not fit {model_class}, which its configuration names: "
            f"{', '.join(problems)}; the files are incomplete or belong to another class",
        )


def _example(keys: Any) -> str:
    first = sorted(keys, key=str)[0]
    return str(first[0] if isinstance(first, tuple) else first)


def _quantization(name: str, asked: str, dtype: torch.dtype, device: str) -> BitsAndBytesConfig:
    if importlib.util.find_spec("bitsandbytes") is None or not device.startswith("cuda"):
        raise ModelLoadError(ErrorKind.MISSING_PACKAGE, load_errors.needs_quantization(name, asked))
    if asked == "4bit":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype)
    return BitsAndBytesConfig(load_in_8bit=True)
