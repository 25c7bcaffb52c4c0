"""Captioning models, which describe an image and take no question."""

from fada_tui.worker.adapters.prompting import Batch, Prepared, TextAdapter, prepared, without_system_prompt


class CaptionAdapter(TextAdapter):
    """An adapter that passes only the image: the prompt of its results is always empty."""

    name = "caption"
    architectures = ("BlipForConditionalGeneration", "PPFormulaNetForConditionalGeneration")

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn the images into pixels."""
        without_system_prompt(system_prompt, "a captioning model")
        inputs = self.processor(images=[image for image, _ in batch], return_tensors="pt")
        ends = (self.config.text_config.sep_token_id,) if self.config.model_type == "blip" else ()
        return prepared(inputs, [""] * len(batch), self.config, ends=ends)
