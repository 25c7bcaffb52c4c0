"""Idefics2."""

from pathlib import Path

from transformers import Idefics2Config, Idefics2ForConditionalGeneration, Idefics2Processor
from transformers.models.idefics2 import Idefics2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """The image whole, in its own proportions, resampled to four tokens, before a Mistral."""
    words = tokenizer(
        ["<fake_token_around_image>", "<image>", "<end_of_utterance>"],
        extra_special_tokens={"image_token": "<image>", "image_boundary_token": "<fake_token_around_image>"},
    )
    config = Idefics2Config(
        text_config=text_settings(words, "mistral"),
        vision_config=vision_settings(),
        perceiver_config={
            "hidden_size": 64,
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 16,
            "num_key_value_heads": 1,
        },
        image_token_id=words.convert_tokens_to_ids("<image>"),
    )
    processor = Idefics2Processor(
        Idefics2ImageProcessorPil(size={"shortest_edge": 16, "longest_edge": 32}),
        words,
        image_seq_len=4,
        chat_template=chat_template("<image>"),
    )
    randomise(Idefics2ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="idefics2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="HuggingFaceM4/idefics2-8b",
)
