"""Answers of models that rank labels instead of writing text."""

import time
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from msgspec import Struct

from fada_tui.core.records import Generation, Ranked, Tokens
from fada_tui.worker import devices
from fada_tui.worker.adapters.prompting import Batch, Prepared
from fada_tui.worker.generation.interfaces import Answered, Asked, OnAnswer


class RankingAdapter(Protocol):
    """The interface of adapters that prompt a family of models and read their ranking."""

    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn images and questions into the model's inputs."""

    def rank(self, model: Any, inputs: Any) -> list[tuple[Ranked, ...]]:
        """Return each image's ranking, the likeliest first."""

    def say(self, ranking: tuple[Ranked, ...]) -> str:
        """Return a ranking as a sentence."""


class RankedBatch(Struct, frozen=True):
    """A prepared batch."""

    prompts: Prepared
    seconds: float
    """Seconds of preparation, for each question."""


class Ranker:
    """An answerer that uses one pass through the model.

    Args:
        model: in evaluation mode, on its device.
        adapter: prompts it and reads its ranking.
    """

    def __init__(self, model: Any, adapter: RankingAdapter) -> None:
        self._model = model
        self._adapter = adapter

    def expect(self, answers: int, generation: Generation) -> None:
        """Do nothing: each answer takes one pass, whatever their number."""

    def prepare(self, batch: Sequence[Asked]) -> RankedBatch:
        """Prepare images and questions by the processor."""
        begun = time.perf_counter()
        pairs = [(asked.pixels, asked.question) for asked in batch]
        prompts = self._adapter.prepare(pairs, batch[0].generation.system_prompt)
        for asked, prompt in zip(batch, prompts.prompts, strict=True):
            asked.on_prompt(prompt)
        devices.pin(prompts.inputs, self._model.device)
        return RankedBatch(prompts, (time.perf_counter() - begun) / len(batch))

    def answer(self, batch: Sequence[Asked], prepared: RankedBatch, on_answer: OnAnswer) -> None:
        """Rank, and report each answer."""
        begun = time.perf_counter()
        with torch.inference_mode():
            rankings = self._adapter.rank(self._model, devices.moved(prepared.prompts.inputs, self._model))
        seconds = time.perf_counter() - begun
        if batch[0].cancel.is_set():
            return
        for place, ranking in enumerate(rankings):
            response = self._adapter.say(ranking)
            batch[place].on_text(response, 0)
            answer = Answered(
                response=response,
                preprocess=prepared.seconds,
                first_token=None,
                generate=seconds,
                tokens=Tokens(),
                finish="stop",
                ranking=ranking,
                batch_size=len(batch),
                share=seconds / len(batch) if len(batch) > 1 else None,
            )
            on_answer(place, answer)
