"""Ovis2."""

from pathlib import Path

from transformers import Ovis2Config, Ovis2ForConditionalGeneration, Ovis2Processor
from transformers.models.ovis2 import Ovis2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

INDICATORS = ["<IMG_START>", "<IMG_GRID>", "<IMG_COL>", "<IMG_ROW>", "<IMG_END>"]


def build(folder: Path) -> None:
    """Its tower gives each patch a distribution over words of its own."""
    words = tokenizer(["<image>", "<IMG_ATOM>", *INDICATORS])
    config = Ovis2Config(
        text_config=text_settings(words, "qwen2"),
        vision_config=vision_settings("ovis2_vision", hidden_stride=2, vocab_size=64),
        image_token_id=words.convert_tokens_to_ids("<IMG_ATOM>"),
        visual_indicator_token_ids=words.convert_tokens_to_ids(INDICATORS),
        vocab_size=len(words),
        hidden_size=64,
    )
    processor = Ovis2Processor(
        Ovis2ImageProcessorPil(size={"height": 32, "width": 32}),
        words,
        image_seq_length=4,
        chat_template=chat_template("<image>"),
    )
    randomise(Ovis2ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="ovis2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="thisisiron/Ovis2-1B-hf",
)
