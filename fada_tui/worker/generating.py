"""Answers that a model on this machine generates token by token."""

import time
from threading import Event
from typing import Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from fada_tui.records import Generation, Tokens
from fada_tui.worker.adapters.prompting import TextAdapter
from fada_tui.worker.answering import Answered, Asked
from fada_tui.worker.streaming import TextStreamer

GENERATING_PARTS = ("language_model", "text_model")
"""Parts that some families (BLIP-2, Kosmos-2) have generate in their stead, by settings of their own."""


class _Cancelled(StoppingCriteria):
    """Stops generation between two tokens once asked to."""

    def __init__(self, asked: Event) -> None:
        self._asked = asked

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._asked.is_set(), device=input_ids.device)


class Generator:
    """Answers by `generate`.

    Args:
        model: in evaluation mode, on its device.
        adapter: prompts it.
    """

    def __init__(self, model: Any, adapter: TextAdapter) -> None:
        self._model = model
        self._adapter = adapter

    def answer(self, asked: Asked) -> Answered | None:
        """Prompt, generate while streaming, read.

        Raises:
            ImageIgnoredError: no image reached the prompt.
            ValueError: the question cannot be put to this model.
        """
        begun = time.perf_counter()
        prepared = self._adapter.prepare([(asked.pixels, asked.question)], asked.generation.system_prompt)
        inputs = prepared.inputs.to(self._model.device, dtype=self._model.dtype)
        asked.on_prompt(prepared.prompts[0])
        preprocessed = time.perf_counter()

        streamer = TextStreamer(self._adapter.tokenizer, asked.on_text)
        torch.manual_seed(asked.seed)
        with torch.inference_mode():
            self._model.generate(
                **inputs,
                **prepared.options,
                **self._sampling(asked.generation),
                max_new_tokens=asked.generation.max_new_tokens,
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([_Cancelled(asked.cancel)]),
            )
        seconds = time.perf_counter() - preprocessed
        if asked.cancel.is_set():
            return None
        ends = {*prepared.ends, *_ends(self._model)}
        tokens = _until(streamer.tokens, ends) if self._adapter.in_blocks else streamer.tokens
        count = len(tokens)
        first = streamer.first_token_at
        return Answered(
            response=self._adapter.read(tokens),
            preprocess=preprocessed - begun,
            first_token=None if first is None else first - preprocessed,
            generate=seconds,
            tokens=Tokens(
                prompt=_length(inputs),
                generated=count,
                per_second=count / seconds if seconds > 0 else None,
                image=prepared.image_tokens[0],
            ),
            finish="stop" if tokens and tokens[-1] in ends else "length",
            token_ids=tuple(tokens),
        )

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
    """The tokens that end an answer by the settings of a model, or of the part of it that generates."""
    ends: list[int | None] = []
    for part in (model, *(getattr(model, name, None) for name in GENERATING_PARTS)):
        own = getattr(getattr(part, "generation_config", None), "eos_token_id", None)
        ends.extend(own if isinstance(own, list) else [own])
    return ends


def _until(tokens: list[int], ends: set[int | None]) -> list[int]:
    """The tokens up to the first that ends an answer; padding comes behind it."""
    place = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[: place + 1]


def _length(inputs: Any) -> int | None:
    """A prompt's length in tokens, where it has any."""
    names = [name for name in ("input_ids", "decoder_input_ids") if name in inputs]
    return int(inputs[names[0]].shape[1]) if names else None
