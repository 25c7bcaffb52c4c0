"""Answers of models that rank what they know, in place of writing."""

import time
from typing import Any, Protocol

import torch

from fada_tui.records import Ranked, Tokens
from fada_tui.worker.adapters.prompting import Batch, Prepared
from fada_tui.worker.answering import Answered, Asked


class RankingAdapter(Protocol):
    """Prompts a family of models and reads their ranking."""

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn images and questions into the model's inputs."""

    def rank(self, model: Any, inputs: Any) -> list[tuple[Ranked, ...]]:
        """Return each image's ranking, the likeliest first."""

    def say(self, ranking: tuple[Ranked, ...]) -> str:
        """Return a ranking as a sentence."""


class Ranker:
    """Answers by one pass through the model.

    Args:
        model: in evaluation mode, on its device.
        adapter: prompts it and reads its ranking.
    """

    def __init__(self, model: Any, adapter: RankingAdapter) -> None:
        self._model = model
        self._adapter = adapter

    def answer(self, asked: Asked) -> Answered | None:
        """Prompt, rank, say."""
        begun = time.perf_counter()
        prepared = self._adapter.prepare([(asked.pixels, asked.question)], asked.generation.system_prompt)
        inputs = prepared.inputs.to(self._model.device, dtype=self._model.dtype)
        asked.on_prompt(prepared.prompts[0])
        preprocessed = time.perf_counter()
        with torch.inference_mode():
            (ranking,) = self._adapter.rank(self._model, inputs)
        seconds = time.perf_counter() - preprocessed
        if asked.cancel.is_set():
            return None
        response = self._adapter.say(ranking)
        asked.on_text(response, 0)
        return Answered(
            response=response,
            preprocess=preprocessed - begun,
            first_token=None,
            generate=seconds,
            tokens=Tokens(),
            finish="stop",
            ranking=ranking,
        )
