"""BLIP's question-answering head, which gives answers of a word or two."""

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    of_one_length,
    padding,
    prepared,
    without_system_prompt,
)


class BlipVqaAdapter(TextAdapter):
    """The adapter for `BlipForQuestionAnswering`, which takes the question alone as prompt.

    Its decoder attends to a question's padding, so that a batch must hold questions of equal length.

    Args:
        processor: with image processor and tokenizer.
        config: the model's configuration; its text part names the token that ends an answer.
    """

    name = "blip-vqa"
    architectures = ("BlipForQuestionAnswering",)

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Tokenise the questions.

        Raises:
            ValueError: the questions of a batch differ in length.
        """
        without_system_prompt(system_prompt, "BLIP")
        prompts = [question for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(images=images, text=prompts, return_tensors="pt", **padding(batch))
        of_one_length(inputs["attention_mask"], "BLIP")
        return prepared(inputs, prompts, self.config, ends=(self.config.text_config.sep_token_id,))
