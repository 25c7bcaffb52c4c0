"""Answers that a model on this machine generates token by token."""

import logging
import time
from collections.abc import Sequence
from threading import Event, Lock
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from fada_tui.core.records import Generation
from fada_tui.worker import devices
from fada_tui.worker.adapters.prompting import Prepared, TextAdapter, image_token
from fada_tui.worker.generation import prefix_cache
from fada_tui.worker.generation.cacheable import FEATURES, PREFIX
from fada_tui.worker.generation.decoding import Batch, Decoding
from fada_tui.worker.generation.interfaces import Answered, Asked, OnAnswer
from fada_tui.worker.generation.preprocessor import Preprocessor
from fada_tui.worker.generation.static_cache import StaticDecoding, worthwhile
from fada_tui.worker.generation.thinking import BudgetSpent
from fada_tui.worker.generation.token_text import special_marks

log = logging.getLogger("fada_tui.worker")

GENERATING_PARTS = ("language_model", "text_model")
"""Parts that generate for some families (BLIP-2, Kosmos-2), with their own settings."""


class _Cancelled(StoppingCriteria):
    """A stopping criterion that ends generation between two tokens on request."""

    def __init__(self, asked: Event) -> None:
        self._asked = asked

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._asked.is_set(), device=input_ids.device)


class Generator:
    """An answerer that uses `generate`.

    One question alone is asked as plainly as can be: it is what larger batches are compared with.

    Args:
        model: in evaluation mode, on its device.
        adapter: prompts it.
    """

    def __init__(self, model: Any, adapter: TextAdapter) -> None:
        architecture = type(model).__name__
        self._model = model
        self._adapter = adapter
        self._encoder = prefix_cache.Encoder(model) if architecture in FEATURES else None
        self._image_token = image_token(adapter.config)
        self._goes_on = architecture in PREFIX and self._image_token is not None
        settings = getattr(model, "generation_config", None)
        self._marks = special_marks(adapter.tokenizer)
        self._stop_strings = bool(getattr(settings, "stop_strings", None))
        self._static: StaticDecoding | None = None
        self._preparer: Preprocessor | None = None
        self._preparing = Lock()

    def expect(self, answers: int, generation: Generation) -> None:
        """Take note of the number of answers to come: compiling pays only for many, unless it was done."""
        if self._static is not None and self._static.batch_size == generation.batch_size:
            return
        tokens = self._most_tokens(generation) or 0
        self._static = worthwhile(self._model, generation.batch_size, answers, tokens)

    def prepare(self, batch: Sequence[Asked]) -> Batch:
        """Prepare questions by the processor: one by one if their prompts can be combined afterwards.

        Raises:
            ImageIgnoredError: no image reached a prompt.
            ValueError: a question cannot be put to this model, or not together with the others.
        """
        if len(batch) > 1 and self._stop_strings:
            raise ValueError("its stop strings end each answer by itself: use --batch-size 1")
        begun = time.perf_counter()
        with self._preparing:
            prompts = self._alone(batch) if self._apart(batch) else (self._together(batch),)
        for prompt in prompts:
            devices.pin(prompt.inputs, self._model.device)
        return Batch(prompts, (time.perf_counter() - begun) / len(batch))

    def answer(self, batch: Sequence[Asked], prepared: Batch, on_answer: OnAnswer) -> None:
        """Generate while streaming, and report each answer as it ends.

        Raises:
            ValueError: it writes at temperatures of its own.
        """
        told: set[int] = set()

        def tell(place: int, answer: Answered) -> None:
            if place not in told:
                told.add(place)
                on_answer(place, answer)

        try:
            self._generate(batch, prepared, tell)
        except Exception as error:
            if self._encoder is not None:
                self._encoder.forget()
            if self._static is None or devices.is_fault(error) or devices.is_out_of_memory(error):
                raise
            log.exception("decoding goes on without a static cache")
            self._static = None
            for asked in batch:
                asked.on_again("its decoding could not be compiled", 0.0)
            self._generate(batch, prepared, tell)

    def _generate(self, batch: Sequence[Asked], prepared: Batch, on_answer: OnAnswer) -> None:
        first, prompt = batch[0], prepared.prompts[0]
        tokens = self._most_tokens(first.generation)
        ends = {*prompt.ends, *_ends(self._model)}
        limit = tokens if self._stop_strings else None
        ongoing = Decoding(self._adapter, batch, prepared, ends, self._marks, on_answer, limit=limit)
        criteria: list[StoppingCriteria] = [_Cancelled(first.cancel)]
        if ongoing.budgets:
            criteria.append(BudgetSpent(ongoing.budgets))
        torch.manual_seed(first.seed)
        with torch.inference_mode():
            inputs = self._inputs(batch, prepared)
            if self._static and tokens:
                inputs = self._static.inputs(inputs, tokens)
            self._model.generate(
                **inputs,
                **prompt.options,
                **self._sampling(first.generation),
                **({"tokenizer": self._adapter.tokenizer} if self._stop_strings else {}),
                max_new_tokens=tokens,
                streamer=ongoing.streamer,
                stopping_criteria=StoppingCriteriaList(criteria),
            )
        if not first.cancel.is_set():
            ongoing.finish()

    def _apart(self, batch: Sequence[Asked]) -> bool:
        """Return whether questions are prepared singly because they share an image, perhaps with the last."""
        shared = len({asked.image for asked in batch}) < len(batch)
        if len(batch) == 1:
            return self._encoder is not None
        return shared and (self._goes_on or self._encoder is not None)

    def _alone(self, batch: Sequence[Asked]) -> tuple[Prepared, ...]:
        if self._preparer is None:
            self._preparer = Preprocessor(self._adapter)
        prompts = []
        for asked in batch:
            prompt = self._preparer.prepare(asked.pixels, asked.question, asked.generation.system_prompt)
            asked.on_prompt(prompt.prompts[0])
            prompts.append(prompt)
        return tuple(prompts)

    def _together(self, batch: Sequence[Asked]) -> Prepared:
        pairs = [(asked.pixels, asked.question) for asked in batch]
        prepared = self._adapter.prepare(pairs, batch[0].generation.system_prompt)
        for asked, prompt in zip(batch, prepared.prompts, strict=True):
            asked.on_prompt(prompt)
        return prepared

    def _inputs(self, batch: Sequence[Asked], prepared: Batch) -> dict[str, Any]:
        """Return the model's inputs that are passed to `generate`."""
        moved = [devices.moved(prompt.inputs, self._model) for prompt in prepared.prompts]
        if not self._apart(batch):
            return moved[0]
        rows = [prefix_cache.Row(asked.image, inputs) for asked, inputs in zip(batch, moved, strict=True)]
        fill = self._adapter.tokenizer.pad_token_id or 0
        if len(rows) > 1 and self._goes_on and self._image_token is not None:
            inputs = prefix_cache.prefixed(self._model, rows, self._image_token, fill)
            if inputs is not None:
                return inputs
            self._goes_on = False
        if self._encoder is not None:
            return self._encoder.inputs(rows, fill)
        return moved[0] if len(rows) == 1 else devices.moved(self._together(batch).inputs, self._model)

    def _most_tokens(self, generation: Generation) -> int | None:
        """Return the most tokens of an answer; those written in blocks have no limit for thoughts alone."""
        return generation.max_new_tokens if self._adapter.in_blocks else generation.most_tokens

    def _sampling(self, generation: Generation) -> dict[str, object]:
        if not self._adapter.in_blocks:
            return sampling(generation)
        if generation.do_sample:
            raise ValueError("it writes at temperatures of its own: leave --temperature and --top-p out")
        return {}


def sampling(generation: Generation) -> dict[str, object]:
    """Return the arguments of `generate` that say how tokens are chosen."""
    if not generation.do_sample:
        return {"do_sample": False, "num_beams": 1, "temperature": None, "top_p": None, "top_k": None}
    asked = {"temperature": generation.temperature, "top_p": generation.top_p}
    return {
        "do_sample": True,
        "num_beams": 1,
        **{key: value for key, value in asked.items() if value is not None},
    }


def _ends(model: Any) -> list[int | None]:
    """Return the tokens that end an answer by the settings of a model or of its generating part."""
    ends: list[int | None] = []
    for part in (model, *(getattr(model, name, None) for name in GENERATING_PARTS)):
        own = getattr(getattr(part, "generation_config", None), "eos_token_id", None)
        ends.extend(own if isinstance(own, list) else [own])
    return ends
