"""A captioner that is published with an image processor and a tokenizer, and without a processor."""

from pathlib import Path

from PIL.Image import Image
from transformers import VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from transformers.models.vit import ViTImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def build(folder: Path) -> None:
    """A ViT before a GPT-2."""
    words = tokenizer()
    decoder = {
        "model_type": "gpt2",
        "vocab_size": len(words),
        "n_embd": 64,
        "n_layer": 2,
        "n_head": 4,
        "n_positions": 512,
        "bos_token_id": words.eos_token_id,
        "eos_token_id": words.eos_token_id,
        "is_decoder": True,
        "add_cross_attention": True,
    }
    config = VisionEncoderDecoderConfig(
        encoder=vision_settings("vit"),
        decoder=decoder,
        decoder_start_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    model = randomise(VisionEncoderDecoderModel(config), words)
    model.generation_config.decoder_start_token_id = words.eos_token_id
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    words.save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Caption as the model's card does, with the two parts loaded one by one."""
    from transformers import AutoImageProcessor

    model = VisionEncoderDecoderModel.from_pretrained(folder)
    pixels = AutoImageProcessor.from_pretrained(folder)(images=[image], return_tensors="pt").pixel_values
    generated = model.generate(pixels, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="vit-gpt2",
    build=build,
    reference=reference,
    adapter="encoder-decoder",
    takes_questions=False,
    checkpoint="nlpconnect/vit-gpt2-image-captioning",
)
