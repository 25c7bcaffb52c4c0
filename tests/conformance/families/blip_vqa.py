"""BLIP's question-answering head, which transformers does not list as image-text-to-text."""

from pathlib import Path

from PIL.Image import Image
from transformers import BlipForQuestionAnswering

from tests.conformance.families.blip import config, processor
from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """The question-answering class."""
    words = tokenizer(bos="[DEC]")
    randomise(BlipForQuestionAnswering(config(words)), words).save_pretrained(folder)
    processor(words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask by the question alone, as in the documentation."""
    from transformers import AutoProcessor

    model = BlipForQuestionAnswering.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(images=image, text=question, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="blip-vqa",
    build=build,
    reference=reference,
    adapter="blip-vqa",
    batches=False,  # its decoder attends to the padding of shorter questions
    ends_by_settings=False,  # by the text part's separator
    checkpoint="Salesforce/blip-vqa-base",
)
