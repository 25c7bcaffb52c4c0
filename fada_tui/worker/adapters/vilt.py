"""ViLT's question-answering head, which chooses among the answers of its training."""

from typing import Any

import torch

from fada_tui.core.records import Ranked
from fada_tui.worker.adapters.prompting import Batch, Prepared, prepared, without_system_prompt

BEST = 5
"""Number of ranked answers that a result keeps."""


class ViltAdapter:
    """The adapter that ranks the answers of `ViltForQuestionAnswering`.

    Args:
        processor: with image processor and tokenizer.
        config: the model's configuration, which names the answers.
    """

    name = "vilt"
    architectures = ("ViltForQuestionAnswering",)

    def __init__(self, processor: Any, config: Any) -> None:
        self.processor = processor
        self.config = config

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Tokenise the questions, padded on the right: its positions count from the left, whatever is masked.

        Raises:
            ValueError: one is longer than the model reads.
        """
        without_system_prompt(system_prompt, "ViLT")
        prompts = [question for _, question in batch]
        images = [image for image, _ in batch]
        inputs = self.processor(images, prompts, padding=True, padding_side="right", return_tensors="pt")
        length, longest = inputs["input_ids"].shape[1], self.config.max_position_embeddings
        if length > longest:
            raise ValueError(f"the question has {length} tokens and ViLT reads {longest}: shorten it")
        return prepared(inputs, prompts, self.config)

    def rank(self, model: Any, inputs: Any) -> list[tuple[Ranked, ...]]:
        """Return the likeliest answers. Their probabilities are independent: several can be right at once."""
        likely = torch.sigmoid(model(**inputs).logits.float())
        best = likely.topk(min(BEST, likely.shape[1]), dim=1)
        return [
            tuple(
                Ranked(label=self.config.id2label[label], probability=value)
                for label, value in zip(labels, values, strict=True)
            )
            for labels, values in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def say(self, ranking: tuple[Ranked, ...]) -> str:
        """Return the likeliest answer."""
        return ranking[0].label
