"""Decoding with a fixed-size cache, whose step transformers compiles (CUDA graphs) on a GPU.

A compiled step spares the launching of each kernel, which is most of a small model's step; compiling takes
about a minute for each shape. So it is for work that is long enough to pay for it, in batches of one size.
"""

from collections.abc import Mapping
from typing import Any

from transformers import StaticCache

from fada_tui.worker import devices
from fada_tui.worker.generation.cacheable import PREFIX

PAYS_FROM = 4000
"""Decoding steps from which compiling should pay: about a minute, if it saves 15 ms in each."""

LENGTHS = 256
"""Cache lengths are multiples of this number of tokens: each other length would be compiled anew."""

TEXT_PARTS = ("language_model", "text_model")


class StaticDecoding:
    """A static cache that is reused for each full batch.

    Args:
        model: whose cache holds keys and values of all tokens, and nothing else.
        batch_size: answers made together.
    """

    def __init__(self, model: Any, batch_size: int) -> None:
        self._model = model
        self.batch_size = batch_size
        self._length = 0
        self._cache: StaticCache | None = None

    def inputs(self, inputs: Mapping[str, Any], max_new_tokens: int) -> dict[str, Any]:
        """Return the arguments of `generate`, including the cache.

        Args:
            inputs: with a dynamic cache, perhaps, of what has been computed already.
            max_new_tokens: of each answer.
        """
        rows, tokens = inputs["input_ids"].shape
        if rows != self.batch_size:
            return dict(inputs)
        cache = self._emptied(tokens + max_new_tokens)
        computed = inputs.get("past_key_values")
        if computed is not None:
            for layer, known in zip(cache.layers, computed.layers, strict=True):
                layer.update(known.keys, known.values)
        return {**inputs, "past_key_values": cache}

    def _emptied(self, length: int) -> StaticCache:
        if self._cache is None or length > self._length:
            self._length = -(-length // LENGTHS) * LENGTHS
            self._cache = StaticCache(config=self._model.config.get_text_config(), max_cache_len=self._length)
        else:
            self._cache.reset()
        return self._cache


def worthwhile(model: Any, batch_size: object, answers: int, max_new_tokens: int) -> StaticDecoding | None:
    """Return static decoding if device and architecture support it and the work is long enough.

    Over several devices nothing is compiled: the graph of a step would break at each move between them.

    Args:
        model: on its device.
        batch_size: as asked for; one that sizes itself has no single shape to compile.
        answers: that the work shall have.
        max_new_tokens: of each.
    """
    if not isinstance(batch_size, int) or model.device.type != "cuda" or not compiles(model):
        return None
    if devices.is_spread(model):
        return None
    steps = -(-answers // batch_size) * max_new_tokens
    return StaticDecoding(model, batch_size) if steps >= PAYS_FROM else None


def compiles(model: Any) -> bool:
    """Return whether decoding compiles completely: the text part supports it, and its cache is plain."""
    base = model.base_model
    text = next((part for name in TEXT_PARTS if (part := getattr(base, name, None)) is not None), base)
    return type(model).__name__ in PREFIX and bool(getattr(text, "_can_compile_fullgraph", False))
