"""Models that are prompted through their processor's chat template."""

from typing import Any, TypeAlias

from jinja2 import TemplateError
from PIL import Image

from fada_tui.core.errors import reason
from fada_tui.worker.adapters.asking import check
from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    padding,
    prepared,
)
from fada_tui.worker.adapters.templates import template, thinking_set

Conversation: TypeAlias = list[dict[str, Any]]

ASKED_FOR = {"Cosmos3EdgeForConditionalGeneration": {"return_mm_token_type_ids": True}}
"""By architecture, outputs that a processor gives only on request although its model needs them."""


class ChatAdapter(TextAdapter):
    """The adapter for models with a chat template.

    Args:
        processor: from `AutoProcessor`, with a chat template.
        config: the model's configuration.
    """

    name = "chat"

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._template = template(processor)
        self._asked_for = ASKED_FOR.get((config.architectures or [""])[0], {})

    def can_switch_thinking(self) -> bool:
        """Return whether the chat template makes another prompt of it."""
        conversation = [_conversation(Image.new("RGB", (8, 8)), "?", None)]
        try:
            on, off = (
                self.processor.apply_chat_template(
                    conversation,
                    chat_template=thinking_set(self._template or "", on),
                    add_generation_prompt=True,
                )
                for on in (True, False)
            )
        except (TemplateError, TypeError):  # it refuses one of them
            return False
        return bool(on != off)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Render and tokenise a batch.

        Raises:
            ImageIgnoredError: no image reached the prompt.
            ValueError: a question holds the image placeholder, the template drops or refuses the system
                prompt, or the model answers one by one.
        """
        check(batch, self.processor, self.config)
        conversations, prompts = self._render_all(batch, system_prompt)
        inputs = self.processor.apply_chat_template(
            conversations,
            chat_template=self._told_template(),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={**padding(batch), **self._asked_for},
        )
        return prepared(inputs, prompts, self.config)

    def _render(self, conversations: list[Conversation]) -> list[str]:
        prompts: list[str] = self.processor.apply_chat_template(
            conversations, chat_template=self._told_template(), add_generation_prompt=True
        )
        return prompts

    def _told_template(self) -> str | None:
        if self._template is None or self.thinking is None:
            return self._template
        return thinking_set(self._template, self.thinking)

    def _render_all(self, batch: Batch, system_prompt: str | None) -> tuple[list[Conversation], list[str]]:
        """Return the conversations and the prompts that the template makes of them.

        Some templates want the system prompt in parts as the question, some as a text.
        """
        if not system_prompt:
            conversations = [_conversation(image, question, None) for image, question in batch]
            return conversations, self._render(conversations)
        refusal: Exception | None = None
        dropped = False
        for content in ([{"type": "text", "text": system_prompt}], system_prompt):
            conversations = [_conversation(image, question, content) for image, question in batch]
            try:
                prompts = self._render(conversations)
            except (TemplateError, TypeError) as error:
                refusal = error
                continue
            if all(_tells(prompt, content, system_prompt) for prompt in prompts):
                return conversations, prompts
            dropped = True
        if dropped or refusal is None:
            raise ValueError("its chat template drops the system prompt: leave --system-prompt out for it")
        raise ValueError(
            f"its chat template refuses a system prompt ({reason(refusal)}): leave --system-prompt out for it"
        ) from refusal


def _tells(prompt: str, content: Any, system_prompt: str) -> bool:
    """Return whether a prompt contains the system prompt's text, not the Python form of its parts."""
    return system_prompt.strip() in prompt and (content is system_prompt or str(content) not in prompt)


def _conversation(image: Image.Image, question: str, system_prompt: Any) -> Conversation:
    """Return the conversation for a question.

    Args:
        image: RGB.
        question: as the user wrote it.
        system_prompt: a message's content, or `None`.
    """
    asked = {
        "role": "user",
        "content": [{"type": "image", "image": image}, {"type": "text", "text": question}],
    }
    return [asked] if system_prompt is None else [{"role": "system", "content": system_prompt}, asked]
