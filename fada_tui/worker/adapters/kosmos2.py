"""Kosmos-2: prompted as in its documentation, without the tag that adds locations to the answer."""

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    of_one_length,
    padding,
    prepared,
    without_system_prompt,
)


class Kosmos2Adapter(TextAdapter):
    """The adapter for Kosmos-2.

    Its decoder counts padding among the places of the tokens that it generates, so that a batch must hold
    questions of equal length.

    Args:
        processor: with image processor and tokenizer; it puts the image's tokens before the text itself.
        config: the model's configuration.
    """

    name = "kosmos-2"
    architectures = ("Kosmos2ForConditionalGeneration",)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Put each question into the model's form.

        Raises:
            ValueError: the questions of a batch differ in length.
        """
        without_system_prompt(system_prompt, "Kosmos-2")
        prompts = [f"Question: {question} Answer:" for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(images=images, text=prompts, return_tensors="pt", **padding(batch))
        of_one_length(inputs["attention_mask"], "Kosmos-2")
        return prepared(inputs, prompts, self.config)
