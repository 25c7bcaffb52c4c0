"""Why a model cannot be run here, in the order and the words in which loading it would refuse."""

from collections.abc import Iterator

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.models import load_errors, model_config
from fada_tui.models.architectures import UNSUPPORTED, WRITERS, port
from fada_tui.models.checkpoint import CheckpointFiles
from fada_tui.models.installed import Installed, TransformersTables
from fada_tui.models.load_errors import Refusal
from fada_tui.models.model_config import Config

PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json")

OPENCLIP = "open_clip_config.json"
"""Of a checkpoint in OpenCLIP's format, which the worker turns into transformers' own."""

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
    "mxfp4": ("kernels", "kernels"),
    "quanto": ("optimum", "optimum-quanto"),
    "quark": ("quark", "amd-quark"),
    "spqr": ("spqr_quant", "spqr-quant"),
    "torchao": ("torchao", "torchao"),
    "vptq": ("vptq", "vptq"),
}
"""By `quant_method`, the module that transformers needs for it, and the package that brings it."""


class Package(Struct, frozen=True):
    """A package that a model needs beside those that come with the program."""

    module: str
    name: str
    why: str
    """What of the model needs it."""


def obstacles(
    name: str,
    where: str,
    files: CheckpointFiles,
    here: Installed,
    *,
    trusted: bool,
    allow_pickle: bool,
) -> Iterator[Refusal]:
    """Yield what stands in the way, the first that loading would meet first.

    Args:
        name: the model.
        where: its folder or hub id, for messages.
        files: what is known of its files.
        here: what is installed.
        trusted: its repository's own code may run.
        allow_pickle: its weights may be pickles.
    """
    if files.trouble:
        yield files.trouble
        return
    config = files.documents.get("config.json")
    if config is None and OPENCLIP in files.sizes:
        return
    if config is None:
        if "config.json" in files.sizes:
            why = "it is no JSON object"
            yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, load_errors.unreadable_config(name, why))
        else:
            yield Refusal(ErrorKind.NOT_FOUND, load_errors.no_config(where))
        return
    yield from _of_the_architecture(name, config, files, here, trusted=trusted)
    if not any(one in files.sizes for one in PROCESSOR_FILES):
        yield Refusal(ErrorKind.PROCESSOR_MISSING, load_errors.no_processor(where))
    for package in packages(config, files, here.transformers):
        if not here.has_package(package.module):
            message = (
                load_errors.needs_torchvision(name)
                if package.module == "torchvision"
                else load_errors.needs_package(name, package.name, package.why)
            )
            yield Refusal(ErrorKind.MISSING_PACKAGE, message)
    if files.pickled and not files.safe and not allow_pickle:
        yield Refusal(ErrorKind.PICKLE_REFUSED, load_errors.pickle_only(where))


def needs_own_code(config: Config, library: TransformersTables) -> bool:
    """Whether a model runs only with the code in its repository."""
    return bool(config.get("auto_map")) and config.get("model_type") not in library.model_types


def packages(config: Config, files: CheckpointFiles, library: TransformersTables) -> Iterator[Package]:
    """Yield the packages that a model's files say it needs, as far as they tell."""
    processor = files.documents.get("processor_config.json", {})
    images = processor.get("image_processor")
    if not isinstance(images, dict):
        images = files.documents.get("preprocessor_config.json", {})
    named = (
        processor.get("processor_class")
        or images.get("processor_class")
        or files.documents.get("tokenizer_config.json", {}).get("processor_class")
    )
    shown = images.get("image_processor_type")
    if library.needs_torchvision(
        named if isinstance(named, str) else None,
        shown if isinstance(shown, str) else None,
        str(config.get("model_type")),
    ):
        yield Package("torchvision", "torchvision", "its processor")
    if (quantized := model_config.quantization(config)) is not None:
        method = str(quantized.get("quant_method", "bitsandbytes"))
        if method in QUANTIZERS:
            yield Package(*QUANTIZERS[method], f"its quantisation ({method})")
    names = files.sizes
    if "tokenizer.json" not in names:
        if any(one.endswith((".model", ".spm")) for one in names):
            yield Package("sentencepiece", "sentencepiece", "its tokenizer")
        if any(one.endswith(".tiktoken") for one in names):
            yield Package("tiktoken", "tiktoken", "its tokenizer")
    if any(
        part.get("model_type") == "timm_wrapper" or part.get("use_timm_backbone")
        for part in model_config.parts(config)
    ):
        yield Package("timm", "timm", "its vision tower")


def _of_the_architecture(
    name: str, config: Config, files: CheckpointFiles, here: Installed, *, trusted: bool
) -> Iterator[Refusal]:
    library, adapters = here.transformers, here.adapters
    model_type = config.get("model_type")
    if needs_own_code(config, library):
        if not trusted:
            yield Refusal(ErrorKind.REMOTE_CODE_NEEDED, load_errors.own_code(name, port(dict(config))))
        return
    if library.model_types and model_type not in library.model_types:
        message = load_errors.unknown_type(name, model_type, port(dict(config)))
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
        return
    architecture = model_config.architecture(config) or "unknown"
    if architecture in adapters.prompted or adapters.others or config.get("auto_map"):
        return
    if why := UNSUPPORTED.get(architecture) or UNSUPPORTED.get(str(model_type)):
        message = load_errors.unsupported(name, architecture, why)
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
    elif library.image_text and not _sees_and_writes(architecture, model_type, library):
        message = load_errors.no_adapter(name, architecture, model_type)
        yield Refusal(ErrorKind.ARCHITECTURE_UNKNOWN, message)
    elif not _has_template(files):
        yield Refusal(ErrorKind.NO_CHAT_TEMPLATE, load_errors.no_chat_template(name, architecture))


def _sees_and_writes(architecture: str, model_type: object, library: TransformersTables) -> bool:
    """Whether transformers lists a class, or a type whose class a checkpoint may name in its own way."""
    if architecture in library.image_text.values() or architecture in WRITERS:
        return True
    return model_type in library.image_text


def _has_template(files: CheckpointFiles) -> bool:
    if any(name.startswith("chat_template.") for name in files.sizes):
        return True
    return any(
        files.documents.get(document, {}).get("chat_template")
        for document in ("processor_config.json", "tokenizer_config.json")
    )
