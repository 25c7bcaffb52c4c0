"""TrOCR: a ViT with a decoder that writes down what it reads."""

from pathlib import Path
from typing import Any

from PIL.Image import Image
from transformers import TrOCRProcessor, VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from transformers.models.vit import ViTImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def decoder(words: Any, model_type: str) -> dict[str, Any]:
    """Return the settings of TrOCR's decoder, or of MBart's."""
    return {
        "model_type": model_type,
        "vocab_size": len(words),
        "d_model": 64,
        "decoder_layers": 2,
        "decoder_attention_heads": 4,
        "decoder_ffn_dim": 128,
        "cross_attention_hidden_size": 64,
        "max_position_embeddings": 512,
        "pad_token_id": words.pad_token_id,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "decoder_start_token_id": words.eos_token_id,
        "is_decoder": True,
        "add_cross_attention": True,
    }


def build(folder: Path) -> None:
    """As published ones do, it lacks the pooler of its encoder's class, which its decoder does not ask."""
    words = tokenizer(bos="<s>")
    config = VisionEncoderDecoderConfig(
        encoder=vision_settings("vit"),
        decoder=decoder(words, "trocr"),
        decoder_start_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    model = randomise(VisionEncoderDecoderModel(config), words)
    model.encoder.pooler = None
    model.generation_config.decoder_start_token_id = words.eos_token_id
    model.save_pretrained(folder)
    TrOCRProcessor(ViTImageProcessorPil(size={"height": 32, "width": 32}), words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Read the image out, as in TrOCR's documentation."""
    from transformers import AutoProcessor

    model = VisionEncoderDecoderModel.from_pretrained(folder)
    pixels = AutoProcessor.from_pretrained(folder)(images=image, return_tensors="pt").pixel_values
    generated = model.generate(pixels, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="vision-encoder-decoder",
    build=build,
    reference=reference,
    adapter="encoder-decoder",
    takes_questions=False,
    checkpoint="microsoft/trocr-base-printed",
)
