"""BLIP-2 and InstructBLIP: a frozen language model that continues the prompt format of its training.

BLIP-2's form is the one of its paper (Li et al. 2023, section 4.1) and of its documentation in transformers;
InstructBLIP follows instructions and is asked the question itself.
"""

from typing import Any

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    padding,
    prepared,
    without_system_prompt,
)

FORMS = {
    "Blip2ForConditionalGeneration": "Question: {} Answer:",
    "InstructBlipForConditionalGeneration": "{}",
}


class Blip2Adapter(TextAdapter):
    """The adapter for BLIP-2 and InstructBLIP.

    Args:
        processor: with image processor and tokenizer; InstructBLIP's also has the Q-Former's tokenizer.
        config: the model's configuration; its number of query tokens replaces one that the processor lacks,
            since a processor without it puts no image into the prompt. One that names no token for the image,
            as in checkpoints saved before there was any, is told.
    """

    name = "blip-2"
    architectures = tuple(FORMS)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._form = FORMS[config.architectures[0]]
        if processor.num_query_tokens is None:
            processor.num_query_tokens = config.num_query_tokens
        if config.image_token_id is None:
            config.image_token_id = self.tokenizer.convert_tokens_to_ids(str(processor.image_token))

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Put each question into the model's form."""
        without_system_prompt(system_prompt, "BLIP-2")
        prompts = [self._form.format(question) for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(
            images=images, text=prompts, return_tensors="pt", **padding(batch, self.config)
        )
        if "qformer_input_ids" in inputs:
            inputs.update(self._qformer(prompts))
        return prepared(inputs, prompts, self.config)

    def _qformer(self, prompts: list[str]) -> dict[str, Any]:
        """Return the questions for the Q-Former, whose positions count from the left despite the mask."""
        tokens = self.processor.qformer_tokenizer(
            prompts, padding=True, padding_side="right", return_tensors="pt"
        )
        return {f"qformer_{name}": tokens[name] for name in ("input_ids", "attention_mask")}
