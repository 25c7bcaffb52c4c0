"""Batches of prompts that were prepared alone: padded on the left, with their caches combined.

Padding is masked, so that no row sees it, and positions are counted without it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

Tensors = Mapping[str, torch.Tensor]


def along_text(inputs: Tensors) -> set[str]:
    """Return the names of the inputs with one value per prompt token: ids, mask, types.

    Args:
        inputs: of one prompt, `input_ids` of shape (1, tokens).
    """
    shape = inputs["input_ids"].shape
    return {name for name, tensor in inputs.items() if tensor.shape == shape}


def padded(rows: Sequence[torch.Tensor], fill: int) -> torch.Tensor:
    """Return rows of shape (tokens,) as one tensor (rows, most tokens), filled on the left."""
    length = max(len(row) for row in rows)
    whole = rows[0].new_full((len(rows), length), fill)
    for place, row in enumerate(rows):
        whole[place, length - len(row) :] = row
    return whole


def is_plain(cache: Any) -> bool:
    """Return whether a cache holds only keys and values of all tokens, so that rows can be moved."""
    return isinstance(cache, DynamicCache) and all(
        type(layer) is DynamicLayer and layer.is_initialized for layer in cache.layers
    )


def gathered(caches: Sequence[DynamicCache], rows: Sequence[tuple[int, int]]) -> DynamicCache:
    """Return a cache for a batch: one of its rows for each of `rows`, shorter ones padded on the left.

    Args:
        caches: plain ones, keys and values of shape (rows, heads, tokens, size) in each layer.
        rows: which cache, and which row of it.
    """
    length = max(cache.get_seq_length() for cache in caches)
    layers = zip(*(cache.layers for cache in caches), strict=True)
    return DynamicCache(
        [
            (
                _gathered([layer.keys for layer in parts], rows, length),
                _gathered([layer.values for layer in parts], rows, length),
            )
            for parts in layers
        ]
    )


def _gathered(parts: Sequence[torch.Tensor], rows: Sequence[tuple[int, int]], length: int) -> torch.Tensor:
    if len(parts) == 1:
        return parts[0][[row for _, row in rows]]
    _, heads, _, size = parts[0].shape
    whole = parts[0].new_zeros(len(rows), heads, length, size)
    for place, (part, row) in enumerate(rows):
        kept = parts[part][row]
        whole[place, :, length - kept.shape[1] :] = kept
    return whole
