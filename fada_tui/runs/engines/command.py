"""The command line of an engine for a model, and how it is asked.

`engine_command` reads small files of model and LoRA; all else follows from what it is given.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fada_tui.config.engines import LLAMA_CPP, SGLANG, VLLM
from fada_tui.core.device_list import gpu_number
from fada_tui.core.errors import UsageError, reason
from fada_tui.core.protocol import Load
from fada_tui.core.records import EngineFacts, ModelEntry, ModelFacts
from fada_tui.core.secrets import without_secrets
from fada_tui.models import gguf, load_errors
from fada_tui.models.checkpoint import CheckpointFiles, read_folder
from fada_tui.models.hub_cache import snapshot
from fada_tui.models.installed import installed as installed_libraries
from fada_tui.models.memory import precision_of, weigh
from fada_tui.models.registry import is_hub_id
from fada_tui.runs.engines import limits
from fada_tui.runs.engines.installed import SGLANG_MODULE, Installed
from fada_tui.runs.engines.launch import FOLDER, HOST, KEY, KEY_FILE, PORT, EngineCommand
from fada_tui.runs.engines.lora import EngineLora, lora_of

SLOTS_CPU, SLOTS_CARD, SLOTS_LLAMA_CPP = 16, 64, 4
"""Requests at once, where nothing else is asked for."""

WITHOUT_LORA = "without-lora"
"""Name under which a model is served without its LoRA, where both are."""

_LORA = "lora"
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Largest ranks that vLLM can be set to."""

_DTYPES = ("float32", "float16", "bfloat16")
"""Precisions that engines can be told; what was saved quantised has its own."""

_ALL_LAYERS = "999"

_MOST_CONTEXT = 8192
"""Tokens of each request that llama.cpp keeps room for at most, unless it is told otherwise."""

_SILENT = {"DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
_VISIBLE = "CUDA_VISIBLE_DEVICES"


class _Model(Struct, frozen=True, kw_only=True):
    """What is served, as its files say."""

    name: str
    source: str
    """Hub id, or folder."""
    dtype: str
    """Never `auto` where the checkpoint's own is known: engines make half precision of float32."""
    revision: str | None
    """Commit of what the hub's cache has, so that what is recorded is what is served; else as asked for."""
    lora: EngineLora | None
    facts: ModelFacts
    gguf: tuple[Path, Path] | None = None
    """Model and projector, for llama.cpp."""
    context: int | None = None
    """Tokens of a prompt and its answer, as the file for llama.cpp says."""


class _Parts(Struct, frozen=True, kw_only=True):
    """What differs from engine to engine."""

    arguments: tuple[str, ...]
    environment: dict[str, str] = {}
    key_variable: str | None = None
    key_file: str | None = None
    served_name: str
    base_name: str | None = None


def engine_command(
    installed: Installed,
    version: str | None,
    load: Load,
    *,
    concurrency: int | None,
    card: bool,
    environ: Mapping[str, str] = os.environ,
) -> EngineCommand:
    """Return how an engine is started for a model, and asked. Reads small files: not for an event loop.

    Args:
        installed: its program.
        version: of it.
        load: what would be told to our own worker.
        concurrency: requests at once, where a person says so.
        card: whether there is a GPU here.
        environ: says where the hub's cache is, and which GPUs there are.

    Raises:
        UsageError: the engine cannot do what is asked for; says what, and what to do.
    """
    engine, entry = installed.engine, load.model
    if why := limits.refusal(engine, entry, load.device):
        raise UsageError(why)
    slots = concurrency or _slots(engine, load.device, card=card)
    folder = (
        snapshot(entry.source, entry.revision, environ) if is_hub_id(entry.source) else Path(entry.source)
    )
    lora = lora_of(engine, entry, load.lora_sha256, environ)
    try:
        model = _model(load, engine, folder, lora)
        files = tuple(_stated(folder, lora))
    except OSError as error:
        raise UsageError(f"{entry.name}: its files cannot be read: {reason(error)}") from None
    visible = _visible(load.device, environ)
    parts = _PARTS[engine](installed, load, model, slots)
    argv = (*installed.command, *parts.arguments, *installed.arguments)
    return EngineCommand(
        facts=EngineFacts(name=engine, version=version, command=without_secrets(argv)),
        argv=argv,
        environment=_SILENT | parts.environment | ({} if visible is None else {_VISIBLE: visible}),
        key_variable=parts.key_variable,
        key_file=parts.key_file,
        served_name=parts.served_name,
        base_name=parts.base_name,
        slots=slots,
        model=model.facts,
        files=files,
    )


def _vllm(installed: Installed, load: Load, model: _Model, slots: int) -> _Parts:
    base_name = WITHOUT_LORA if model.lora else None
    lora: list[str] = []
    if model.lora is not None:
        rank = next((one for one in _RANKS if one >= (model.lora.rank or 1)), None)
        if rank is None:
            raise UsageError(
                f"{load.model.name}: its LoRA has rank {model.lora.rank}, and vLLM takes {_RANKS[-1]} at "
                "most: leave --engine out, or merge it into its model"
            )
        module = json.dumps({"name": model.name, "path": str(model.lora.path)})
        lora = ["--enable-lora", "--max-loras", "1", "--max-lora-rank", str(rank), "--lora-modules", module]
    return _Parts(
        arguments=(
            *([] if "serve" in installed.command else ["serve"]),
            model.source,
            *("--host", HOST, "--port", PORT, "--served-model-name", base_name or model.name),
            *("--dtype", model.dtype, "--max-num-seqs", str(slots)),
            *_weights(load, model),
            *("--limit-mm-per-prompt", '{"image": 1}', "--disable-uvicorn-access-log"),
            *lora,
        ),
        # It leaves its sockets wherever they are.
        environment={"VLLM_NO_USAGE_STATS": "1", "VLLM_RPC_BASE_PATH": FOLDER},
        key_variable="VLLM_API_KEY",
        served_name=model.name,
        base_name=base_name,
    )


def _sglang(installed: Installed, load: Load, model: _Model, slots: int) -> _Parts:
    started = any(word == "serve" or word.endswith(SGLANG_MODULE) for word in installed.command)
    lora: list[str] = []
    name = model.name.replace(":", "-")  # what comes behind a colon is a LoRA's name
    if model.lora is not None:
        lora = ["--enable-lora", "--max-loras-per-batch", "2", "--lora-paths", f"{_LORA}={model.lora.path}"]
    return _Parts(
        arguments=(
            *([] if started else ["serve"]),
            *("--config", KEY_FILE, "--model-path", model.source),
            *("--host", HOST, "--port", PORT, "--served-model-name", name),
            *("--dtype", model.dtype, "--max-running-requests", str(slots)),
            *_weights(load, model),
            *("--enable-multimodal", "--log-level-http", "warning"),
            *(("--device", "cpu") if load.device == "cpu" else ()),
            *lora,
        ),
        key_file=f'api-key: "{KEY}"\n',
        served_name=f"{name}:{_LORA}" if model.lora else name,
        base_name=name if model.lora else None,
    )


def _llama_cpp(installed: Installed, load: Load, model: _Model, slots: int) -> _Parts:
    assert model.gguf is not None
    weights, projector = model.gguf
    name = model.name.replace(",", "-")  # a comma separates names
    devices: tuple[str, ...] = ()
    if load.device == "cpu":
        devices = ("--device", "none", "--no-mmproj-offload")
    elif load.device != "auto":
        devices = ("--n-gpu-layers", _ALL_LAYERS)
    # It divides what it has between its slots, and has no more than one request may be long.
    context = str(slots * min(model.context, _MOST_CONTEXT)) if model.context else None
    return _Parts(
        arguments=(
            *("--model", str(weights), "--mmproj", str(projector)),
            *("--host", HOST, "--port", PORT, "--alias", name, "--parallel", str(slots), "--jinja"),
            *(("--ctx-size", context) if context else ()),
            *devices,
            *(("--lora", str(model.lora.path)) if model.lora else ()),
        ),
        key_variable="LLAMA_API_KEY",
        served_name=name,
    )


_PARTS = {VLLM: _vllm, SGLANG: _sglang, LLAMA_CPP: _llama_cpp}


def _weights(load: Load, model: _Model) -> tuple[str, ...]:
    """Return arguments of vLLM and SGLang for what may be read: no pickle and no code without leave."""
    return (
        *(() if load.allow_pickle else ("--load-format", "safetensors")),
        *(("--trust-remote-code",) if load.trust_remote_code else ()),
        *(("--revision", model.revision) if model.revision and is_hub_id(model.source) else ()),
    )


def _model(load: Load, engine: str, folder: Path | None, lora: EngineLora | None) -> _Model:
    entry = load.model
    facts = ModelFacts(
        name=entry.name,
        source=entry.source,
        revision=entry.revision,
        lora=lora.facts if lora else UNSET,
        parameters=entry.parameters,
        dtype=None if entry.dtype == "auto" else entry.dtype,
        device=None if load.device == "auto" else load.device,
        license=entry.license,
    )
    files = None if folder is None else read_folder(folder, "folder", allow_pickle=load.allow_pickle)
    ggufs = None if files is None else gguf.gguf_files(files.sizes)
    if why := gguf.refusal(entry.name, entry.source, ggufs, llama_cpp=engine == LLAMA_CPP):
        raise UsageError(why.message)
    found: tuple[Path, Path] | None = None
    context: int | None = None
    if folder is not None and ggufs is not None:  # for llama.cpp: others were refused
        found = folder / ggufs.models[0], folder / ggufs.projectors[0]
        header = _header(entry.name, found[0])
        facts = _of_header(replace(facts, license=files.license if files else None), entry, header)
        context = header.context
    elif files is not None:
        if files.pickled and not load.allow_pickle:
            raise UsageError(load_errors.pickle_only(entry.source))
        facts = _of_files(facts, engine, entry, files)
    return _Model(
        name=_served(entry.name),
        source=entry.source,
        dtype=facts.dtype if facts.dtype in _DTYPES else "auto",
        revision=facts.revision,
        lora=lora,
        facts=facts,
        gguf=found,
        context=context,
    )


def _of_files(facts: ModelFacts, engine: str, entry: ModelEntry, files: CheckpointFiles) -> ModelFacts:
    if files.trouble:
        raise UsageError(files.trouble.message)
    here = installed_libraries()
    architecture = here.transformers.class_of(files.config)
    if architecture in here.adapters.ranking:
        raise UsageError(
            f"{entry.name} sorts images into classes, which {engine} does not: leave --engine out"
        )
    return replace(
        facts,
        revision=files.revision or facts.revision,
        architecture=architecture,
        parameters=weigh(files, entry.parameters).parameters,
        dtype=precision_of(files, entry.dtype, None) if files.config else facts.dtype,
        license=files.license or entry.license,
    )


def _header(name: str, file: Path) -> gguf.GgufHeader:
    try:
        return gguf.read_header(file)
    except ValueError as error:
        raise UsageError(f"{name}: its weights cannot be used: {error}") from None


def _of_header(facts: ModelFacts, entry: ModelEntry, said: gguf.GgufHeader) -> ModelFacts:
    return replace(
        facts,
        architecture=said.architecture,
        dtype=said.quantization,
        license=facts.license or said.license or entry.license,
    )


def _stated(folder: Path | None, lora: EngineLora | None) -> Iterator[tuple[str, int, int]]:
    """Yield name, bytes and time of the files of model and LoRA."""
    places = [folder] if folder else []
    if lora is not None:
        places.append(lora.path if lora.path.is_dir() else lora.path.parent)
    for place in places:
        for file in sorted(place.iterdir()):
            if file.is_file():
                status = file.stat()
                yield str(file), status.st_size, status.st_mtime_ns


def _served(name: str) -> str:
    """Return a model's name as one that command lines, lists and URLs hold."""
    return re.sub(r"[^\w.+@/=:-]", "-", name, flags=re.ASCII).strip("-/") or "model"


def _slots(engine: str, device: str, *, card: bool) -> int:
    if engine == LLAMA_CPP:
        return SLOTS_LLAMA_CPP
    return SLOTS_CARD if device.startswith("cuda") or (device == "auto" and card) else SLOTS_CPU


def _visible(device: str, environ: Mapping[str, str]) -> str | None:
    """Return which GPUs an engine sees; `None` leaves that as it is.

    Raises:
        UsageError: there are fewer than the device's number by what the environment says.
    """
    if device == "cpu":
        return ""
    if device == "auto":
        return None
    number = gpu_number(device)
    seen = environ.get(_VISIBLE)
    if seen is None:
        return str(number)
    names = [name.strip() for name in seen.split(",") if name.strip()]
    if number >= len(names):
        raise UsageError(f"--device {device}: {_VISIBLE} shows {len(names)} GPUs; the first is cuda:0")
    return names[number]
