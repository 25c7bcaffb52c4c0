"""PaliGemma."""

from pathlib import Path

from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration, PaliGemmaProcessor
from transformers.models.siglip import SiglipImageProcessorPil

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """SigLIP's tower before a Gemma; the processor adds a thousand tokens for places."""
    words = tokenizer(["<image>"], bos="<bos>", extra_special_tokens={"image_token": "<image>"})
    images = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    images.image_seq_length = 16
    processor = PaliGemmaProcessor(images, words)
    config = PaliGemmaConfig(
        text_config=text_settings(words, "gemma"),
        vision_config=vision_settings("siglip_vision_model"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        projection_dim=64,
        hidden_size=64,
    )
    randomise(PaliGemmaForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="paligemma",
    build=build,
    reference=by_form("<image>answer en {}"),
    adapter="plain",
    image_tokens=16,
    checkpoint="google/paligemma2-3b-mix-224",
)
