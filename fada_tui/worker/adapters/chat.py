"""Models that are asked through their processor's chat template and answer by generating text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL.Image import Image

IMAGE_TOKEN_NAMES = ("image_token_id", "image_token_index")


@dataclass(frozen=True)
class Prepared:
    """A batch, ready for `generate`."""

    inputs: Any
    """Tensors on the CPU; `input_ids` has shape (batch, prompt tokens), padded on the left."""
    prompts: tuple[str, ...]
    """As the template rendered them, each image still one placeholder."""
    image_tokens: tuple[int, ...]
    """Per prompt, the tokens that stand for its image."""


class ChatAdapter:
    """Prompts by the chat template, reads the generated tokens back as text.

    Args:
        processor: from `AutoProcessor`, with a chat template.
        config: the model's configuration, which names the image token.
    """

    name = "chat"

    def __init__(self, processor: Any, config: Any) -> None:
        self.processor = processor
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self._image_token = next(
            (value for name in IMAGE_TOKEN_NAMES if (value := getattr(config, name, None)) is not None), None
        )

    def prepare(self, batch: Sequence[tuple[Image, str]], system_prompt: str | None) -> Prepared:
        """Render and tokenise a batch of images (RGB) and questions.

        Raises:
            ValueError: a question holds the model's image placeholder, or no image reached the prompt.
        """
        conversations = [_conversation(image, question, system_prompt) for image, question in batch]
        prompts = self.processor.apply_chat_template(conversations, add_generation_prompt=True)
        padding = {"padding": True, "padding_side": "left"} if len(batch) > 1 else {}
        inputs = self.processor.apply_chat_template(
            conversations,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs=padding,
        )
        image_tokens = tuple((inputs["input_ids"] == self._image_token).sum(dim=1).tolist())
        if self._image_token is not None and 0 in image_tokens:
            raise ValueError("the processor put no image into the prompt, so the model would answer blindly")
        return Prepared(inputs, tuple(prompts), image_tokens)

    def read(self, tokens: Sequence[int]) -> str:
        """Return the answer that generated tokens spell, without special tokens and outer white space."""
        text: str = self.tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text.strip()


def _conversation(image: Image, question: str, system_prompt: str | None) -> list[dict[str, Any]]:
    asked = {
        "role": "user",
        "content": [{"type": "image", "image": image}, {"type": "text", "text": question}],
    }
    if not system_prompt:
        return [asked]
    return [{"role": "system", "content": [{"type": "text", "text": system_prompt}]}, asked]
