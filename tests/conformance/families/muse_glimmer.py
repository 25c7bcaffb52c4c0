"""Muse Glimmer."""

from pathlib import Path

from transformers import MuseGlimmerConfig, MuseGlimmerForConditionalGeneration, MuseGlimmerProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.muse import IMAGES, WORDS, muse_settings
from tests.conformance.parts import chat_template, randomise, tokenizer


def build(folder: Path) -> None:
    """Its tower takes images of any size, one layer of it through windows."""
    from transformers import MuseGlimmerImageProcessor, MuseGlimmerVideoProcessor

    words = tokenizer(WORDS)
    config = MuseGlimmerConfig(**muse_settings(words, "muse_glimmer_text", "muse_glimmer_vision"))
    processor = MuseGlimmerProcessor(
        MuseGlimmerImageProcessor(**IMAGES),
        MuseGlimmerVideoProcessor(patch_size=8),
        words,
        chat_template=chat_template("<|patch|>"),
    )
    randomise(MuseGlimmerForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="muse_glimmer",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="meta-models/Muse-Glimmer-30B",
)
