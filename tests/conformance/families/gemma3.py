"""Gemma 3, and MedGemma."""

from pathlib import Path

from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
from transformers.models.gemma3 import Gemma3ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = {
    "image_token": "<image_soft_token>",
    "boi_token": "<start_of_image>",
    "eoi_token": "<end_of_image>",
}


def build(folder: Path) -> None:
    """Four tokens that see one another, before a layer with a window and one without."""
    words = tokenizer([*NAMED.values()], bos="<bos>", extra_special_tokens=NAMED)
    config = Gemma3Config(
        text_config=text_settings(words, "gemma3_text", sliding_window=16, sliding_window_pattern=2),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        mm_tokens_per_image=4,
        image_token_index=words.image_token_id,
        boi_token_index=words.boi_token_id,
        eoi_token_index=words.eoi_token_id,
    )
    processor = Gemma3Processor(
        Gemma3ImageProcessorPil(size={"height": 32, "width": 32}),
        words,
        image_seq_length=4,
        chat_template=chat_template("<start_of_image>"),
    )
    randomise(Gemma3ForConditionalGeneration(config), words, deviation=0.05).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="gemma3",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="google/medgemma-4b-it",
)
