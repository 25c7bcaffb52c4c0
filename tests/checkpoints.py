"""Small checkpoints for the tests: real classes and processors with random weights, saved to disk."""

from pathlib import Path

import torch
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3Processor,
)
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from training.dialogue import CHAT_TEMPLATE
from training.train import build_tokenizer

CORPUS = [
    "The image shows the head, abdomen, heart and femur of a fetus in ultrasound.",
    "What anatomical structures can you see in this image? Which plane is shown? User: Assistant:",
]


def save_idefics3(folder: Path, *, seed: int = 0, wide_cache: bool = False) -> Path:
    """Save a random SmolVLM-architecture model of about 0.4 M parameters with its processor.

    Args:
        folder: to save it in.
        seed: of its weights.
        wide_cache: keep four times as much of every token.
    """
    torch.manual_seed(seed)
    words = build_tokenizer(CORPUS)
    size = len(words)
    model = Idefics3ForConditionalGeneration(
        Idefics3Config(
            text_config={
                "model_type": "llama",
                "hidden_size": 64,
                "intermediate_size": 128,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "num_key_value_heads": 4 if wide_cache else 2,
                "head_dim": 32 if wide_cache else 16,
                "vocab_size": size,
                "max_position_embeddings": 1024,
                "pad_token_id": words.pad_token_id,
                "eos_token_id": words.eos_token_id,
            },
            vision_config={
                "hidden_size": 64,
                "intermediate_size": 128,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "image_size": 64,
                "patch_size": 16,
            },
            image_token_id=words.convert_tokens_to_ids("<image>"),
            scale_factor=2,
            pad_token_id=words.pad_token_id,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.15)
    model.generation_config.eos_token_id = words.eos_token_id
    model.generation_config.pad_token_id = words.pad_token_id
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 64}, max_image_size={"longest_edge": 64}, do_image_splitting=False
    )
    processor = Idefics3Processor(images, words, image_seq_len=4, chat_template=CHAT_TEMPLATE)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
