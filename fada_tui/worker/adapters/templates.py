"""Chat templates: finding a checkpoint's template, and checking that it places images."""

from itertools import takewhile
from typing import Any

from jinja2 import TemplateError
from PIL import Image

from fada_tui.worker.adapters.prompting import image_token

THINKING = ("enable_thinking", "thinking")
"""Variables by which chat templates are told whether the model thinks before it answers."""


def thinking_set(template: str, on: bool) -> str:
    """Return a chat template with the variables set that switch thinking; others take no notice.

    A variable that a template does not read would be handed to the processor, if it came as an argument.
    """
    value = "true" if on else "false"
    return "".join(f"{{% set {name} = {value} %}}" for name in THINKING) + "\n" + template


def template(processor: Any) -> str | None:
    """Return the chat template of a processor or its tokenizer; the default of several; `None` if none."""
    for holder in (processor, getattr(processor, "tokenizer", None)):
        own = getattr(holder, "chat_template", None)
        if isinstance(own, dict):
            own = own.get("default")
        if own:
            return str(own)
    return None


def places_image(processor: Any, config: Any) -> bool:
    """Return whether a processor's chat template places an image.

    Those of text models have none: some drop it, some write the message's parts out as a list, some fail.
    """
    if template(processor) is None:
        return False
    text = {"type": "text", "text": "?"}
    seen = _rendered(processor, [{"type": "image", "image": Image.new("RGB", (1, 1))}, text])
    if seen is None or "{'type'" in seen:
        return False
    if any(token in seen for token in _image_tokens(processor, config)):
        return True
    return bool(_added(_rendered(processor, [text]) or "", seen).strip())


def _image_tokens(processor: Any, config: Any) -> list[str]:
    """Return the texts that stand for an image in a prompt, by the processor and the model."""
    number = image_token(config)
    own = None if number is None else processor.tokenizer.convert_ids_to_tokens(number)
    return [str(token) for token in (getattr(processor, "image_token", None), own) if token]


def _added(without: str, with_image: str) -> str:
    """Return the text that one string has beyond another, between their common start and end."""
    start = _alike(without, with_image)
    rest, longer = without[start:], with_image[start:]
    return longer[: len(longer) - _alike(rest[::-1], longer[::-1])]


def _alike(one: str, other: str) -> int:
    """Return the number of characters with which both texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _rendered(processor: Any, content: list[dict[str, Any]]) -> str | None:
    """Return a user's message rendered by the chat template; `None` if it fails."""
    try:
        prompts: list[str] = processor.apply_chat_template(
            [[{"role": "user", "content": content}]],
            chat_template=template(processor),
            add_generation_prompt=True,
        )
    except (TypeError, TemplateError):
        return None
    return prompts[0]
