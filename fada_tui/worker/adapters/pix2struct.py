"""Pix2Struct: reads a question that is drawn onto the image, or takes none."""

from typing import Any

from huggingface_hub import hf_hub_download

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.adapters.prompting import Batch, Prepared, TextAdapter, prepared, without_system_prompt

FONTS, FONT = "ybelkada/fonts", "Arial.TTF"
"""Where transformers takes the font from."""


class Pix2StructAdapter(TextAdapter):
    """The adapter for Pix2Struct: draws the question above the image if the checkpoint expects it.

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

    @classmethod
    def lacks(cls, processor: Any) -> tuple[ErrorKind, str] | None:
        """Download the font if questions are drawn; return an error if that fails."""
        if not processor.image_processor.is_vqa:
            return None
        try:
            hf_hub_download(FONTS, FONT)
        except (OSError, ValueError):
            where = f"{FONT} of {FONTS}, which the hub does not give"
            return (
                ErrorKind.OFFLINE_NOT_CACHED,
                f"it draws questions in the font {where}: go online once, or unset HF_HUB_OFFLINE",
            )
        return None

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Draw the questions, if the checkpoint takes any."""
        without_system_prompt(system_prompt, "Pix2Struct")
        prompts = [question if self._asks else "" for _, question in batch]
        asked = {"text": prompts} if self._asks else {}
        inputs = self.processor(images=[image for image, _ in batch], return_tensors="pt", **asked)
        return prepared(inputs, prompts, self.config)
