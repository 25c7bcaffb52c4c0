"""Small checkpoints of models that compare images with texts: real classes with random weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AltCLIPConfig,
    AltCLIPModel,
    AltCLIPProcessor,
    BertTokenizer,
    ChineseCLIPConfig,
    ChineseCLIPModel,
    ChineseCLIPProcessor,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    MetaClip2Config,
    MetaClip2Model,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2Model,
    Siglip2Processor,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipModel,
    SiglipProcessor,
)
from transformers.models.chinese_clip import ChineseCLIPImageProcessorPil
from transformers.models.siglip import SiglipImageProcessorPil
from transformers.models.siglip2 import Siglip2ImageProcessorPil

from tests.golden import openclip as golden

VISION = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 56,
    "patch_size": 14,
    "projection_dim": 24,
}
TEXT = {**VISION, "max_position_embeddings": 40}
SIZES = {"size": {"shortest_edge": 56}, "crop_size": {"height": 56, "width": 56}}


def words(folder: Path) -> CLIPTokenizer:
    folder.mkdir(exist_ok=True)
    golden.save_tokenizer(folder)
    return CLIPTokenizer.from_pretrained(folder, model_max_length=40)


def other_words(folder: Path, **special: str) -> Any:
    """The same words with the special tokens of another family."""
    tokenizer = words(folder)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer,
        model_max_length=40,
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        **special,
    )


def clip(folder: Path) -> tuple[Any, Any]:
    tokenizer = words(folder)
    text = TEXT | {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    config = CLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    return CLIPModel(config), CLIPProcessor(CLIPImageProcessorPil(**SIZES), tokenizer)


def metaclip2(folder: Path) -> tuple[Any, Any]:
    tokenizer = words(folder)
    text = TEXT | {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    config = MetaClip2Config(text_config=text, vision_config=VISION, projection_dim=24)
    return MetaClip2Model(config), CLIPProcessor(CLIPImageProcessorPil(**SIZES), tokenizer)


def altclip(folder: Path) -> tuple[Any, Any]:
    """Its text tower, XLM-R, counts positions from 2: its longest text is two shorter than its positions."""
    tokenizer = other_words(folder)
    tokenizer.model_max_length = 38
    text = TEXT | {"vocab_size": len(tokenizer), "project_dim": 24, "pad_token_id": 1}
    config = AltCLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    return AltCLIPModel(config), AltCLIPProcessor(CLIPImageProcessorPil(**SIZES), tokenizer)


def chinese_clip(folder: Path) -> tuple[Any, Any]:
    folder.mkdir(exist_ok=True)
    known = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "the",
        "of",
        "one",
        "bone",
        "head",
        "skull",
        "fetal",
    ]
    (folder / "vocab.txt").write_text("\n".join(known))
    tokenizer = BertTokenizer.from_pretrained(folder, model_max_length=40)
    config = ChineseCLIPConfig(
        text_config=TEXT | {"vocab_size": len(tokenizer)}, vision_config=VISION, projection_dim=24
    )
    images = ChineseCLIPImageProcessorPil(**SIZES)
    return ChineseCLIPModel(config), ChineseCLIPProcessor(images, tokenizer)


def siglip(folder: Path) -> tuple[Any, Any]:
    tokenizer = other_words(folder)
    text = {**TEXT, "vocab_size": len(tokenizer), "projection_size": 32}
    config = SiglipConfig(text_config=text, vision_config=VISION)
    images = SiglipImageProcessorPil(size={"height": 56, "width": 56})
    return SiglipModel(config), SiglipProcessor(images, tokenizer)


def siglip2(folder: Path) -> tuple[Any, Any]:
    """The variant that takes images of any shape, as patches and a mask."""
    known = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *"abcdefghijklmnopqrstuvwxyz"]
    vocabulary = {word: number for number, word in enumerate(known)}
    tokenizer = Siglip2Tokenizer(vocabulary, [], model_max_length=40, padding_side="right")
    text = {**TEXT, "vocab_size": len(tokenizer), "projection_size": 32}
    vision = {key: VISION[key] for key in VISION if key != "image_size"} | {"num_patches": 16}
    images = Siglip2ImageProcessorPil(patch_size=14, max_num_patches=16)
    config = Siglip2Config(text_config=text, vision_config=vision)
    return Siglip2Model(config), Siglip2Processor(images, tokenizer)


FAMILIES = {
    "alt": altclip,
    "chinese": chinese_clip,
    "clip": clip,
    "metaclip2": metaclip2,
    "siglip": siglip,
    "siglip2": siglip2,
}


def save(folder: Path, family: Callable[[Path], tuple[Any, Any]]) -> Path:
    torch.manual_seed(3)
    model, processor = family(folder)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.2)
            elif name == "logit_scale":
                parameter.fill_(3.0)
            elif name == "logit_bias":
                parameter.fill_(-7.0)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    """A CLIP of 56-pixel images."""
    return save(folder, clip)
