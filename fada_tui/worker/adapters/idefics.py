"""The first Idefics: a dialogue given as a list of texts and images."""

from typing import Any

from PIL.Image import Image

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    padding,
    prepared,
    without_system_prompt,
)

UNWANTED = ("<image>", "<fake_token_around_image>")
END = "<end_of_utterance>"
"""Text that ends an answer of the instructed checkpoints, missing in their generation settings."""


class IdeficsAdapter(TextAdapter):
    """The adapter for Idefics, in the prompt format on which its instructed checkpoints were trained."""

    name = "idefics"
    architectures = ("IdeficsForVisionText2Text",)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        unwanted = self.tokenizer(list(UNWANTED), add_special_tokens=False).input_ids
        self._ends = (self.tokenizer.convert_tokens_to_ids(END), self.tokenizer.eos_token_id)
        self._options = {"bad_words_ids": unwanted, "eos_token_id": list(self._ends)}

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Put each image and question into the dialogue's form."""
        without_system_prompt(system_prompt, "Idefics")
        dialogues = [_dialogue(image, question) for image, question in batch]
        prompts = ["".join(part if isinstance(part, str) else "<image>" for part in one) for one in dialogues]
        inputs = self.processor(
            text=dialogues, add_end_of_utterance_token=False, return_tensors="pt", **padding(batch)
        )
        return prepared(inputs, prompts, self.config, self._options, self._ends)


def _dialogue(image: Image, question: str) -> list[Image | str]:
    return ["User:", image, question, END, "\nAssistant:"]
