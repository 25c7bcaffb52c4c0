"""Florence-2 and Kosmos-2.5: models that perform tasks named by a tag, and take no free questions."""

from typing import Any

from fada_tui.worker.adapters.prompting import (
    Batch,
    Prepared,
    TextAdapter,
    of_one_length,
    padding,
    prepared,
    without_system_prompt,
)

DEFAULT_TASKS = {
    "Florence2ForConditionalGeneration": "<MORE_DETAILED_CAPTION>",
    "Kosmos2_5ForConditionalGeneration": "<md>",
}
"""The task for a question without a tag: describing the image, or reading its text."""

NOT_FOR_GENERATION = ("height", "width", "rows", "cols")


class TaskAdapter(TextAdapter):
    """An adapter that prompts by a task's tag.

    A question that begins with a tag, such as `<OD>` or `<OCR>`, is sent as it is. Any other stands for the
    model's describing task: the result's prompt says which was sent.
    """

    name = "task"
    architectures = tuple(DEFAULT_TASKS)

    def __init__(self, processor: Any, config: Any) -> None:
        super().__init__(processor, config)
        self._default = DEFAULT_TASKS[config.architectures[0]]

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Prompt the model with each question's task.

        Raises:
            ValueError: a tag is followed by what it cannot have, or Kosmos-2.5 would have to pad a batch.
        """
        without_system_prompt(system_prompt, "a model of fixed tasks")
        prompts = [question if question.startswith("<") else self._default for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(
            images=images, text=prompts, return_tensors="pt", **padding(batch, self.config)
        )
        if not self.config.is_encoder_decoder:
            of_one_length(inputs["attention_mask"], "Kosmos-2.5")
        for name in NOT_FOR_GENERATION:
            inputs.pop(name, None)
        return prepared(inputs, prompts, self.config)
