"""Mistral Small 3.1 and its kin."""

from pathlib import Path
from typing import Any

from transformers import Mistral3Config, Mistral3ForConditionalGeneration

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

WORDS = ["[IMG]", "[IMG_BREAK]", "[IMG_END]"]


def pixtral_processor(words: Any) -> Any:
    """Return a processor that cuts images into patches of 8 pixels, two by two of which make a token.

    Its class needs torchvision.
    """
    from transformers import PixtralProcessor
    from transformers.models.pixtral import PixtralImageProcessorPil

    return PixtralProcessor(
        PixtralImageProcessorPil(size={"longest_edge": 32}, patch_size=8),
        words,
        patch_size=8,
        spatial_merge_size=2,
        chat_template=chat_template("[IMG]"),
    )


def build(folder: Path) -> None:
    """Pixtral's tower before a Mistral; an image's rows end in a token of their own."""
    words = tokenizer(WORDS)
    config = Mistral3Config(
        text_config=text_settings(words, "mistral"),
        vision_config=vision_settings("pixtral"),
        image_token_index=words.convert_tokens_to_ids("[IMG]"),
    )
    randomise(Mistral3ForConditionalGeneration(config), words).save_pretrained(folder)
    pixtral_processor(words).save_pretrained(folder)


FAMILY = Family(
    model_type="mistral3",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    needs="torchvision",
    checkpoint="mistralai/Mistral-Small-3.1-24B-Instruct-2503",
)
