"""Reasons why a model cannot run here, by its files: the same checks before loading and on loading."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.models import gguf, load_errors, model_config
from fada_tui.models.architectures import UNSUPPORTED, port
from fada_tui.models.checkpoint import ADAPTER, CheckpointFiles
from fada_tui.models.installed import Installed, TransformersTables
from fada_tui.models.load_errors import Refusal
from fada_tui.models.lora_files import is_adapter_alone
from fada_tui.models.model_config import Config
from fada_tui.models.token_counts import differing
from fada_tui.models.weight_files import NO_MODEL, PICKLES, SAFE

PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json")

OPENCLIP = "open_clip_config.json"
"""The file of a checkpoint in OpenCLIP's format, which the worker converts to transformers' own."""

QUANTIZERS = {
    "bitsandbytes": ("bitsandbytes", "bitsandbytes"),
    "gptq": ("gptqmodel", "gptqmodel"),
    "awq": ("gptqmodel", "gptqmodel"),
    "aqlm": ("aqlm", "aqlm"),
    "auto-round": ("auto_round", "auto-round"),
    "compressed-tensors": ("compressed_tensors", "compressed-tensors"),
    "eetq": ("kernels", "kernels"),
    "fbgemm_fp8": ("fbgemm_gpu", "fbgemm-gpu"),
    "fp_quant": ("fp_quant", "fp-quant"),
    "gguf": ("gguf", "gguf"),
    "hqq": ("hqq", "hqq"),
    "quanto": ("optimum", "optimum-quanto"),
    "quark": ("quark", "amd-quark"),
    "spqr": ("spqr_quant", "spqr-quant"),
    "torchao": ("torchao", "torchao"),
    "vptq": ("vptq", "vptq"),
}
"""By `quant_method`, the module that transformers needs for it, and the package that contains it."""


TIMM_TOWERS = ("timm_wrapper", "gemma3n_vision")
"""Types of vision tower that timm implements."""

_WEIGHTS = (".gguf", SAFE, *PICKLES, ".h5", ".msgpack", ".onnx", ".ckpt", ".npz", ".mlmodel")
"""Suffixes of files that hold a model's weights, in whatever form."""

WHOLE_TOKENIZERS = ("tokenizer.json", "vocab.json", "vocab.txt", "tekken.json")
"""Tokenizer files that need no other package."""


_TOKENIZERS = (*WHOLE_TOKENIZERS, "merges.txt", ".model", ".spm", ".tiktoken", ".bpe", "vocabulary.txt")
"""How the names of files end that hold a tokenizer."""

_WITHOUT_FILES = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
"""Tokenizers that need no file: they read bytes or characters."""


class Package(Struct, frozen=True):
    """A package that a model needs beyond those that the program includes."""

    module: str
    name: str
    why: str
    """The part of the model that needs it."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A model as it would be loaded here."""

    name: str
    where: str
    """Its folder or hub id, for messages."""
    files: CheckpointFiles
    here: Installed
    trusted: bool
    """Whether its repository's own code may run."""
    allow_pickle: bool
    """Whether its weights may be pickles."""
    weights_here: bool = True
    """Whether its files are all known, its weights among them."""


def obstacles(model: Candidate) -> Iterator[Refusal]:
    """Yield the obstacles to loading a model; loading refuses it for the first.

    What a model lacks beside its class is told only of one whose class is asked here.
    """
    if model.here.torchvision:
        message = load_errors.other_build(model.name, model.here.torchvision)
        yield Refusal(ErrorKind.MISSING_PACKAGE, message)
    refused = tuple(of_the_class(model))
    yield from refused
    if model.files.config and not refused:
        yield from of_processor(model)
        yield from of_weights(model.where, model.files, allow_pickle=model.allow_pickle)


def of_the_class(model: Candidate) -> Iterator[Refusal]:
    """Yield reasons why a model's files must not be read, or why its class is not supported."""
    files = model.files
    if files.trouble:
        yield files.trouble
    elif model.weights_here and is_adapter_alone(files):
        yield _adapter_alone(model.where, files)
    elif odd := model_config.not_a_number(files.config):
        why = f"field '{odd[0]}' expected int, got str (value: {odd[1][:40]!r})"
        message = load_errors.unreadable_config(model.name, why)
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
    elif "config.json" in files.documents:
        yield from _of_the_architecture(model)
    elif OPENCLIP in files.sizes:
        return
    elif "config.json" in files.sizes:
        message = load_errors.unreadable_config(model.name, "it is no JSON object")
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
    elif ADAPTER in files.sizes:
        yield _adapter_alone(model.where, files)
    elif gguf_only := gguf.refusal(model.name, model.where, gguf.gguf_files(files.sizes), llama_cpp=False):
        yield gguf_only
    else:
        message = load_errors.no_config(model.where, _other_weights(files.sizes), files.inside)
        yield Refusal(ErrorKind.NOT_FOUND, message)


def of_processor(model: Candidate) -> Iterator[Refusal]:
    """Yield what a model of a supported class lacks to be asked: processor, tokenizer, packages."""
    files = model.files
    if not any(one in files.sizes for one in PROCESSOR_FILES):
        yield Refusal(ErrorKind.PROCESSOR_MISSING, load_errors.no_processor(model.where))
    elif _by_chat_template(files.config, model.here) and not _has_template(files):
        architecture = _architecture(files.config, model.here.transformers)
        yield Refusal(ErrorKind.NO_CHAT_TEMPLATE, load_errors.no_chat_template(model.name, architecture))
    elif not (_has_tokenizer(files) or files.config.get("auto_map")):
        yield Refusal(ErrorKind.PROCESSOR_MISSING, load_errors.no_tokenizer(model.where))
    elif counts := differing(files.config, files.documents.get("processor_config.json", {})):
        yield Refusal(ErrorKind.PROCESSOR_MISSING, load_errors.token_counts(model.name, *counts))
    for package in packages(files, model.here.transformers):
        if not model.here.has_package(package.module):
            message = load_errors.needs_package(model.name, package.name, package.why)
            yield Refusal(ErrorKind.MISSING_PACKAGE, message)


def of_weights(where: str, files: CheckpointFiles, *, allow_pickle: bool) -> Iterator[Refusal]:
    """Yield the reason why a checkpoint's weights cannot be or must not be read.

    Args:
        where: its folder or hub id, for messages.
        files: all its files.
        allow_pickle: its weights may be pickles.
    """
    found = files.weights(allow_pickle=allow_pickle)
    if is_adapter_alone(files):
        yield _adapter_alone(where, files)
    elif found.missing:
        message = load_errors.weights_missing(where, found.named_by or "", len(found.names), found.missing)
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, message)
    elif found.named_by in files.indexes and not found.names:
        message = load_errors.index_of_nothing(where, found.named_by or "")
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, message)
    elif files.damage:
        yield from of_damage(files)
    elif found.names or found.named_by or OPENCLIP in files.sizes:
        return
    elif files.weights(allow_pickle=True).names:
        yield Refusal(ErrorKind.PICKLE_REFUSED, load_errors.pickle_only(where))
    else:
        message = load_errors.no_weights(where, _other_weights(files.sizes), files.inside)
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, message)


def of_damage(files: CheckpointFiles) -> Iterator[Refusal]:
    """Yield the reason why a file of weights cannot be read."""
    if files.damage:
        yield Refusal(ErrorKind.WEIGHTS_MISMATCH, load_errors.damaged_weights(files.damage))


def needs_own_code(config: Config, library: TransformersTables) -> bool:
    """Whether a model runs only with the code in its repository."""
    if not config.get("auto_map"):
        return False
    known = model_config.text(config, "model_type") in library.model_types
    return not known or not library.has_class_of(config)


def packages(files: CheckpointFiles, library: TransformersTables) -> Iterator[Package]:
    """Yield the packages that a model needs according to its files."""
    config = files.config
    if any(
        model_config.text(part, "model_type") in TIMM_TOWERS or part.get("use_timm_backbone")
        for part in model_config.parts(config)
    ):
        yield Package("timm", "timm", "its vision tower")
    processor = files.documents.get("processor_config.json", {})
    images = model_config.image_settings(files.documents)
    tokenizer = files.documents.get("tokenizer_config.json", {})
    named = (model_config.text(one, "processor_class") for one in (processor, images, tokenizer))
    if library.needs_torchvision(
        next(filter(None, named), None),
        model_config.text(images, "image_processor_type"),
        str(config.get("model_type")),
    ):
        yield Package("torchvision", "torchvision", "its processor")
    if (quantized := model_config.quantization(config)) is not None:
        method = model_config.text(quantized, "quant_method") or "bitsandbytes"
        if method in QUANTIZERS:
            yield Package(*QUANTIZERS[method], f"its quantisation ({method})")
    names = files.sizes
    if not any(one in names for one in WHOLE_TOKENIZERS):
        if any(one.endswith((".model", ".spm")) for one in names):
            yield Package("sentencepiece", "sentencepiece", "its tokenizer")
        if any(one.endswith(".tiktoken") for one in names):
            yield Package("tiktoken", "tiktoken", "its tokenizer")


def _adapter_alone(where: str, files: CheckpointFiles) -> Refusal:
    base = files.documents.get(ADAPTER, {}).get("base_model_name_or_path")
    return Refusal(
        ErrorKind.WEIGHTS_MISMATCH, load_errors.adapter_alone(where, base if isinstance(base, str) else None)
    )


def _other_weights(names: Iterable[str]) -> tuple[str, ...]:
    """Return the files of weights in forms, or under names, that transformers does not read."""
    return tuple(name for name in names if name.endswith(_WEIGHTS) and not name.startswith(NO_MODEL))


def _of_the_architecture(model: Candidate) -> Iterator[Refusal]:
    name, config, library = model.name, model.files.config, model.here.transformers
    model_type = model_config.text(config, "model_type")
    if needs_own_code(config, library):
        if not model.trusted:
            yield Refusal(ErrorKind.REMOTE_CODE_NEEDED, load_errors.own_code(name, port(config)))
        return
    if library.model_types and model_type not in library.model_types:
        message = load_errors.unknown_type(name, model_type, port(config))
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
        return
    if not _by_chat_template(config, model.here):
        return
    architecture = _architecture(config, library)
    if why := UNSUPPORTED.get(architecture) or UNSUPPORTED.get(model_type or ""):
        message = load_errors.unsupported(name, architecture, why)
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
    elif library.image_text and architecture not in library.image_text.values():
        message = load_errors.no_adapter(name, architecture, model_type)
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)


def _by_chat_template(config: Config, here: Installed) -> bool:
    """Return whether a chat template is the only way to prompt a model."""
    prompted = _architecture(config, here.transformers) in here.adapters.prompted
    return not (prompted or here.adapters.others or config.get("auto_map"))


def _architecture(config: Config, library: TransformersTables) -> str:
    return library.class_of(config) or "unknown"


def _has_tokenizer(files: CheckpointFiles) -> bool:
    named = files.documents.get("tokenizer_config.json", {}).get("tokenizer_class")
    return named in _WITHOUT_FILES or any(name.endswith(_TOKENIZERS) for name in files.sizes)


def _has_template(files: CheckpointFiles) -> bool:
    if any(name.startswith("chat_template.") for name in files.sizes):
        return True
    return any(
        files.documents.get(document, {}).get("chat_template")
        for document in ("processor_config.json", "tokenizer_config.json")
    )
