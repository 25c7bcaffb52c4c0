"""Models that are asked through their processor's chat template."""

from itertools import takewhile
from typing import Any, TypeAlias

from PIL.Image import Image

from fada_tui.worker.adapters.batching import check_batch
from fada_tui.worker.adapters.prompting import (
    Batch,
    ImageIgnoredError,
    Prepared,
    TextAdapter,
    padding,
    prepared,
)

Conversation: TypeAlias = list[dict[str, Any]]


class ChatAdapter(TextAdapter):
    """Prompts by the chat template.

    Args:
        processor: from `AutoProcessor`, with a chat template.
        config: the model's configuration.
    """

    name = "chat"

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._template = template(processor)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Render and tokenise a batch.

        Raises:
            ImageIgnoredError: no image reached the prompt.
            ValueError: a question holds the image placeholder, the template drops the system prompt, or the
                model answers one by one.
        """
        check_batch(self.config, batch)
        conversations = [_conversation(image, question, system_prompt) for image, question in batch]
        prompts = self._rendered(conversations)
        if system_prompt and system_prompt not in prompts[0]:
            raise ValueError("its chat template drops the system prompt: leave --system-prompt out for it")
        try:
            inputs = self.processor.apply_chat_template(
                conversations,
                chat_template=self._template,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                processor_kwargs=padding(batch),
            )
        except ValueError as error:
            if self._leaves_out_the_image(conversations[0], prompts[0]):
                raise ImageIgnoredError(
                    "its chat template leaves the image out, so the model would answer blindly; "
                    "take the template of the published checkpoint"
                ) from error
            raise
        return prepared(inputs, prompts, self.config)

    def _rendered(self, conversations: list[Conversation]) -> list[str]:
        prompts: list[str] = self.processor.apply_chat_template(
            conversations, chat_template=self._template, add_generation_prompt=True
        )
        return prompts

    def _leaves_out_the_image(self, conversation: Conversation, prompt: str) -> bool:
        """Whether the image leaves no trace in what the template renders."""
        *before, asked = conversation
        blind = asked | {"content": asked["content"][1:]}
        return not added(self._rendered([[*before, blind]])[0], prompt).strip()


def added(without: str, with_image: str) -> str:
    """Return what a text has more than another, between what they begin and end with alike."""
    start = _alike(without, with_image)
    rest, longer = without[start:], with_image[start:]
    return longer[: len(longer) - _alike(rest[::-1], longer[::-1])]


def _alike(one: str, other: str) -> int:
    """Characters with which two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def template(processor: Any) -> Any:
    """A processor's chat template, or its tokenizer's; `None` where there is none."""
    own = getattr(processor, "chat_template", None)
    return own or getattr(getattr(processor, "tokenizer", None), "chat_template", None)


def _conversation(image: Image, question: str, system_prompt: str | None) -> Conversation:
    asked = {
        "role": "user",
        "content": [{"type": "image", "image": image}, {"type": "text", "text": question}],
    }
    if not system_prompt:
        return [asked]
    return [{"role": "system", "content": [{"type": "text", "text": system_prompt}]}, asked]
