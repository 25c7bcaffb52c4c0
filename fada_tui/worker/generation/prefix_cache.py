"""Computation on an image's prompt that is shared by all its questions.

Two ways, each for the architectures that `cacheable` lists:

- the **vision tower's outputs**, handed to `generate` in place of the pixels (`mm_encoder_outputs`). An image
  asked alone is computed bit by bit as without it.
- the **prompt up to the question**, image included: its keys and values are computed once, and each question
  goes on from a copy. Only where keys and values of every token are kept and no token sees a later one.

Paged caches are never used: with them transformers leaves the image out and answers all the same.
"""

import copy
import inspect
from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from msgspec import Struct
from transformers import DynamicCache

from fada_tui.worker.generation import padding

PIXELS = ("pixel_values", "pixel_values_images", "image_patches")
"""The main input of vision towers, as transformers' generation looks for it."""

Inputs = Mapping[str, torch.Tensor]


class Row(Struct, frozen=True):
    """A prompt of a batch, prepared alone."""

    image: Hashable
    """Id that questions about one image share; they are consecutive."""
    inputs: Inputs
    """On the model's device; `input_ids` of shape (1, tokens)."""


class Encoder:
    """A model's vision tower with a cache, which encodes an image once.

    Args:
        model: with an architecture of `cacheable.FEATURES`.
    """

    def __init__(self, model: Any) -> None:
        self._encode = model.base_model.get_image_features
        self._wanted = set(inspect.signature(self._encode).parameters) - {"kwargs"}
        self._image: Hashable = None
        self._outputs: Any = None

    def encoded(self, row: Row) -> Any:
        """Return the tower's outputs for a row's image, as `generate` computes them; the last are kept."""
        if self._outputs is None or row.image != self._image:
            wanted = {name: value for name, value in row.inputs.items() if name in self._wanted}
            self._outputs = self._encode(**wanted, return_dict=True)
            self._image = row.image
        return copy.copy(self._outputs)

    def forget(self) -> None:
        """Drop the cached outputs."""
        self._image = self._outputs = None

    def inputs(self, batch: Sequence[Row], fill: int) -> dict[str, Any]:
        """Return the arguments of `generate` for a batch: the images' outputs, and texts padded on the left.

        Args:
            batch: the rows.
            fill: the token that pads.
        """
        outputs = _joined([self.encoded(row) for row in batch])
        return {**_side_by_side(batch, fill), "mm_encoder_outputs": {"image": outputs}}


def prefixed(model: Any, batch: Sequence[Row], image_token: int, fill: int) -> dict[str, Any] | None:
    """Return the arguments of `generate` that continue the images' prompts, which are computed here.

    Args:
        model: with an architecture of `cacheable.PREFIX`.
        batch: the rows.
        image_token: stands for a part of the image in `input_ids`.
        fill: the token that pads.

    Returns:
        `None` where it cannot be had: a question comes before its image, or the model keeps something else
        than keys and values.
    """
    groups = [list(group) for _, group in groupby(batch, key=lambda row: row.image)]
    lengths = [_shared([row.inputs["input_ids"][0] for row in group]) for group in groups]
    for group, length in zip(groups, lengths, strict=True):
        if bool((group[0].inputs["input_ids"][0, length:] == image_token).any()):
            return None
    caches, places = _computed(model, [group[0].inputs for group in groups], lengths)
    if not all(padding.is_plain(cache) for cache in caches):
        return None
    repeated = [place for group, place in zip(groups, places, strict=True) for _ in group]
    ids = [row.inputs["input_ids"][0] for row in batch]
    cuts = [length for group, length in zip(groups, lengths, strict=True) for _ in group]
    heads = [one[:cut] for one, cut in zip(ids, cuts, strict=True)]
    tails = [one[cut:] for one, cut in zip(ids, cuts, strict=True)]
    parts = (heads, tails)
    return {
        "input_ids": torch.cat([padding.padded(part, fill) for part in parts], dim=1),
        "attention_mask": torch.cat(
            [padding.padded([torch.ones_like(one) for one in part], 0) for part in parts], dim=1
        ),
        "past_key_values": padding.gathered(caches, repeated),
    }


def _shared(texts: Sequence[torch.Tensor]) -> int:
    """Return the number of tokens with which all texts begin, at least one of each left over."""
    longest = min(len(text) for text in texts) - 1
    alike = torch.stack([text[:longest] == texts[0][:longest] for text in texts]).all(dim=0)
    return int(alike.long().cumprod(dim=0).sum())


def _computed(
    model: Any, prompts: Sequence[Inputs], lengths: Sequence[int]
) -> tuple[list[DynamicCache], list[tuple[int, int]]]:
    """Compute prompts up to their lengths, those of one form together.

    Returns:
        The caches, and for each prompt which of them is its own, and which row of it.
    """
    cut = [_cut(prompt, length) for prompt, length in zip(prompts, lengths, strict=True)]
    forms: dict[Hashable, list[int]] = {}
    for place, inputs in enumerate(cut):
        forms.setdefault(tuple((name, value.shape) for name, value in inputs.items()), []).append(place)
    caches = []
    places = [(0, 0)] * len(cut)
    for number, members in enumerate(forms.values()):
        together = {name: torch.cat([cut[place][name] for place in members]) for name in cut[members[0]]}
        cache = DynamicCache(config=model.config)
        model(**together, past_key_values=cache, use_cache=True, **_last_logits(model))
        caches.append(cache)
        for row, place in enumerate(members):
            places[place] = (number, row)
    return caches, places


def _cut(inputs: Inputs, length: int) -> dict[str, torch.Tensor]:
    """Return a prompt's first tokens, and its image. Nothing is padded, so that no mask is needed."""
    text = padding.along_text(inputs)
    return {
        name: value[:, :length] if name in text else value
        for name, value in inputs.items()
        if name != "attention_mask"
    }


def _last_logits(model: Any) -> dict[str, int]:
    wanted = "logits_to_keep" in inspect.signature(model.forward).parameters
    return {"logits_to_keep": 1} if wanted else {}


def _side_by_side(batch: Sequence[Row], fill: int) -> dict[str, torch.Tensor]:
    """Return the inputs of a batch without pixels: padded texts, and the images' descriptions in order."""
    first = batch[0].inputs
    text = padding.along_text(first)
    return {
        name: padding.padded([row.inputs[name][0] for row in batch], fill if name == "input_ids" else 0)
        if name in text
        else torch.cat([row.inputs[name] for row in batch])
        for name in first
        if not name.startswith("pixel") and name not in PIXELS
    }


def _joined(outputs: Sequence[Any]) -> Any:
    """Return the outputs for several images combined, as far as language models read them."""
    if len(outputs) == 1:
        return outputs[0]
    whole = copy.copy(outputs[0])
    if whole.get("pooler_output") is None:
        whole.last_hidden_state = _concatenated([one.last_hidden_state for one in outputs])
    else:
        whole.pooler_output = _concatenated([one.pooler_output for one in outputs])
    if whole.get("deepstack_features") is not None:
        layers = zip(*(one.deepstack_features for one in outputs), strict=True)
        whole.deepstack_features = [_concatenated(layer) for layer in layers]
    return whole


def _concatenated(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(list(parts))
    return [one for part in parts for one in part]
