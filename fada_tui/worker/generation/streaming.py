"""Streaming of generated text: a streamer in the generating thread that sends at most 30 times a second."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from transformers.generation.streamers import BaseStreamer

from fada_tui.core.thoughts import Split, ThoughtStream
from fada_tui.worker.generation.interfaces import OnText
from fada_tui.worker.generation.thinking import Budget
from fada_tui.worker.generation.token_text import TokenText

FLUSH_INTERVAL = 0.033
"""Minimum seconds between two deltas."""


class AnswerStream:
    """One answer's tokens, and its text and thoughts as far as they were sent.

    Args:
        text: turns its tokens into text.
        on_text: takes the answer's text since the last call and the number of tokens so far.
        on_thoughts: takes what the model thinks before it, likewise.
        begun: the prompt has opened the thoughts.
        budget: ends it, unless a token does.
    """

    def __init__(
        self,
        text: TokenText,
        on_text: OnText,
        on_thoughts: OnText,
        *,
        begun: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self.tokens: list[int] = []
        self._text = text
        self._thoughts = ThoughtStream(begun=begun)
        self._on_text = on_text
        self._on_thoughts = on_thoughts
        self._budget = budget
        self._flushed_tokens = 0

    def add(self, tokens: Sequence[int]) -> None:
        """Take generated tokens."""
        self.tokens.extend(tokens)

    @property
    def spent(self) -> bool:
        """Return whether it ends here as its budget is spent."""
        end = self._budget.spent_at if self._budget else None
        return end is not None and len(self.tokens) >= end

    def flush(self) -> None:
        """Send the text of the tokens since the last time."""
        new = self.tokens[self._flushed_tokens :]
        if not new:
            return
        self._flushed_tokens = len(self.tokens)
        self._send(self._thoughts.take(self._text.take(new)))

    def end(self) -> None:
        """Send the rest, including bytes at the end that never became a character."""
        self.flush()
        for rest in (self._thoughts.take(self._text.end()), self._thoughts.end()):
            if rest.thoughts or rest.answer:
                self._send(rest)

    def _send(self, part: Split) -> None:
        """Send what is new; where nothing is, that tokens arrive."""
        if part.thoughts or (self._thoughts.thinking and not part.answer):
            self._on_thoughts(part.thoughts, len(self.tokens))
        if part.answer or not (part.thoughts or self._thoughts.thinking):
            self._on_text(part.answer, len(self.tokens))


class TextStreamer(BaseStreamer):
    """A streamer that collects the tokens of a batch of answers and sends their text.

    `generate` calls `put` once with the prompts (or the decoder's start tokens) and then once for each step,
    with a token of every answer; one that has ended goes on with padding.

    Args:
        answers: in the order of the batch.
        ends: tokens that end an answer of several; one alone ends when `generate` does.
        on_end: told the place of an answer that has ended while others go on.
    """

    def __init__(
        self,
        answers: Sequence[AnswerStream],
        ends: Collection[int | None] = (),
        on_end: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.first_token_at: float | None = None
        """`time.perf_counter()` when the first tokens came."""
        self._alone = answers[0] if len(answers) == 1 else None
        self._open = dict(enumerate(answers))
        self._ends = ends
        self._on_end = on_end
        self._prompt_seen = False
        self._flushed_at = 0.0

    def put(self, value: Any) -> None:
        """Take the prompts, or the next token of each answer (perhaps several for a single answer)."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        now = time.perf_counter()
        if self.first_token_at is None:
            self.first_token_at = now
        tokens = value.flatten().tolist()
        if self._alone:
            self._alone.add(tokens)
        else:
            self._take(tokens)
        if now - self._flushed_at >= FLUSH_INTERVAL:
            self._flushed_at = now
            for answer in self._open.values():
                answer.flush()

    def end(self) -> None:
        """Send the rest of those that have not ended."""
        for answer in self._open.values():
            answer.end()

    def _take(self, tokens: list[int]) -> None:
        for place, answer in list(self._open.items()):
            answer.add([tokens[place]])
            if tokens[place] in self._ends or answer.spent:
                del self._open[place]
                answer.end()
                self._on_end(place)
