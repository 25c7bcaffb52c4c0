"""Conversion of OpenCLIP's checkpoints to transformers' format: configuration and weight names.

The format is that of OpenCLIP (https://github.com/mlfoundations/open_clip): `embed_dim`, `vision_cfg` and
`text_cfg` as its `src/open_clip/model.py` reads them, with the defaults of that file; tensors named as its
`src/open_clip/transformer.py` names them. Its own towers are CLIP's, which transformers runs as `CLIPModel`;
others (ResNet, timm, Hugging Face text models) are refused. Everything here is pure.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from transformers import CLIPConfig

Settings = Mapping[str, Any]
"""A part of the released JSON."""

_VISION = {
    "image_size": 224,
    "layers": 12,
    "width": 768,
    "head_width": 64,
    "mlp_ratio": 4.0,
    "patch_size": 16,
}
_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12, "mlp_ratio": 4.0}
_SCALES = ("quick_gelu", "custom_text", "init_logit_scale", "init_logit_bias", "nonscalar_logit_scale")

_WITHOUT_EFFECT = {"patch_dropout", "output_tokens", "final_ln_after_pool", "pad_id", "eos_id"}
"""Keys of training, of other towers, or without effect if only the class token is read."""
_TOWERS_OF_OTHERS = ("timm_", "hf_model_pretrained", "hf_proj_type", "hf_pooler_type", "attn_pooler_")
"""Keys that say how a tower is used that is not there."""
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "pool_type": ("tok", "argmax"),
    "pos_embed_type": ("learnable",),
    "proj_type": ("linear",),
    "block_type": ("default",),
    "hf_tokenizer_name": ("openai/clip-vit-base-patch32", "openai/clip-vit-large-patch14"),
    "tokenizer_kwargs": ({}, {"clean": "lower"}),
}
"""Values that a key may have, beside being absent, for the tower to be CLIP's."""

INSTEAD = (
    "choose one whose towers are OpenCLIP's own ViT and text transformer, or a port in transformers' format"
)

_DROPPED = {"logit_bias", "attn_mask", "text.attn_mask", "input_resolution", "context_length", "vocab_size"}
"""Weights that add the same to every class, and buffers that are no weights."""

_PLAIN = {
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
_TRANSPOSED = {"text_projection": "text_projection.weight", "visual.proj": "visual_projection.weight"}
_IN_LAYERS = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
_LAYER = re.compile(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+?)[._](weight|bias)")


class UnsupportedError(Exception):
    """The error that a checkpoint has parts that CLIP lacks; the text has the remedy."""


def clip_config(model: Settings) -> CLIPConfig:
    """Return a released model's configuration as that of transformers' `CLIPModel`.

    Weights are read as float32, as OpenCLIP reads them unless told otherwise.

    Args:
        model: with `embed_dim`, `vision_cfg` and `text_cfg`.

    Raises:
        UnsupportedError: a tower is not CLIP's.
        KeyError, TypeError, ValueError: it is no such configuration.
    """
    vision, text = _VISION | dict(model["vision_cfg"]), _TEXT | dict(model["text_cfg"])
    _check(model, vision, text)
    activation = "quick_gelu" if model.get("quick_gelu") else "gelu"
    return CLIPConfig(
        architectures=["CLIPModel"],
        dtype="float32",
        projection_dim=int(model["embed_dim"]),
        text_config={
            "hidden_size": text["width"],
            "intermediate_size": int(text["width"] * text["mlp_ratio"]),
            "num_hidden_layers": text["layers"],
            "num_attention_heads": text["heads"],
            "vocab_size": text["vocab_size"],
            "max_position_embeddings": text["context_length"],
            "bos_token_id": text["vocab_size"] - 2,
            "eos_token_id": text["vocab_size"] - 1,
            "pad_token_id": text["vocab_size"] - 1,
            "hidden_act": activation,
            "layer_norm_eps": _epsilon(text),
        },
        vision_config={
            "hidden_size": vision["width"],
            "intermediate_size": int(vision["width"] * vision["mlp_ratio"]),
            "num_hidden_layers": vision["layers"],
            "num_attention_heads": vision["width"] // vision["head_width"],
            "image_size": side(vision["image_size"]),
            "patch_size": vision["patch_size"],
            "hidden_act": activation,
            "layer_norm_eps": _epsilon(vision),
        },
    )


def side(size: Any) -> int:
    """Return the side of a square that is given as one number or two.

    Raises:
        UnsupportedError: it is no square.
    """
    sides = set(size) if isinstance(size, list | tuple) else {size}
    if len(sides) != 1:
        raise UnsupportedError(f"its images are {size}, no squares; {INSTEAD}")
    return int(sides.pop())


def renamed(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return OpenCLIP's tensors under the names, and in the shapes, of transformers' `CLIPModel`.

    Names that OpenCLIP's CLIP does not have stay as they are, so that loading reports them.

    Args:
        tensors: from a checkpoint's file; names may begin with `module.` (parallel training), those of the
            text tower with `text.` (`CustomTextCLIP`).
    """
    found: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        plain = name.removeprefix("module.")
        if plain not in _DROPPED:
            found.update(_renamed(plain.removeprefix("text."), tensor))
    return found


def _renamed(name: str, tensor: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    if name in _PLAIN:
        yield _PLAIN[name], tensor.reshape(()) if name == "logit_scale" else tensor
    elif name in _TRANSPOSED:
        yield _TRANSPOSED[name], tensor.T.contiguous()
    elif match := _LAYER.fullmatch(name):
        visual, number, part, kind = match.groups()
        layer = f"{'vision' if visual else 'text'}_model.encoder.layers.{number}"
        if part == "attn.in_proj":
            for which, piece in zip("qkv", tensor.chunk(3), strict=True):
                yield f"{layer}.self_attn.{which}_proj.{kind}", piece.contiguous()
        else:
            yield f"{layer}.{_IN_LAYERS.get(part, part)}.{kind}", tensor
    else:
        yield name, tensor


def _check(model: Settings, vision: Settings, text: Settings) -> None:
    if vision.get("timm_model_name"):
        raise UnsupportedError(f"its image tower is timm's {vision['timm_model_name']}; {INSTEAD}")
    if isinstance(vision["layers"], list | tuple):
        raise UnsupportedError(f"its image tower is a ResNet; {INSTEAD}")
    if text.get("hf_model_name"):
        raise UnsupportedError(f"its text tower is {text['hf_model_name']}; {INSTEAD}")
    known = {"embed_dim", "vision_cfg", "text_cfg", *_SCALES}
    if others := [key for key, value in model.items() if key not in known and value]:
        raise UnsupportedError(f"it has {', '.join(others)}, which CLIP has not; {INSTEAD}")
    for tower, own in ((vision, _VISION), (text, _TEXT)):
        for key, value in tower.items():
            if key not in own and not _is_neutral(key, value):
                raise UnsupportedError(f"its {key} is {value!r}, which is not CLIP's way; {INSTEAD}")


def _is_neutral(key: str, value: Any) -> bool:
    if value is None or value is False or key in _WITHOUT_EFFECT or key.startswith(_TOWERS_OF_OTHERS):
        return True
    return value in _NEUTRAL.get(key, ()) or (key == "norm_kwargs" and set(value) <= {"eps"})


def _epsilon(tower: Settings) -> float:
    return float((tower.get("norm_kwargs") or {}).get("eps", 1e-5))
