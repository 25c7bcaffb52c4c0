"""BLIP's captioning head."""

from pathlib import Path

from PIL.Image import Image
from transformers import BlipConfig, BlipForConditionalGeneration, BlipProcessor
from transformers.models.blip import BlipImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def config(words: object) -> BlipConfig:
    """BLIP's two towers; the separator, here the end token, ends an answer."""
    text = {
        "vocab_size": len(words),
        "hidden_size": 64,
        "encoder_hidden_size": 64,
        "intermediate_size": 128,
        "projection_dim": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "sep_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }
    return BlipConfig(text_config=text, vision_config=vision_settings())


def processor(words: object) -> BlipProcessor:
    """The image processor of all BLIPs, for 32 pixels."""
    return BlipProcessor(BlipImageProcessorPil(size={"height": 32, "width": 32}), words)


def build(folder: Path) -> None:
    """The captioning class."""
    words = tokenizer(bos="[DEC]")
    randomise(BlipForConditionalGeneration(config(words)), words).save_pretrained(folder)
    processor(words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Caption without a text, as in the documentation."""
    from transformers import AutoProcessor

    model = BlipForConditionalGeneration.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(images=image, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="blip",
    build=build,
    reference=reference,
    adapter="caption",
    takes_questions=False,
    ends_by_settings=False,  # by the text part's separator
    checkpoint="Salesforce/blip-image-captioning-base",
)
