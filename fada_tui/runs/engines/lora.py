"""Which LoRA may go with an engine: one that the engine applies whole.

Engines apply a LoRA to the language model alone. What it changes elsewhere, as in the vision tower, they drop
without a word, and of what its configuration asks for they read a part.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from fada_tui.config.engines import LLAMA_CPP, SGLANG
from fada_tui.core.errors import UsageError, reason
from fada_tui.core.records import LoraFacts, ModelEntry
from fada_tui.core.text import printable
from fada_tui.models import gguf, lora_errors
from fada_tui.models.documents import Document
from fada_tui.models.hub_cache import snapshot
from fada_tui.models.lora_files import LoraFiles, hashes, lies_merged, obstacles, read_lora, sha256_of
from fada_tui.models.registry import is_hub_id, located_lora

_MATRIX = re.compile(r"(?P<module>.+)\.lora_[AB](?:\.\w+)?\.weight")
_LAYER = re.compile(r"(?P<above>.+?)\.(?:layers|h|block)\.\d+\.")
_OF_LANGUAGE = frozenset(
    {
        *("base_model", "model", "language_model", "text_model", "llm", "transformer", "decoder"),
        *("gpt_neox", "thinker"),
    }
)
"""What the names of a language model's layers begin with; a vision tower's have other parts there."""

_UNREAD = {
    "modules_to_save": (None, []),
    "bias": (None, "none"),
    "lora_bias": (None, False),
    "use_dora": (None, False),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "trainable_token_indices": (None, [], {}),
    "target_parameters": (None, []),
    "fan_in_fan_out": (None, False),
}
"""Settings of a LoRA that not every version of an engine follows, with the values that change nothing."""

_UNREAD_BY = {SGLANG: {"use_rslora": (None, False)}}


class EngineLora(Struct, frozen=True, kw_only=True):
    """A LoRA as an engine is given it."""

    path: Path
    """Its folder; for llama.cpp its file."""
    rank: int | None = None
    """The largest of any module; `None` where the file alone says it."""
    facts: LoraFacts


def lora_of(
    engine: str,
    entry: ModelEntry,
    sha256: Mapping[str, str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> EngineLora | None:
    """Return the LoRA that goes with a model, checked by its files; `None` if there is none. Reads them.

    Args:
        engine: that is to apply it.
        entry: the model, located.
        sha256: what its files must be, by their names, where a run says so.
        environ: says where the hub's cache is.

    Raises:
        UsageError: the engine would not apply it, or not whole; says which part, and what to do.
    """
    where = located_lora(entry)
    if where is None:
        return None
    folder = Path(where)
    if is_hub_id(where):
        cached = snapshot(where, entry.lora_revision, environ)
        if cached is None:
            at = f" --revision {entry.lora_revision}" if entry.lora_revision else ""
            raise UsageError(f"{entry.name}: its LoRA is not on this machine: hf download {where}{at}")
        folder = cached
    try:
        if engine == LLAMA_CPP:
            found = _gguf(entry.name, folder, where)
        else:
            found = _peft(engine, entry, folder, where)
    except OSError as error:
        raise UsageError(f"{entry.name}: its LoRA cannot be read: {reason(error)}") from None
    named = found.facts.sha256
    if changed := [file for file, known in (sha256 or {}).items() if named.get(file) != known]:
        raise UsageError(lora_errors.changed(entry.name, changed))
    return found


def _peft(engine: str, entry: ModelEntry, folder: Path, where: str) -> EngineLora:
    name = entry.name
    lora = read_lora(folder, where)
    for refusal in obstacles(name, lora, allow_pickle=False, peft=True):
        raise UsageError(refusal.message)
    if lies_merged(Path(entry.source), folder):
        raise UsageError(lora_errors.merged_already(name, where))
    config = lora.config or {}
    if unread := _unread(engine, config):
        raise UsageError(
            f"{name}: adapter_config.json of {where} sets {', '.join(unread)}, which {engine} does not "
            "follow whole: leave --engine out, or merge the LoRA into its model"
        )
    elsewhere = [tensor.name for tensor in lora.tensors or () if not is_of_language(tensor.name)]
    if elsewhere or not lora.tensors:
        touched = f"{len(elsewhere)} of {len(lora.tensors or ())} tensors" if lora.tensors else "no tensors"
        such = f" (such as {printable(elsewhere[0][:120])})" if elsewhere else ""
        raise UsageError(
            f"{name}: {where} has {touched} beside the language model's layers{such}, and {engine} applies a "
            "LoRA to these alone: leave --engine out (--engine transformers)"
        )
    facts = LoraFacts(
        source=where,
        revision=lora.revision or entry.lora_revision,
        sha256=hashes(folder),
        rank=lora.rank,
        targets=lora.targets,
    )
    return EngineLora(path=folder, rank=_rank(lora), facts=facts)


def _gguf(name: str, folder: Path, where: str) -> EngineLora:
    found = sorted(file for file in folder.iterdir() if file.name.lower().endswith(gguf.SUFFIX))
    if len(found) != 1:
        has = f"holds {len(found)} GGUF files" if found else "is no GGUF file"
        raise UsageError(
            f"{name}: its LoRA in {folder} {has}, and llama.cpp takes one: name a folder with it alone "
            "(llama.cpp's convert_lora_to_gguf.py makes it of peft's)"
        )
    if "," in str(found[0]):
        raise UsageError(
            f"{name}: llama.cpp takes a comma in {found[0]} for the end of a name: rename it, or link it"
        )
    try:
        header = gguf.read_header(found[0])
    except ValueError as error:
        raise UsageError(f"{name}: its LoRA cannot be used: {error}") from None
    if header.kind != gguf.ADAPTER_KIND:
        called = printable(header.kind or "nothing")
        raise UsageError(f"{name}: {found[0]} is no LoRA: its header calls it {called}")
    if not header.tensors:
        raise UsageError(
            f"{name}: {found[0]} holds nothing: its conversion keeps the language model's part of a LoRA "
            "alone, and this one had none; leave --engine out (--engine transformers)"
        )
    facts = LoraFacts(source=where, sha256={found[0].name: sha256_of(found[0])})
    return EngineLora(path=found[0], facts=facts)


def is_of_language(tensor: str) -> bool:
    """Return whether a LoRA's tensor, by its name, is of a layer of the language model."""
    matrix = _MATRIX.fullmatch(tensor)
    layer = _LAYER.match(matrix["module"]) if matrix else None
    return layer is not None and _OF_LANGUAGE.issuperset(layer["above"].split("."))


def _unread(engine: str, config: Document) -> list[str]:
    plain = _UNREAD | _UNREAD_BY.get(engine, {})
    return [key for key, without in plain.items() if config.get(key) not in without]


def _rank(lora: LoraFiles) -> int:
    """Return the largest rank, by the tensors themselves."""
    ranks = [min(tensor.shape) for tensor in lora.tensors or () if len(tensor.shape) == 2]
    return max([*ranks, lora.rank or 1])
