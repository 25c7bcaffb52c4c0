"""An image encoder with a text decoder: TrOCR and captioners, which take only the image, and Donut.

Donut's decoder is told its task by the tokens that its checkpoint was trained to go on from; those of
document questions have a place for a question.
"""

from typing import Any

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    of_one_length,
    prepared,
    without_system_prompt,
)

TASKS = {
    "<s_docvqa>": "<s_docvqa><s_question>{}</s_question><s_answer>",
    "<s_cord-v2>": "<s_cord-v2>",
    "<s_rvlcdip>": "<s_rvlcdip>",
    "<s_zhtrainticket>": "<s_zhtrainticket>",
    "<s_synthdog>": "<s_synthdog>",
}
"""By token: what the decoder goes on from. A tuned checkpoint also has the token of what it was tuned from,
which comes last here."""


class EncoderDecoderAdapter(TextAdapter):
    """The adapter for `VisionEncoderDecoderModel`.

    Args:
        processor: with image processor and tokenizer; the latter's added tokens tell Donut's task.
        config: the model's configuration.
    """

    name = "encoder-decoder"
    architectures = ("VisionEncoderDecoderModel",)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        known = self.tokenizer.get_added_vocab()
        self._form = next((form for token, form in TASKS.items() if token in known), "")

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn the images into pixels, and the questions, if the model takes them, into a decoder prompt.

        Raises:
            ValueError: the questions of a batch differ in length: its decoder counts padding as places.
        """
        without_system_prompt(system_prompt, "an encoder with a decoder")
        inputs = self.processor(images=[image for image, _ in batch], return_tensors="pt")
        prompts = [self._form.format(question) for _, question in batch]
        if not self._form:
            return prepared(inputs, prompts, self.config)
        begun = self.tokenizer(prompts, add_special_tokens=False, padding=True, return_tensors="pt")
        of_one_length(begun["attention_mask"], "Donut")
        inputs["decoder_input_ids"] = begun["input_ids"]
        unknown = {"bad_words_ids": [[self.tokenizer.unk_token_id]]}
        return prepared(inputs, prompts, self.config, unknown)
