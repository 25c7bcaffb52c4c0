"""Constants that older versions of transformers saved beside the weights: masks, positions, frequencies."""

from collections.abc import Iterable, Mapping
from typing import Any

from fada_tui.models.checkpoint import Tensor

NAMES = (
    "masked_bias",
    "inv_freq",
    "original_inv_freq",
    "position_ids",
    "token_type_ids",
    "relative_position_index",
    "relative_coords_table",
    "causal_mask",
    "attn_mask",
    "num_batches_tracked",
)
"""How they are named, whatever module they lie in."""


def weights_of(names: Iterable[str], tensors: Iterable[Tensor], model: Any) -> set[str]:
    """Return the names, of those that a class has no place for, that are weights and not constants.

    A mask is called `bias` where a layer of attention kept it (GPT-2, GPT-Neo, GPT-J): it is known by its
    shape, (1, 1, tokens, tokens), or, without headers, by a module that has parts and no weight.

    Args:
        names: of a checkpoint's tensors.
        tensors: as its headers have them; empty if they are unknown.
        model: the loaded model.
    """
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    return {name for name in names if not (is_constant(name) or _is_mask(name, shapes, model))}


def is_constant(name: str) -> bool:
    """Return whether a tensor is a constant by its name."""
    return name.rpartition(".")[2] in NAMES


def _is_mask(name: str, shapes: Mapping[str, tuple[int, ...]], model: Any) -> bool:
    module, _, last = name.rpartition(".")
    if last != "bias":
        return False
    if name in shapes:
        shape = shapes[name]
        return len(shape) == 4 and shape[:2] == (1, 1) and shape[2] == shape[3]
    try:
        found = model.get_submodule(module)
    except AttributeError:
        return False
    return any(True for _ in found.children()) and not hasattr(found, "weight")
