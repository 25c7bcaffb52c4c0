"""BLIP-2 and InstructBLIP: a frozen language model, asked in the words it was trained to go on from.

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
    """Prompts BLIP-2 and InstructBLIP.

    Args:
        processor: with image processor and tokenizer; InstructBLIP's also has the Q-Former's tokenizer.
        config: the model's configuration; its number of query tokens replaces one that the processor lacks,
            since a processor without it puts no image into the prompt.
    """

    name = "blip-2"
    architectures = tuple(FORMS)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._form = FORMS[config.architectures[0]]
        if processor.num_query_tokens is None:
            processor.num_query_tokens = config.num_query_tokens

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Put each question into the model's form."""
        without_system_prompt(system_prompt, "BLIP-2")
        prompts = [self._form.format(question) for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(images=images, text=prompts, return_tensors="pt", **padding(batch))
        return prepared(inputs, prompts, self.config)
