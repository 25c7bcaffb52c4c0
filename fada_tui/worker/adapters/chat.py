"""Models that are asked through their processor's chat template."""

from typing import Any

from PIL.Image import Image

from fada_tui.worker.adapters.prompting import (
    NO_IMAGE,
    Batch,
    ImageIgnoredError,
    Prepared,
    TextAdapter,
    padding,
    prepared,
)


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
            ValueError: a question holds the image placeholder, or the template drops the system prompt.
        """
        conversations = [_conversation(image, question, system_prompt) for image, question in batch]
        prompts = self.processor.apply_chat_template(
            conversations, chat_template=self._template, add_generation_prompt=True
        )
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
            if self._renders(batch, system_prompt) == prompts:
                raise ImageIgnoredError(NO_IMAGE) from error
            raise
        return prepared(inputs, prompts, self.config)

    def _renders(self, batch: Batch, system_prompt: str | None) -> Any:
        """The prompts as they are without any image."""
        bare = [_conversation(image, question, system_prompt) for image, question in batch]
        for conversation in bare:
            conversation[-1]["content"] = conversation[-1]["content"][1:]
        return self.processor.apply_chat_template(
            bare, chat_template=self._template, add_generation_prompt=True
        )


def template(processor: Any) -> Any:
    """A processor's chat template, or its tokenizer's; `None` where there is none."""
    own = getattr(processor, "chat_template", None)
    return own or getattr(getattr(processor, "tokenizer", None), "chat_template", None)


def _conversation(image: Image, question: str, system_prompt: str | None) -> list[dict[str, Any]]:
    asked = {
        "role": "user",
        "content": [{"type": "image", "image": image}, {"type": "text", "text": question}],
    }
    if not system_prompt:
        return [asked]
    return [{"role": "system", "content": [{"type": "text", "text": system_prompt}]}, asked]
