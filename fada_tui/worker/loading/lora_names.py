"""Names of a LoRA's tensors in a loaded model, where an older transformers gave its modules others."""

import re
from collections.abc import Iterable
from typing import Any

_PREFIXES = ("base_model.model.", "base_model.")
"""What peft puts before the names of a model's modules."""


def renamed(model: Any, names: Iterable[str]) -> dict[Any, str]:
    """Return, for peft's `key_mapping`, the tensors whose modules have another name in a loaded model.

    transformers renames the tensors of older checkpoints as it reads them, by rules of each family. A LoRA's
    are renamed by the same rules, where that leads to a module that the name itself does not lead to.

    Args:
        model: a transformers model, without the LoRA.
        names: of the LoRA's tensors, as its file has them.

    Returns:
        The new name by a compiled pattern that fits the old one alone; both without peft's prefix.
    """
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.core_model_loading import WeightConverter, rename_source_key

    rules = [rule for rule in get_model_conversion_mapping(model) if not isinstance(rule, WeightConverter)]
    modules = {name for name, _ in model.named_modules()}
    found: dict[Any, str] = {}
    for name in names:
        old = _without_prefix(name)
        new, _ = rename_source_key(old, rules, [])
        if _depth(new, modules) > _depth(old, modules):
            found[re.compile(f"^{re.escape(old)}$")] = new
    return found


def _without_prefix(name: str) -> str:
    prefix = next((one for one in _PREFIXES if name.startswith(one)), "")
    return name.removeprefix(prefix)


def _depth(name: str, modules: set[str]) -> int:
    """Return how many parts of a name lead to a module."""
    parts = name.split(".")
    return max((count for count in range(len(parts) + 1) if ".".join(parts[:count]) in modules), default=0)
