"""Pix2Struct: reads a question that is drawn onto the image, or none."""

from typing import Any

from fada_tui.worker.adapters.prompting import Batch, Prepared, TextAdapter, prepared, without_system_prompt


class Pix2StructAdapter(TextAdapter):
    """Prompts Pix2Struct by drawing the question above the image, where the checkpoint was trained for that.

    Args:
        processor: with image processor and tokenizer; the former knows whether questions are drawn. Its font
            comes from the hub.
        config: the model's configuration.
    """

    name = "pix2struct"
    architectures = ("Pix2StructForConditionalGeneration",)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._asks = bool(processor.image_processor.is_vqa)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Draw the questions, where the checkpoint takes any."""
        without_system_prompt(system_prompt, "Pix2Struct")
        prompts = [question if self._asks else "" for _, question in batch]
        asked = {"text": prompts} if self._asks else {}
        inputs = self.processor(images=[image for image, _ in batch], return_tensors="pt", **asked)
        return prepared(inputs, prompts, self.config)
