"""MiniCPM-V 4.6."""

from pathlib import Path

from transformers import (
    MiniCPMV4_6Config,
    MiniCPMV4_6ForConditionalGeneration,
    MiniCPMV4_6Processor,
)
from transformers.models.minicpmv4_6 import MiniCPMV4_6ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.minicpm import SLICES, minicpm_processor, minicpm_settings, minicpm_words
from tests.conformance.parts import randomise


def build(folder: Path) -> None:
    """Sixteen patches make a token."""
    from transformers import MiniCPMV4_6VideoProcessor

    words = minicpm_words()
    config = MiniCPMV4_6Config(**minicpm_settings(words, "minicpmv4_6_vision"))
    processor = minicpm_processor(
        MiniCPMV4_6Processor,
        MiniCPMV4_6ImageProcessorPil(**SLICES),
        MiniCPMV4_6VideoProcessor(**SLICES),
        words,
    )
    randomise(MiniCPMV4_6ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="minicpmv4_6",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    needs="torchvision",
    checkpoint="openbmb/MiniCPM-V-4.6",
)
