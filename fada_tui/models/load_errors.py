"""Reasons why a model cannot be loaded, on one line with the remedy: the same before and during loading."""

from collections.abc import Sequence

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.models.gguf_errors import FOR_LLAMA_CPP

VISION = ("torchvision", "timm", "num2words")
"""Packages that come with `fada-tui[vision]`."""

NAMED = 3
"""Maximum number of names in a message."""

_PUBLISHED = "take these files from the published checkpoint"

NO_PROCESSOR_FILES = "processor_config.json or preprocessor_config.json"


class Refusal(Struct, frozen=True):
    """The reason why a model is not loaded, or why no more is known of it."""

    kind: ErrorKind
    message: str
    """The reason on one line, with the remedy."""


def gated(repository: str) -> str:
    """Return the message: the model's licence has to be accepted first."""
    return (
        f"{repository} is gated: accept its licence on its hub page, then log in with 'hf auth login' or set "
        "HF_TOKEN"
    )


def not_on_hub(repository: str) -> str:
    """Return the message: the hub has no such repository, or does not reveal it."""
    return f"{repository} is not on the hub, or is private: check the spelling, or set HF_TOKEN"


def not_fetched(name: str, source: str, files: Sequence[str], license: str | None) -> str:
    """Return the message: the files must be downloaded by hand, by a user who accepts the licence.

    Args:
        name: the model.
        source: its hub id.
        files: those to fetch.
        license: as the model list has it.
    """
    known = license or "see its hub page"
    terms = f"{known}: no commercial use" if "-nc" in known.lower() else known
    pickled = not any(file.endswith(".safetensors") for file in files)
    return (
        f"{name} is not downloaded by itself: if you accept its licence ({terms}), run: "
        f"hf download {source} {' '.join(files)}" + ("; then repeat with --allow-pickle" if pickled else "")
    )


def server_cuts(name: str) -> str:
    """Return the message: the number of tiles cannot be set for a model behind a server."""
    return (
        f"{name}: its server decides into how many tiles it cuts images; leave --max-tiles out "
        "(--longest-edge makes images smaller before they are sent)"
    )


def server_devices(name: str) -> str:
    """Return the message: a model behind a server runs on the server's devices."""
    return (
        f"{name}: its server decides on which devices it runs; leave --devices out, or give --device auto "
        "where the settings have it (--concurrency says how many answers are asked for at once)"
    )


def no_revision(repository: str, revision: str | None) -> str:
    """Return the message: the repository has no such branch, tag or commit."""
    return f"{repository} has no revision '{revision}': leave the revision out, or name one it has"


def not_cached(repository: str, *, offline: bool) -> str:
    """Return the message: the model is not on this machine, and cannot be downloaded.

    Args:
        repository: hub id.
        offline: the network was not tried, as HF_HUB_OFFLINE is set.
    """
    reason = "HF_HUB_OFFLINE is set" if offline else "the hub cannot be reached"
    return (
        f"{repository} is not in the cache and {reason}: download it on a machine with a network "
        f"(hf download {repository}) and name its folder, or go online"
    )


def proxy_unusable(what: str, *, package: bool) -> str:
    """Return the message: a proxy cannot be used. Its URL is not shown, as it may hold a password.

    Args:
        what: what was to be reached.
        package: whether a package is lacking for it; else its URL is of no known kind.
    """
    why = (
        "is a SOCKS proxy, which needs the package socksio: pip install socksio"
        if package
        else "begins with none of http://, https:// and socks5://: correct it"
    )
    return f"{what}: the proxy in the environment (ALL_PROXY, HTTPS_PROXY) {why}, or unset it"


def no_folder(folder: str) -> str:
    """Return the message: the folder does not exist."""
    return f"{folder}: no such folder; check the spelling, or write a hub id as owner/name"


def no_config(folder: str, others: Sequence[str] = (), inside: Sequence[str] = ()) -> str:
    """Return the message: the folder is not a checkpoint.

    Args:
        folder: the folder or hub id.
        others: files of weights in it that transformers does not read.
        inside: folders within it that hold a checkpoint.
    """
    remedy = _instead(folder, others, inside) or "name another folder"
    return f"{folder} holds no config.json: it is no checkpoint in transformers' format; {remedy}"


def no_weights(where: str, others: Sequence[str], inside: Sequence[str]) -> str:
    """Return the message: there are no weights of a kind that can be read; arguments as for `no_config`."""
    remedy = _instead(where, others, inside) or "download or save it again"
    has = f" (it has {_some(others)})" if others else ""
    return f"{where} has no weights of a kind that can be read{has}; {remedy}"


def weights_missing(where: str, named_by: str, of: int, missing: Sequence[str]) -> str:
    """Return the message: files of weights are not there.

    Args:
        where: folder or hub id.
        named_by: the file that names them.
        of: how many it names.
        missing: those that are not there.
    """
    return (
        f"{where} is incomplete: {len(missing)} of {of} files of weights that {named_by} names are missing "
        f"({_some(missing)}); download or save it again"
    )


def index_of_nothing(where: str, index: str) -> str:
    """Return the message: an index of weights cannot be read, or is empty."""
    return f"{where}: {index} names no weights; download or save it again"


def adapter_alone(where: str, base: str | None) -> str:
    """Return the message: the folder holds what a training added to a model, and not the model.

    Args:
        where: folder or hub id.
        base: the model that it was made for, by the adapter's own word.
    """
    return (
        f"{where} is an adapter of {base or 'another model'}, not a whole model: --model {base or 'MODEL'} "
        f"--lora {where}, or merge the two (peft: merge_and_unload; save_pretrained) and name that folder"
    )


def no_tokenizer(where: str) -> str:
    """Return the message: the files of the tokenizer are missing."""
    return f"{where} has no tokenizer (tokenizer.json): save it there with processor.save_pretrained(…)"


def _instead(where: str, others: Sequence[str], inside: Sequence[str]) -> str | None:
    """Return what to do with a folder that is no checkpoint; `None` if nothing in it helps."""
    if inside:
        verb = "holds one" if len(inside) == 1 else "hold one each"
        return f"{_some(inside, last=True)} in it {verb}: name that folder, such as {where}/{inside[-1]}"
    if any(name.endswith(".gguf") for name in others):
        return FOR_LLAMA_CPP
    return None


def _some(names: Sequence[str], *, last: bool = False) -> str:
    """Return the first names, or the last ones, and how many there are besides."""
    shown = names[-NAMED:] if last else names[:NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def damaged_weights(why: str) -> str:
    """Return the message: a file of weights is damaged; `why` names it."""
    return f"its weights are damaged: {why}; download or save them again"


def unreadable_config(name: str, why: str) -> str:
    """Return the message: `config.json` is damaged."""
    return f"{name}: its configuration cannot be read: {why}; download or save it again"


def unknown_type(name: str, model_type: object, port: str | None) -> str:
    """Return the message: the installed transformers does not support the model type.

    Args:
        name: the model.
        model_type: as `config.json` has it.
        port: what to use in its place, where that is known.
    """
    remedy = port or "update it (pip install --upgrade transformers), or choose another model"
    return f"{name} is of type '{model_type}', which this transformers does not know: {remedy}"


def own_code(name: str, port: str | None) -> str:
    """Return the message: the model needs code from its repository; `port` as for `unknown_type`."""
    trust = f"if you trust it, repeat with --trust-remote-code {name}"
    return f"{name} runs code of its own repository; {f'{port}, or ' if port else ''}{trust}"


def unsupported(name: str, architecture: str, why: str) -> str:
    """Return the message: the model cannot answer questions about images; `why` has the remedy, too."""
    return f"{name} is a {architecture}: {why}"


def no_adapter(name: str, architecture: str, model_type: object) -> str:
    """Return the message: no adapter can prompt the model."""
    return (
        f"{name} is a {architecture} (type {model_type}), for which there is no adapter: choose a model that "
        "transformers lists as image-text-to-text, or add an adapter (docs/adding-a-model.md)"
    )


def no_chat_template(name: str, architecture: str) -> str:
    """Return the message: the model has no chat template and no known prompt form."""
    return (
        f"{name}: its processor has no chat template, and no adapter prompts {architecture} without one; "
        "choose an instruction-tuned checkpoint"
    )


def no_processor(where: str) -> str:
    """Return the message: the files that describe the image processor are missing."""
    return f"{where} has no processor ({NO_PROCESSOR_FILES}): save it there with processor.save_pretrained(…)"


def token_counts(name: str, written: int, made: int) -> str:
    """Return the message: processor and model count an image's tokens differently.

    Args:
        name: the model.
        written: tokens that its processor writes for an image.
        made: features that the model makes of it.
    """
    return at_odds(name, f"tokens: {written}, features: {made}")


def at_odds(name: str, why: str) -> str:
    """Return the message: processor and model do not fit each other; `why` in words."""
    return (
        f"{name}: its processor and its model do not fit each other ({why}): save the processor that the "
        "model was trained with there, with processor.save_pretrained(…)"
    )


def trial_too_long(name: str) -> str:
    """Return the message: processor or chat template do not come to an end."""
    return f"{name}: its processor or chat template takes too long over one small image; {_PUBLISHED}"


def trial_too_large(name: str, room: int) -> str:
    """Return the message: processor or chat template ask for too much memory.

    Args:
        name: the model.
        room: bytes that they may take.
    """
    return (
        f"{name}: its processor or chat template takes more than {room / 2**30:.0f} GiB of memory for one "
        f"small image; {_PUBLISHED}"
    )


def trial_died(name: str, how: str) -> str:
    """Return the message: processor or chat template ended their process; `how`: its signal or status."""
    return f"{name}: its processor or chat template ends the process that tries it ({how}); {_PUBLISHED}"


def needs_package(name: str, package: str, why: str) -> str:
    """Return the message: the model needs a package that the program does not include.

    Args:
        name: the model.
        package: as pip knows it.
        why: what of the model needs it.
    """
    if package in VISION:
        return f"{name}: {why} needs {package}: pip install 'fada-tui[vision]'"
    return f"{name}: {why} needs {package}, which is not installed: pip install {package}"


def other_build(name: str, what: str) -> str:
    """Return the message: transformers cannot be imported, because of a package beside it.

    Args:
        name: the model.
        what: the package and its fault, in words.
    """
    return (
        f"{name}: {what}: install the two from one place (pip install --force-reinstall torch torchvision), "
        "or leave it out (pip uninstall torchvision)"
    )


def needs_quantization(name: str, quantization: str) -> str:
    """Return the message: 4- and 8-bit weights need CUDA."""
    return (
        f"{name}: {quantization} needs a CUDA device and bitsandbytes: pip install 'fada-tui[quantization]'"
    )


def pickle_only(where: str) -> str:
    """Return the message: the weights are in a format that could run code while they are read."""
    return f"{where} has no safetensors weights; pickles can run code, and are read only with --allow-pickle"


def odd_file(file: str, why: str) -> str:
    """Return the message: a checkpoint's file is of the wrong kind or far too large; `why` in words."""
    return f"{file} is not read: {why}; download or save the checkpoint again"


def lfs_pointer(file: str) -> str:
    """Return the message: the file was cloned without Git LFS, which leaves a pointer in its place."""
    return (
        f"{file} is a Git LFS pointer, not the file itself: run git lfs pull in its folder, or fetch the "
        "repository with hf download"
    )


def code_from_hub(where: str, key: str, value: str) -> str:
    """Return the message: the configuration would load code from the hub.

    Args:
        where: its folder.
        key: of the configuration.
        value: the hub id.
    """
    return (
        f"{where}: its config.json sets {key} to '{value}', which is code from the hub and never run: take "
        "the key out, and the usual implementation is used"
    )


def weights_elsewhere(file: str, name: str) -> str:
    """Return the message: an index names weights outside the checkpoint's own folder."""
    return (
        f"{file} names weights outside its folder ('{name}'), which are not read: download or save the "
        "checkpoint again"
    )


def pickle_named(file: str, name: str) -> str:
    """Return the message: an index names a pickle."""
    return f"{file} names {name}, a pickle; pickles can run code, and are read only with --allow-pickle"


def weights_of_no_kind(file: str, name: str) -> str:
    """Return the message: an index names a file that is not a weights file."""
    return f"{file} names '{name}' as weights, which is no file of weights: save the checkpoint again"
