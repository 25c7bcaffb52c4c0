"""T5Gemma 2: an encoder that reads image and text, and a decoder."""

from pathlib import Path
from typing import Any

from PIL.Image import Image
from transformers import Gemma3Processor, T5Gemma2Config, T5Gemma2ForConditionalGeneration
from transformers.models.gemma3 import Gemma3ImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, text_settings, tokenizer, vision_settings

NAMES = {
    "image_token": "<image_soft_token>",
    "boi_token": "<start_of_image>",
    "eoi_token": "<end_of_image>",
}


def build(folder: Path) -> None:
    """The checkpoints are pretrained ones: there is no chat template."""
    words = tokenizer(list(NAMES.values()), bos="<bos>", extra_special_tokens=NAMES)
    text: dict[str, Any] = {
        **text_settings(words, "t5gemma2_text"),
        "query_pre_attn_scalar": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "sliding_window": 32,
    }
    config = T5Gemma2Config(
        encoder={
            "text_config": text,
            "vision_config": vision_settings("siglip_vision_model"),
            "mm_tokens_per_image": 4,
            "boi_token_index": words.boi_token_id,
            "eoi_token_index": words.eoi_token_id,
            "image_token_index": words.image_token_id,
        },
        decoder={**text, "model_type": "t5gemma2_decoder"},
        image_token_index=words.image_token_id,
    )
    model = randomise(T5Gemma2ForConditionalGeneration(config), words)
    model.get_input_embeddings().weight.data.mul_(0.1)  # they are the output's too, and would repeat a token
    model.generation_config.decoder_start_token_id = words.bos_token_id
    model.save_pretrained(folder)
    images = Gemma3ImageProcessorPil(size={"height": 32, "width": 32})
    Gemma3Processor(images, words, image_seq_length=4).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Put the image before the text, as in the documentation."""
    from transformers import AutoModelForSeq2SeqLM, AutoProcessor

    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    prompt = f"<start_of_image> {question}"
    inputs = AutoProcessor.from_pretrained(folder)(text=prompt, images=image, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="t5gemma2",
    build=build,
    reference=reference,
    adapter="plain",
    image_tokens=4,
    checkpoint="google/t5gemma-2-270m-270m",
)
