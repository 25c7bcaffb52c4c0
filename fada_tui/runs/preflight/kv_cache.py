"""The key-value cache: what a language model keeps of each token while it answers."""

import re
from collections.abc import Sequence

from fada_tui.models.checkpoint import Tensor
from fada_tui.models.model_config import Config, number, text_part

_PROJECTION = re.compile(r"layers\.\d+\..*[kv]_proj\.weight$")
_ELSEWHERE = ("vision", "visual", "qformer", "audio", "encoder.layers", "encoder_attn", "cross_attn")
_ATTENDING = ("attention", "full_attention", "sliding_attention", "chunked_attention", "global_attention")


def values_per_token(config: Config, tensors: Sequence[Tensor] | None) -> int | None:
    """Numbers kept for each token: layers × 2 × key-value heads × their width.

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


def _by_projections(tensors: Sequence[Tensor]) -> int | None:
    wide = [
        tensor.shape[0]
        for tensor in tensors
        if len(tensor.shape) == 2
        and _PROJECTION.search(tensor.name)
        and not any(word in tensor.name for word in _ELSEWHERE)
    ]
    return sum(wide) or None
