"""DiffusionGemma, which writes a block of tokens at a time."""

from pathlib import Path

import torch
from PIL.Image import Image
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    Gemma4AudioFeatureExtractor,
    Gemma4Processor,
)
from transformers.models.gemma4 import Gemma4ImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMES = {
    "image_token": "<|image|>",
    "boi_token": "<|image>",
    "eoi_token": "<image|>",
    "audio_token": "<|audio|>",
    "boa_token": "<|audio>",
    "eoa_token": "<audio|>",
}
BLOCK = 16
"""Tokens, as many as the suite asks for."""


def build(folder: Path) -> None:
    """Gemma 4's tower before an encoder and a decoder that share their weights; four steps out of noise."""
    from transformers import Gemma4VideoProcessor

    words = tokenizer([*NAMES.values(), "<|video|>"], bos="<bos>", extra_special_tokens=NAMES)
    vision = vision_settings(
        "gemma4_vision",
        head_dim=16,
        num_key_value_heads=4,
        patch_size=4,
        position_embedding_size=256,
        pooling_kernel_size=3,
    )
    del vision["image_size"]
    config = DiffusionGemmaConfig(
        text_config=text_settings(
            words,
            "diffusion_gemma_text",
            global_head_dim=32,
            layer_types=["sliding_attention", "full_attention"],
            sliding_window=32,
            use_bidirectional_attention="vision",
            num_experts=2,
            top_k_experts=1,
            moe_intermediate_size=64,
        ),
        vision_config=vision,
        image_token_id=words.image_token_id,
        boi_token_id=words.boi_token_id,
        eoi_token_id=words.eoi_token_id,
        canvas_length=BLOCK,
    )
    processor = Gemma4Processor(
        Gemma4AudioFeatureExtractor(),
        Gemma4ImageProcessorPil(patch_size=4, max_soft_tokens=70),
        words,
        Gemma4VideoProcessor(patch_size=4, max_soft_tokens=70),
        image_seq_length=70,
        chat_template=chat_template("<|image|>"),
    )
    model = randomise(DiffusionGemmaForBlockDiffusion(config), words, deviation=0.05)
    model.generation_config.max_denoising_steps = 4
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask as the documentation does; the noise is the seed's."""
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = DiffusionGemmaForBlockDiffusion.from_pretrained(folder)
    content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    torch.manual_seed(0)
    generated = model.generate(**inputs, max_new_tokens=tokens).sequences
    return generated[0, inputs["input_ids"].shape[1] :].tolist()


FAMILY = Family(
    model_type="diffusion_gemma",
    build=build,
    reference=reference,
    adapter="diffusion",
    image_tokens=63,
    batches=False,  # each place of a batch has noise of its own
    needs="torchvision",
    checkpoint="google/diffusiongemma-26B-A4B-it",
)
