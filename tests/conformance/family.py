"""What the conformance suite knows of a family of models: how to build one, how its documentation asks it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image

Reference = Callable[[Path, Image, str, int], list[int]]
"""Takes a checkpoint, an image (RGB), a question and the most new tokens; returns the new tokens' ids."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of models that generate text."""

    model_type: str
    """As transformers' list of image-text-to-text models names it, or a name for what is run beside these."""
    build: Callable[[Path], None]
    """Saves a small random model and its real processor into a folder."""
    reference: Reference
    """The plain transformers call, written from the family's documentation."""
    adapter: str
    """The adapter that must be chosen."""
    image_tokens: int | None = None
    """Tokens of the prompt that stand for the test's image; `None` where none do."""
    takes_questions: bool = True
    """Two questions about one image get two prompts."""
    batches: bool = True
    """Images and questions of different lengths may be answered together."""
    ends_by_settings: bool = True
    """An answer ends at the token that the model's generation settings name, and at no other."""
    needs: str | None = None
    """A package beyond the program's own, without which the family's processor is not to be had."""
    checkpoint: str | None
    """A published checkpoint of the family, for the documentation; `None` where none is known."""


def by_chat_template(folder: Path, image: Image, question: str, tokens: int, **options: Any) -> list[int]:
    """Ask as the documentation of chat models does: template, generate, slice the prompt off."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    generated = model.generate(**inputs, **options, max_new_tokens=tokens, do_sample=False)
    return without_prompt(generated, inputs)


def by_form(form: str) -> Reference:
    """Ask by a line of text that the question is put into, and slice the prompt off."""

    def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        processor = AutoProcessor.from_pretrained(folder)
        model = AutoModelForImageTextToText.from_pretrained(folder)
        inputs = processor(images=image, text=form.format(question), return_tensors="pt")
        generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
        return without_prompt(generated, inputs)

    return reference


def without_prompt(generated: torch.Tensor, inputs: Any) -> list[int]:
    """Return the tokens after the prompt of the only sequence."""
    return generated[0, inputs["input_ids"].shape[1] :].tolist()
