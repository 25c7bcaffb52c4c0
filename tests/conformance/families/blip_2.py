"""BLIP-2 over OPT."""

from pathlib import Path
from typing import Any

from PIL.Image import Image
from transformers import Blip2Config, Blip2ForConditionalGeneration, Blip2Processor
from transformers.models.blip import BlipImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings

QUERIES = 4

QFORMER = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "cross_attention_frequency": 2,
}


def opt(words: Any) -> dict[str, Any]:
    """Return the settings of a small OPT."""
    return {
        "model_type": "opt",
        "vocab_size": len(words),
        "hidden_size": 64,
        "word_embed_proj_dim": 64,
        "ffn_dim": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }


def save(folder: Path, words: Any, language: dict[str, Any], deviation: float = 0.15) -> None:
    """Save a model over a language model, with its processor."""
    settings = Blip2Config(
        vision_config=vision_settings(),
        qformer_config=QFORMER,
        text_config=language,
        num_query_tokens=QUERIES,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    model = randomise(Blip2ForConditionalGeneration(settings), deviation=deviation)
    model.language_model.generation_config.eos_token_id = words.eos_token_id
    model.language_model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)
    images = BlipImageProcessorPil(size={"height": 32, "width": 32})
    Blip2Processor(images, words, num_query_tokens=QUERIES).save_pretrained(folder)


def build(folder: Path) -> None:
    """The decoder goes on from the question."""
    words = tokenizer(["<image>"], bos="</s>")
    save(folder, words, opt(words))


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask in the documentation's form; image tokens stand before the question."""
    from transformers import AutoProcessor

    model = Blip2ForConditionalGeneration.from_pretrained(folder)
    prompt = f"Question: {question} Answer:"
    inputs = AutoProcessor.from_pretrained(folder)(images=image, text=prompt, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, inputs["input_ids"].shape[1] :].tolist()


FAMILY = Family(
    model_type="blip-2",
    build=build,
    reference=reference,
    adapter="blip-2",
    image_tokens=QUERIES,
    checkpoint="Salesforce/blip2-opt-2.7b",
)
