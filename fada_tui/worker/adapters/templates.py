"""Chat templates: which is a checkpoint's, and whether an image has a place in it."""

from itertools import takewhile
from typing import Any

from jinja2 import TemplateError
from PIL import Image


def template(processor: Any) -> str | None:
    """A processor's chat template, or its tokenizer's; of several the default; `None` where there is none."""
    for holder in (processor, getattr(processor, "tokenizer", None)):
        own = getattr(holder, "chat_template", None)
        if isinstance(own, dict):
            own = own.get("default")
        if own:
            return str(own)
    return None


def places_image(processor: Any) -> bool:
    """Whether a processor's chat template has a place for an image.

    Those of text models have none: some drop it, some write the message's parts out as a list, some fail.
    """
    if template(processor) is None:
        return False
    text = {"type": "text", "text": "?"}
    seen = _rendered(processor, [{"type": "image", "image": Image.new("RGB", (1, 1))}, text])
    if seen is None or "{'type'" in seen:
        return False
    if str(getattr(processor, "image_token", None)) in seen:
        return True
    return bool(_added(_rendered(processor, [text]) or "", seen).strip())


def _added(without: str, with_image: str) -> str:
    """What a text has more than another, between what they begin and end with alike."""
    start = _alike(without, with_image)
    rest, longer = without[start:], with_image[start:]
    return longer[: len(longer) - _alike(rest[::-1], longer[::-1])]


def _alike(one: str, other: str) -> int:
    """Characters with which two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _rendered(processor: Any, content: list[dict[str, Any]]) -> str | None:
    """A user's message as the chat template writes it; `None` where it fails."""
    try:
        prompts: list[str] = processor.apply_chat_template(
            [[{"role": "user", "content": content}]],
            chat_template=template(processor),
            add_generation_prompt=True,
        )
    except (TypeError, TemplateError):
        return None
    return prompts[0]
