"""Models to measure with: SmolVLM's architecture (Idefics3) with random weights, in several sizes."""

from pathlib import Path
from typing import Any

import torch
from msgspec import Struct
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
    PreTrainedTokenizerFast,
)
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from training.dialogue import CHAT_TEMPLATE, wordings
from training.train import build_tokenizer

PATCH = 16
SCALE = 4
HEAD = 64
DEVIATION = 0.15
"""Of the weights. With those of an untrained model, every answer is one token over and over."""


class Size(Struct, frozen=True, kw_only=True):
    """How large a model is."""

    tile: int
    """Pixels of the one tile that each image becomes, on either side."""
    text: tuple[int, int, int]
    """Width, width within, layers."""
    vision: tuple[int, int, int]
    images: int
    """Worth asking about in a benchmark."""
    questions: int
    """Worth asking of each."""

    @property
    def image_tokens(self) -> int:
        """Tokens that stand for an image."""
        return (self.tile // PATCH // SCALE) ** 2


SMALLEST = Size(tile=64, text=(64, 128, 1), vision=(64, 128, 1), images=0, questions=0)
"""For runs of many results, where answering should take no longer than it must."""

# Four fifths of the weights are the text model's, as SmolVLM-500M has it.
SIZES = {
    "10M": Size(tile=256, text=(256, 704, 10), vision=(128, 512, 8), images=24, questions=1),
    "130M": Size(tile=384, text=(768, 2048, 14), vision=(512, 2048, 8), images=4, questions=4),
}


def save_random(size: Size, folder: Path, seed: int = 0) -> None:
    """Save a model whose answers never end by themselves, so that all have the same length."""
    torch.manual_seed(seed)
    words = build_tokenizer([wording.text for wording in wordings()])
    model = Idefics3ForConditionalGeneration(_configuration(size, words))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, DEVIATION)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = words.pad_token_id
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": size.tile}, max_image_size={"longest_edge": size.tile}, do_image_splitting=False
    )
    save(model, images, words, size.image_tokens, folder)


def save(model: Any, images: Any, words: PreTrainedTokenizerFast, image_tokens: int, folder: Path) -> None:
    """Save a model with its processor.

    Args:
        model: an Idefics3.
        images: its image processor.
        words: its tokenizer.
        image_tokens: for each tile.
        folder: to save in.
    """
    processor = Idefics3Processor(images, words, image_seq_len=image_tokens, chat_template=CHAT_TEMPLATE)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _configuration(size: Size, words: PreTrainedTokenizerFast) -> Idefics3Config:
    width, within, layers = size.text
    seen, seen_within, seen_layers = size.vision
    return Idefics3Config(
        text_config={
            "model_type": "llama",
            "hidden_size": width,
            "intermediate_size": within,
            "num_hidden_layers": layers,
            "num_attention_heads": width // HEAD,
            "num_key_value_heads": width // HEAD,
            "vocab_size": len(words),
            "max_position_embeddings": 4096,
            "bos_token_id": None,
            "eos_token_id": None,
            "pad_token_id": words.pad_token_id,
        },
        vision_config={
            "hidden_size": seen,
            "intermediate_size": seen_within,
            "num_hidden_layers": seen_layers,
            "num_attention_heads": seen // HEAD,
            "image_size": size.tile,
            "patch_size": PATCH,
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=SCALE,
        pad_token_id=words.pad_token_id,
    )
