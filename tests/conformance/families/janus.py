"""Janus, asked; it can draw too, which the program does not ask for."""

from pathlib import Path

from transformers import JanusConfig, JanusForConditionalGeneration, JanusProcessor
from transformers.models.janus import JanusImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """SigLIP's tower before a Llama, and a small VQ-VAE that stays unused."""
    names = {
        "image_token": "<image_placeholder>",
        "boi_token": "<begin_of_image>",
        "eoi_token": "<end_of_image>",
    }
    words = tokenizer(list(names.values()), bos="<bos>", extra_special_tokens=names)
    config = JanusConfig(
        text_config=text_settings(words),
        vision_config={
            **vision_settings("janus_vision_model"),
            "mlp_ratio": 2.0,
            "projection_dim": 64,
            "num_image_tokens": 16,
        },
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 32,
            "base_channels": 32,
            "channel_multiplier": [1, 1],
            "num_res_blocks": 1,
            "projection_dim": 64,
            "image_token_embed_dim": 64,
        },
        image_token_id=words.image_token_id,
    )
    images = JanusImageProcessorPil(size={"height": 32, "width": 32})
    processor = JanusProcessor(
        images, words, num_image_tokens=16, chat_template=chat_template("<image_placeholder>")
    )
    randomise(JanusForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="janus",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=16,
    checkpoint="deepseek-community/Janus-Pro-1B",
)
