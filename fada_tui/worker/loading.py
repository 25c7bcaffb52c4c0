"""Loading a checkpoint: the right class, every weight in its place, or a reason why not."""

import importlib.util
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import parse_local_safetensors_file_metadata
from huggingface_hub.errors import SafetensorsParsingError
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor, BitsAndBytesConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from fada_tui.errors import ErrorKind, ModelLoadError
from fada_tui.protocol import Load, Loaded, Message, Progress
from fada_tui.worker import adapters, devices, hub
from fada_tui.worker.adapters.chat import ChatAdapter
from fada_tui.worker.progress import weights_counted

log = logging.getLogger("fada_tui.worker")

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json")


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer."""

    model: Any
    adapter: ChatAdapter
    device: str
    dtype: torch.dtype


def load(command: Load, send: Callable[[Message], None]) -> tuple[LoadedModel, Loaded]:
    """Load what the command names and report progress on the way.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    entry = command.model
    folder = _folder(command, send)
    begun = time.perf_counter()
    device = devices.choose_device(command.device)
    _check_device(device)
    config = _config(command, folder)
    architecture = _architecture(entry.name, config)
    processor = _processor(command, folder)
    adapter = adapters.choose(entry.name, entry.adapter, architecture, processor)
    dtype = _dtype(entry.dtype, config)
    _check_memory(entry.name, folder, dtype, entry.quantization, device)
    model = _model(command, folder, dtype, device, send)
    parameters = _count_parameters(model)
    loaded = Loaded(
        adapter=adapter.name,
        architecture=architecture,
        revision=_revision(folder),
        parameters=parameters,
        dtype=str(model.dtype).removeprefix("torch."),
        quantization=entry.quantization,
        device=device,
        gpu_uuid=devices.gpu_uuid(device),
        load_time=time.perf_counter() - begun,
        weights=model.get_memory_footprint(),
    )
    return LoadedModel(model, adapter(processor, model.config), device, model.dtype), loaded


def _folder(command: Load, send: Callable[[Message], None]) -> Path:
    source = Path(command.model.source).expanduser()
    if source.is_dir():
        return source
    if source.is_absolute() or command.model.source.count("/") != 1:
        raise ModelLoadError(ErrorKind.NOT_FOUND, f"{command.model.source}: no such folder")
    patterns: tuple[str, ...] = hub.SAFE_FILES
    if command.allow_pickle:
        patterns += hub.PICKLE_FILES
    if command.trust_remote_code:
        patterns += hub.CODE_FILES

    def report(done: int, total: int) -> None:
        send(Progress(stage="download", done=done, total=total or None))

    return hub.fetch(command.model.source, command.model.revision, patterns=patterns, on_bytes=report)


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        message = (
            f"device '{device}' cannot be used: {_line(error)}; try --device cpu, or run fada-tui doctor"
        )
        raise ModelLoadError(ErrorKind.LOAD, message) from error


def _config(command: Load, folder: Path) -> Any:
    if not (folder / "config.json").is_file():
        raise ModelLoadError(
            ErrorKind.NOT_FOUND, f"{folder} holds no config.json: it is no checkpoint in transformers' format"
        )
    if not any((folder / name).is_file() for name in PROCESSOR_FILES):
        raise ModelLoadError(
            ErrorKind.NO_PROCESSOR,
            f"{folder} has no processor ({' or '.join(PROCESSOR_FILES)}): save it there with "
            "processor.save_pretrained(…)",
        )
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=command.trust_remote_code)
    except (ValueError, OSError, KeyError) as error:
        if "trust_remote_code" in str(error):
            raise ModelLoadError(
                ErrorKind.REMOTE_CODE,
                f"{command.model.name} runs code of its own repository; if you trust it, repeat with "
                f"--trust-remote-code {command.model.name}",
            ) from error
        message = f"{command.model.name}: its configuration cannot be read: {_line(error)}"
        raise ModelLoadError(ErrorKind.UNSUPPORTED, message) from error


def _architecture(name: str, config: Any) -> str:
    architecture = str((config.architectures or ["unknown"])[0])
    if architecture not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values() and not getattr(
        config, "auto_map", None
    ):
        raise ModelLoadError(
            ErrorKind.UNSUPPORTED,
            f"{name} is a {architecture} (type {config.model_type}), for which this version has no adapter: "
            "it runs models that transformers lists as image-text-to-text",
        )
    return architecture


def _processor(command: Load, folder: Path) -> Any:
    try:
        return AutoProcessor.from_pretrained(folder, trust_remote_code=command.trust_remote_code)
    except ImportError as error:
        raise ModelLoadError(
            ErrorKind.MISSING_PACKAGE,
            f"{command.model.name}: its processor needs a package that is not installed: {_line(error)}",
        ) from error
    except (ValueError, OSError, KeyError) as error:
        message = f"{command.model.name}: its processor cannot be loaded: {_line(error)}"
        raise ModelLoadError(ErrorKind.NO_PROCESSOR, message) from error


def _dtype(asked: str, config: Any) -> torch.dtype:
    """The precision to load in; `auto` is the checkpoint's own."""
    if asked == "auto":
        own = getattr(config, "dtype", None) or torch.float32
        return DTYPES[own] if isinstance(own, str) else own
    if asked not in DTYPES:
        raise ModelLoadError(ErrorKind.LOAD, f"no dtype '{asked}'; there are: auto, {', '.join(DTYPES)}")
    return DTYPES[asked]


def _check_memory(name: str, folder: Path, dtype: torch.dtype, quantization: str | None, device: str) -> None:
    """Refuse weights that cannot fit, from the headers of the weight files alone."""
    elements = sum(_count_elements(file) for file in sorted(folder.glob("*.safetensors")))
    bytes_each = {"4bit": 0.5, "8bit": 1.0}.get(quantization or "", float(dtype.itemsize))
    needed, free = elements * bytes_each, devices.free_memory(device)
    if needed > free:
        raise ModelLoadError(
            ErrorKind.OUT_OF_MEMORY,
            f"{name} needs {needed / 1e9:.1f} GB for its weights alone and {device} has {free / 1e9:.1f} GB "
            "free: try --quantization 4bit, a smaller --dtype, or another device",
        )


def _count_elements(file: Path) -> int:
    try:
        tensors = parse_local_safetensors_file_metadata(file).tensors.values()
    except (SafetensorsParsingError, OSError) as error:
        message = f"{file} is damaged: {_line(error)}; download or save it again"
        raise ModelLoadError(ErrorKind.BAD_WEIGHTS, message) from error
    promised = max((tensor.data_offsets[1] for tensor in tensors), default=0)
    if file.stat().st_size < promised:
        message = f"{file} is damaged: it ends before its last weight; download or save it again"
        raise ModelLoadError(ErrorKind.BAD_WEIGHTS, message)
    return sum(tensor.parameter_count for tensor in tensors)


def _model(
    command: Load, folder: Path, dtype: torch.dtype, device: str, send: Callable[[Message], None]
) -> Any:
    name = command.model.name
    options: dict[str, Any] = {}
    if command.model.quantization:
        options["quantization_config"] = _quantization(name, command.model.quantization, dtype, device)
    if not command.allow_pickle and not any(folder.glob("*.safetensors")):
        raise ModelLoadError(
            ErrorKind.BAD_WEIGHTS,
            f"{folder} has no safetensors weights; pickle files can run code, and are read only with "
            "--allow-pickle",
        )

    def report(done: int, total: int) -> None:
        send(Progress(stage="weights", done=done, total=total))

    try:
        with weights_counted(report):
            model, info = AutoModelForImageTextToText.from_pretrained(
                folder,
                dtype=dtype,
                device_map=device,
                trust_remote_code=command.trust_remote_code,
                use_safetensors=None if command.allow_pickle else True,
                output_loading_info=True,
                **options,
            )
    except (ValueError, OSError, RuntimeError, ImportError, MemoryError) as error:
        if devices.is_out_of_memory(error):
            message = f"{name} does not fit into {device}'s memory: {_line(error)}; try --quantization 4bit"
            raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, message) from error
        kind = ErrorKind.MISSING_PACKAGE if isinstance(error, ImportError) else ErrorKind.BAD_WEIGHTS
        raise ModelLoadError(kind, f"{name}: {_line(error)} (worker.log has more)") from error
    _check_weights(name, info)
    return model.eval()


def _check_weights(name: str, info: dict[str, Any]) -> None:
    """Refuse a checkpoint that does not fill its model exactly: it would answer fluently and wrongly."""
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
            ErrorKind.BAD_WEIGHTS,
            f"{name}: the weights do not fit the architecture: {', '.join(problems)}; "
            "the files are incomplete or belong to another class",
        )


def _example(keys: Any) -> str:
    first = sorted(keys, key=str)[0]
    return str(first[0] if isinstance(first, tuple) else first)


def _quantization(name: str, asked: str, dtype: torch.dtype, device: str) -> BitsAndBytesConfig:
    if importlib.util.find_spec("bitsandbytes") is None or not device.startswith("cuda"):
        raise ModelLoadError(
            ErrorKind.MISSING_PACKAGE,
            f"{name}: {asked} needs a CUDA device and bitsandbytes: pip install 'fada-tui[quantization]'",
        )
    if asked == "4bit":
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=dtype)
    return BitsAndBytesConfig(load_in_8bit=True)


def _count_parameters(model: Any) -> int:
    """Parameters, shared ones counted once; packed 4-bit weights count as what they stand for."""
    return int(model.num_parameters())


def _revision(folder: Path) -> str | None:
    """The commit, where the folder is a snapshot of the hub's cache."""
    return folder.name if folder.parent.name == "snapshots" else None


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
