"""MiniCPM-OCR."""

from pathlib import Path

from transformers import MiniCPMOcrConfig, MiniCPMOcrForConditionalGeneration, MiniCPMOcrProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.minicpm import SLICES, minicpm_processor, minicpm_settings, minicpm_words
from tests.conformance.parts import randomise


def build(folder: Path) -> None:
    """Four patches make a token."""
    from transformers import MiniCPMOcrImageProcessor, MiniCPMOcrVideoProcessor

    words = minicpm_words()
    config = MiniCPMOcrConfig(**minicpm_settings(words, "minicpm_ocr_vision"))
    processor = minicpm_processor(
        MiniCPMOcrProcessor, MiniCPMOcrImageProcessor(**SLICES), MiniCPMOcrVideoProcessor(**SLICES), words
    )
    randomise(MiniCPMOcrForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="minicpm_ocr",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=15,
    needs="torchvision",
    checkpoint="openbmb/MiniCPM-OCR",
)
