"""BLIP-2 over T5, which reads the question in its encoder."""

from pathlib import Path

from PIL.Image import Image
from transformers import Blip2ForConditionalGeneration

from tests.conformance.families.blip_2 import QUERIES, save
from tests.conformance.family import Family
from tests.conformance.parts import tokenizer


def t5(words: object) -> dict[str, object]:
    """Return the settings of a small T5."""
    return {
        "model_type": "t5",
        "vocab_size": len(words),
        "d_model": 64,
        "d_kv": 16,
        "d_ff": 128,
        "num_layers": 2,
        "num_heads": 4,
        "decoder_start_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }


def build(folder: Path) -> None:
    """The encoder reads image and question."""
    words = tokenizer(["<image>"])
    save(folder, words, t5(words), deviation=0.4)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask in the documentation's form; the answer begins after the decoder's start token."""
    from transformers import AutoProcessor

    model = Blip2ForConditionalGeneration.from_pretrained(folder)
    prompt = f"Question: {question} Answer:"
    inputs = AutoProcessor.from_pretrained(folder)(images=image, text=prompt, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="blip-2-t5",
    build=build,
    reference=reference,
    adapter="blip-2",
    image_tokens=QUERIES,
    checkpoint="Salesforce/blip2-flan-t5-xl",
)
