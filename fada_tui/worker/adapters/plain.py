"""Models without a chat template, prompted by a line of text that contains the question.

Each form is the one of the model's documentation in transformers. A checkpoint of these classes whose
processor does have a chat template is asked through that instead.
"""

from typing import Any

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    padding,
    prepared,
    without_system_prompt,
)

FORMS: dict[str, str] = {
    "ChameleonForConditionalGeneration": "{}<image>",
    "FuyuForCausalLM": "{}\n",
    "GotOcr2ForConditionalGeneration": (
        "<|im_start|>system\nYou should follow the instructions carefully and explain your answers in detail."
        "<|im_end|><|im_start|>user\n<img><imgpad></img>\n OCR: <|im_end|><|im_start|>assistant\n"
    ),  # reads out what is written, and takes no question
    "LlavaForConditionalGeneration": "USER: <image>\n{} ASSISTANT:",
    "LlavaNextForConditionalGeneration": "USER: <image>\n{} ASSISTANT:",
    "PaliGemmaForConditionalGeneration": "<image>answer en {}",
    "T5Gemma2ForConditionalGeneration": "<start_of_image> {}",
    "VideoLlavaForConditionalGeneration": "USER: <image>\n{} ASSISTANT:",
    "VipLlavaForConditionalGeneration": (
        "A chat between a curious human and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the human's questions."
        "###Human: <image>\n{}###Assistant:"
    ),
}

STOPS = {"GotOcr2ForConditionalGeneration": "<|im_end|>"}
"""By architecture, a token that ends an answer, in addition to those of the generation settings."""

NESTED = ("T5Gemma2ForConditionalGeneration",)
"""Architectures whose processor takes a list of images for each prompt."""


class PlainAdapter(TextAdapter):
    """An adapter that inserts the question into a fixed form."""

    name = "plain"
    forms = FORMS
    """Prompt forms by architecture."""

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._form = FORMS[config.architectures[0]]
        self._nested = config.architectures[0] in NESTED
        self._stop = STOPS.get(config.architectures[0])

    @classmethod
    def lacks(cls, processor: Any) -> tuple[ErrorKind, str] | None:
        """Return an error for Fuyu without torchvision, as its Pillow image processor always fails."""
        if type(processor.image_processor).__name__ == "FuyuImageProcessorPil":
            return (
                ErrorKind.MISSING_PACKAGE,
                "its processor needs torchvision: pip install 'fada-tui[vision]'",
            )
        return None

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Put each question into the model's form."""
        without_system_prompt(system_prompt, type(self.processor).__name__.removesuffix("Processor"))
        prompts = [self._form.format(question) for _, question in batch]
        images = [[image] if self._nested else image for image, _ in batch]
        inputs = self.processor(
            images=images, text=prompts, return_tensors="pt", **padding(batch, self.config)
        )
        if not self._stop:
            return prepared(inputs, prompts, self.config)
        stop = {"stop_strings": [self._stop], "tokenizer": self.tokenizer}
        ends = (self.tokenizer.convert_tokens_to_ids(self._stop),)
        return prepared(inputs, prompts, self.config, stop, ends)
