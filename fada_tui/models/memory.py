"""The memory that a model needs: weights at each precision, key-value cache, and a margin."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from fada_tui.models.architectures import UNREAD
from fada_tui.models.checkpoint import CheckpointFiles, Tensor
from fada_tui.models.model_config import Config, number, quantization, text, text_part

FULL: Mapping[str, int] = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of a weight by precision."""

QUANTIZED: Mapping[str, float] = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}
"""Bytes of a quantised weight: at 4 bits, with the four bytes of scale that each block of 64 has."""

KEPT = 2
"""Bytes of a weight that quantisation leaves unchanged."""

MARGIN_SHARE = 0.2
MARGIN_LEAST = 500_000_000
"""What a model at work takes beside weights and cache, for activations, the allocator's unused blocks and the
libraries themselves (the worker's on the CPU, CUDA's on a GPU): a fifth of the weights, and in bytes never
less than this. SmolVLM-500M with 1.01 GB of weights took 1.5 GB on the CPU (docs/benchmarks.md)."""

_UNQUANTIZED = ("embed", "wte.", "wpe.", "lm_head", "shared.weight", "relative_attention_bias")

PRECISIONS = ("float32", "bfloat16", "8bit", "4bit")
"""Precisions that are always listed; `float16` needs the same memory as `bfloat16`."""

_PROJECTION = re.compile(r"layers\.\d+\..*[kv]_proj\.weight$")
_ELSEWHERE = ("vision", "visual", "qformer", "audio", "encoder.layers", "encoder_attn", "cross_attn")
_ATTENDING = ("attention", "full_attention", "sliding_attention", "chunked_attention", "global_attention")


class Weighed(Struct, frozen=True):
    """The size of a model's weights."""

    parameters: int | None
    known_from: str | None
    """Basis of the number of parameters, in words."""
    quantizable: int | None
    """Number of parameters that 8- and 4-bit quantisation compresses."""


class Need(Struct, frozen=True, kw_only=True):
    """The memory that a model needs at one precision, in bytes."""

    precision: str
    """`float32`, `bfloat16`, `float16`, `8bit`, `4bit`, or the method of a checkpoint saved quantised."""
    weights: int
    cache: int
    """Keys and values of image, question and answer; 0 where their number is unknown."""
    margin: int

    @property
    def total(self) -> int:
        """Return the sum."""
        return self.weights + self.cache + self.margin

    @property
    def option(self) -> str:
        """Return the command line's option for the precision."""
        kind = "quantization" if self.precision in QUANTIZED else "dtype"
        return f"--{kind} {self.precision}"


def needs(weights: Mapping[str, int], cached: int) -> tuple[Need, ...]:
    """Return the need at each precision.

    Args:
        weights: bytes by precision, from `weights_at`.
        cached: numbers in the cache.
    """
    return tuple(
        Need(precision=name, weights=size, cache=cached * FULL.get(name, 2), margin=margin(size))
        for name, size in weights.items()
    )


def weights_at(files: CheckpointFiles, weighed: Weighed, precision: str | None) -> Mapping[str, int]:
    """Return the bytes that a checkpoint's weights take once loaded, by precision, as far as they are known.

    One that was saved quantised has its own precision alone.

    Args:
        files: the checkpoint's.
        weighed: its weights.
        precision: as it will be loaded; see `precision_of`.
    """
    if quantization(files.config) is not None:
        return {precision: size} if precision and (size := files.weight_bytes) is not None else {}
    other = {"float16": "bfloat16", "bfloat16": "float16"}.get(precision or "")
    names = [precision if one == other and precision else one for one in PRECISIONS]
    if precision and precision in FULL and precision not in names:
        names.insert(0, precision)
    return {name: size for name in names if (size := bytes_at(name, weighed)) is not None}


def precision_of(files: CheckpointFiles, dtype: str, quantized: str | None) -> str | None:
    """Return the precision that a model is loaded in; `None` if that is unknown.

    Args:
        files: what is known of them. One that was saved quantised stays so.
        dtype: as it is asked for; `auto` is the checkpoint's own.
        quantized: the quantisation that is asked for.
    """
    if (saved := quantization(files.config)) is not None:
        return text(saved, "quant_method") or "quantised"
    if quantized or (dtype == "auto" and not files.config and not files.tensors):
        return quantized
    return files.dtype_to_load(dtype)


def margin(weights: int) -> int:
    """Return the bytes needed beside weights (of a given size) and cache."""
    return max(int(weights * MARGIN_SHARE), MARGIN_LEAST)


def weigh(files: CheckpointFiles, listed: int | None) -> Weighed:
    """Return the size of a model's weights, from the best source available.

    What quantisation packs are the matrices of linear layers. Embeddings, norms, biases, convolutions and the
    output layer stay at 16 bits. Where no header tells which is which, all are taken for packed, which comes
    out too small by the embeddings.

    Args:
        files: what is known of its files.
        listed: parameters as the model list has them.
    """
    packed = quantization(files.config) is not None
    if files.tensors and not packed:
        read = [tensor for tensor in files.tensors if not tensor.name.startswith(UNREAD)]
        return Weighed(sum(tensor.elements for tensor in read), "the files' headers", _linear(read))
    if listed:
        return Weighed(listed, "the model list", listed)
    if not packed and (size := files.weight_bytes):
        each = FULL.get(files.dtype or "float32", 4)
        return Weighed(size // each, "the files' size", size // each)
    return Weighed(None, None, None)


def bytes_at(precision: str, weighed: Weighed) -> int | None:
    """Return the bytes of the loaded weights; `None` if their number or the precision is unknown."""
    if weighed.parameters is None:
        return None
    if precision in FULL:
        return weighed.parameters * FULL[precision]
    if precision in QUANTIZED and weighed.quantizable is not None:
        kept = weighed.parameters - weighed.quantizable
        return int(weighed.quantizable * QUANTIZED[precision]) + kept * KEPT
    return None


def values_per_token(config: Config, tensors: Sequence[Tensor] | None) -> int | None:
    """Return the numbers cached per token: layers × 2 × key-value heads × their width.

    A window that slides over the tokens is not counted in, so models with one take less. A decoder that also
    attends to an encoder keeps as much of each of its tokens, so that the tokens of both add up. Where the
    configuration leaves layers or key-value heads to its class's defaults, the key and value projections in
    the headers tell; without headers there are as many key-value heads as heads.

    Args:
        config: as `config.json` has it.
        tensors: from the weights' headers, where they are known.
    """
    text = text_part(config)
    if "kv_lora_rank" in text:
        return None
    layers = number(
        text, "num_decoder_layers", "decoder_layers", "num_hidden_layers", "n_layer", "num_layers", "layers"
    )
    heads = number(
        text, "decoder_attention_heads", "num_attention_heads", "n_head", "num_heads", "attention_heads"
    )
    kept = number(text, "num_key_value_heads", "n_head_kv")
    if kept is None and (told := _by_projections(tensors or ())):
        return told
    kept = kept or heads
    hidden = number(text, "hidden_size", "n_embd", "d_model", "embed_dim")
    width = number(text, "head_dim", "d_kv") or (hidden // heads if hidden and heads else None)
    kinds = text.get("layer_types")
    if isinstance(kinds, list) and kinds:
        layers = sum(kind in _ATTENDING for kind in kinds)
    if layers and kept and width:
        return layers * 2 * kept * width
    return _by_projections(tensors or ())


def is_packed(name: str, shape: tuple[int, ...]) -> bool:
    """Return whether quantisation packs a weight: a matrix of a linear layer that is not the output's."""
    return len(shape) == 2 and name.endswith(".weight") and not any(word in name for word in _UNQUANTIZED)


def _linear(tensors: Sequence[Tensor]) -> int:
    return sum(tensor.elements for tensor in tensors if is_packed(tensor.name, tensor.shape))


def _by_projections(tensors: Sequence[Tensor]) -> int | None:
    wide = [
        tensor.shape[0]
        for tensor in tensors
        if len(tensor.shape) == 2
        and _PROJECTION.search(tensor.name)
        and not any(word in tensor.name for word in _ELSEWHERE)
    ]
    return sum(wide) or None
