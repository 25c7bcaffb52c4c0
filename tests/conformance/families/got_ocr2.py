"""GOT-OCR 2.0, which reads a page out."""

from pathlib import Path
from typing import Any

from PIL.Image import Image
from transformers import GotOcr2Config, GotOcr2ForConditionalGeneration, GotOcr2Processor
from transformers.models.got_ocr2 import GotOcr2ImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, text_settings, tokenizer

SPECIAL = ["<|im_start|>", "<|im_end|>", "<img>", "</img>", "<imgpad>"]


def config(words: Any, cls: type[Any] = GotOcr2Config) -> Any:
    """SAM's tower over 1024 pixels, of which 256 tokens come, before a Qwen2."""
    return cls(
        text_config=text_settings(words, "qwen2"),
        vision_config={
            "hidden_size": 16,
            "output_channels": 4,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 1024,
            "patch_size": 16,
            "mlp_dim": 32,
            "window_size": 8,
            "global_attn_indexes": [],
        },
        image_token_index=words.convert_tokens_to_ids("<imgpad>"),
        image_seq_length=256,
    )


def build(folder: Path) -> None:
    """The number of tokens for an image is the processor's, fixed for 1024 pixels."""
    words = tokenizer(SPECIAL)
    randomise(GotOcr2ForConditionalGeneration(config(words)), words).save_pretrained(folder)
    images = GotOcr2ImageProcessorPil(size={"height": 1024, "width": 1024})
    GotOcr2Processor(images, words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Read the image out, as in the documentation."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    inputs = processor(image, return_tensors="pt")
    generated = model.generate(
        **inputs,
        do_sample=False,
        tokenizer=processor.tokenizer,
        stop_strings="<|im_end|>",
        max_new_tokens=tokens,
    )
    return generated[0, inputs["input_ids"].shape[1] :].tolist()


FAMILY = Family(
    model_type="got_ocr2",
    build=build,
    reference=reference,
    adapter="plain",
    image_tokens=256,
    takes_questions=False,
    checkpoint="stepfun-ai/GOT-OCR-2.0-hf",
)
