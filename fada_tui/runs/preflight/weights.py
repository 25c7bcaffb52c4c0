"""How large a model's weights are, as saved and at other precisions."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from fada_tui.models.checkpoint import CheckpointFiles, Tensor
from fada_tui.models.model_config import quantization

FULL: Mapping[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a weight by precision."""

QUANTIZED: Mapping[str, float] = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}
"""Bytes of a quantised weight: at 4 bits, with the four bytes of scale that each block of 64 has."""

KEPT = 2
"""Bytes of a weight that quantisation leaves as it is."""

MARGIN_SHARE = 0.2
MARGIN_LEAST = 500_000_000
"""What a model at work takes beside weights and cache, for activations, the allocator's unused blocks and the
libraries themselves (the worker's on the CPU, CUDA's on a GPU): a fifth of the weights, and in bytes never
less than this. SmolVLM-500M with 1.01 GB of weights took 1.5 GB on the CPU (docs/benchmarks.md)."""

_UNQUANTIZED = ("embed", "wte.", "wpe.", "lm_head", "shared.weight", "relative_attention_bias")


class Weighed(Struct, frozen=True):
    """A model's weights."""

    parameters: int | None
    known_from: str | None
    """Where the parameters are known from, in words."""
    quantizable: int | None
    """Those of them that 8- and 4-bit quantisation packs."""


def margin(weights: int) -> int:
    """Bytes that a model at work takes beside its weights, of so many bytes, and its cache."""
    return max(int(weights * MARGIN_SHARE), MARGIN_LEAST)


def weigh(files: CheckpointFiles, listed: int | None) -> Weighed:
    """Return a model's parameters, from the best source there is.

    What quantisation packs are the matrices of linear layers. Embeddings, norms, biases, convolutions and the
    output layer stay at 16 bits. Where no header tells which is which, all are taken for packed, which comes
    out too small by the embeddings.

    Args:
        files: what is known of its files.
        listed: parameters as the model list has them.
    """
    packed = quantization(files.config) is not None
    if files.tensors and not packed:
        total = sum(tensor.elements for tensor in files.tensors)
        return Weighed(total, "the files' headers", _linear(files.tensors))
    if listed:
        return Weighed(listed, "the model list", listed)
    if not packed and (size := files.weight_bytes):
        each = FULL.get(files.dtype or "float32", 4)
        return Weighed(size // each, "the files' size", size // each)
    return Weighed(None, None, None)


def bytes_at(precision: str, weighed: Weighed) -> int | None:
    """Bytes that the weights take once loaded; `None` where their number or the precision is unknown."""
    if weighed.parameters is None:
        return None
    if precision in FULL:
        return weighed.parameters * FULL[precision]
    if precision in QUANTIZED and weighed.quantizable is not None:
        kept = weighed.parameters - weighed.quantizable
        return int(weighed.quantizable * QUANTIZED[precision]) + kept * KEPT
    return None


def _linear(tensors: Sequence[Tensor]) -> int:
    return sum(
        tensor.elements
        for tensor in tensors
        if len(tensor.shape) == 2
        and tensor.name.endswith(".weight")
        and not any(word in tensor.name for word in _UNQUANTIZED)
    )
