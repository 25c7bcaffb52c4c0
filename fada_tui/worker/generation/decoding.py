"""A batch of answers in generation: each is reported as it ends, with its share of the time."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct

from fada_tui.core.records import Tokens
from fada_tui.core.thoughts import opened_by
from fada_tui.worker.adapters.prompting import Prepared, TextAdapter
from fada_tui.worker.generation.interfaces import Answered, Asked, OnAnswer
from fada_tui.worker.generation.streaming import AnswerStream, TextStreamer
from fada_tui.worker.generation.thinking import Budget, told_apart
from fada_tui.worker.generation.token_text import TokenText


class Batch(Struct, frozen=True):
    """A batch of prepared prompts: one for each question, or one for all of them."""

    prompts: tuple[Prepared, ...]
    seconds: float
    """Seconds of preparation, for each question."""

    def of(self, place: int) -> tuple[int | None, int | None]:
        """Return the number of a question's prompt tokens, without padding, and of its image tokens."""
        prompt, row = self._row(place)
        return _length(prompt.inputs, row), prompt.image_tokens[row]

    def opens_thoughts(self, place: int) -> bool:
        """Return whether a question's prompt ends with open thoughts."""
        prompt, row = self._row(place)
        return opened_by(prompt.prompts[row])

    def _row(self, place: int) -> tuple[Prepared, int]:
        return (self.prompts[place], 0) if len(self.prompts) > 1 else (self.prompts[0], place)


class Sharing:
    """A clock that shares time equally among the active answers, moment by moment.

    Args:
        count: how many there are.
        begun: when they began, as `time.perf_counter()` tells it.
    """

    def __init__(self, count: int, begun: float) -> None:
        self._count = count
        self._at = begun
        self._sum = 0.0

    def leave(self, now: float) -> float:
        """Return the seconds attributed to an answer that ends now."""
        if now > self._at:
            self._sum += (now - self._at) / self._count
            self._at = now
        self._count -= 1
        return self._sum


class Decoding:
    """A batch of answers, from their first tokens to their ends.

    Args:
        adapter: reads them.
        asked: what they answer.
        batch: how it was put to the model.
        ends: tokens that end an answer.
        marks: special tokens around thoughts, from `token_text.special_marks`.
        on_answer: told each.
        limit: the most tokens of an answer, where something else than a token may end it.
    """

    def __init__(
        self,
        adapter: TextAdapter,
        asked: Sequence[Asked],
        batch: Batch,
        ends: Collection[int | None],
        marks: Mapping[int, str],
        on_answer: OnAnswer,
        *,
        limit: int | None = None,
    ) -> None:
        self._adapter = adapter
        self._limit = limit
        self._batch = batch
        self._ends = ends
        self._marks = marks
        self._on_answer = on_answer
        self._begun_thinking = [batch.opens_thoughts(place) for place in range(len(asked))]
        self.budgets = self._limits(asked)
        """Of each answer; empty where thoughts have no limit of their own."""
        budgets: Sequence[Budget | None] = self.budgets or [None] * len(asked)
        self._streams = [
            AnswerStream(self._text(), one.on_text, one.on_thoughts, begun=begun, budget=budget)
            for one, begun, budget in zip(asked, self._begun_thinking, budgets, strict=True)
        ]
        self._open = set(range(len(asked)))
        self._begun = time.perf_counter()
        self._sharing = Sharing(len(asked), self._begun)
        self.streamer = TextStreamer(self._streams, ends, self._ended)

    def finish(self) -> None:
        """Report the answers that last until the end of generation."""
        for place in sorted(self._open):
            self._ended(place)

    def _text(self) -> TokenText:
        return TokenText(self._adapter.tokenizer, self._marks)

    def _limits(self, asked: Sequence[Asked]) -> list[Budget]:
        generation = asked[0].generation
        thoughts, answer = generation.max_thinking_tokens, generation.max_new_tokens
        if thoughts is UNSET or answer is None or self._adapter.in_blocks:
            return []
        return [Budget(self._text(), thoughts, answer, begun=begun) for begun in self._begun_thinking]

    def _ended(self, place: int) -> None:
        now = time.perf_counter()
        self._open.discard(place)
        tokens = self._streams[place].tokens
        if self._adapter.in_blocks:
            tokens = _until(tokens, self._ends)
        seconds, count = now - self._begun, len(tokens)
        share, several = self._sharing.leave(now), len(self._streams)
        first = self.streamer.first_token_at
        prompt, image = self._batch.of(place)
        response, thoughts = told_apart(self._adapter, tokens, self._marks, begun=self._begun_thinking[place])
        answer = Answered(
            response=response,
            thoughts=thoughts,
            preprocess=self._batch.seconds,
            first_token=None if first is None else first - self._begun,
            generate=seconds,
            tokens=Tokens(
                prompt=prompt,
                generated=count,
                per_second=count / seconds if seconds > 0 else None,
                image=image,
            ),
            finish="stop" if self._has_stopped(place, tokens) else "length",
            token_ids=tuple(tokens),
            batch_size=several,
            share=share if several > 1 else None,
        )
        self._on_answer(place, answer)

    def _has_stopped(self, place: int, tokens: Sequence[int]) -> bool:
        """Return whether an answer ended by itself: by a token, or, with stop strings, before its limit."""
        if tokens and tokens[-1] in self._ends:
            return True
        if self._streams[place].spent:
            return False
        return self._limit is not None and len(tokens) < self._limit


def _until(tokens: list[int], ends: Collection[int | None]) -> list[int]:
    """Return the tokens up to the first that ends an answer; padding follows it."""
    place = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[: place + 1]


def _length(inputs: Any, row: int) -> int | None:
    """Return a prompt's length in tokens, if it has any."""
    name = next((name for name in ("input_ids", "decoder_input_ids") if name in inputs), None)
    if name is None:
        return None
    mask = inputs.get("attention_mask") if name == "input_ids" else None
    if mask is None or mask.shape != inputs[name].shape:
        return int(inputs[name].shape[1])
    return int(mask[row].sum())
