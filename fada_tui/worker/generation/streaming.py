"""Streaming of generated text: a streamer in the generating thread that sends at most 30 times a second."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tokenizers.decoders import DecodeStream
from transformers.generation.streamers import BaseStreamer

FLUSH_INTERVAL = 0.033
"""Minimum seconds between two deltas."""


class AnswerStream:
    """One answer's tokens, and its text as far as it was sent.

    Args:
        tokenizer: the processor's tokenizer; one without a fast backend is decoded whole at each flush.
        on_text: takes the text since the last call and the number of tokens so far.
    """

    def __init__(self, tokenizer: Any, on_text: Callable[[str, int], None]) -> None:
        self.tokens: list[int] = []
        self._tokenizer = tokenizer
        self._backend = getattr(tokenizer, "_tokenizer", None)
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._on_text = on_text
        self._flushed_tokens = 0
        self._flushed_text = ""

    def flush(self) -> None:
        """Send the text of the tokens since the last time."""
        new = self.tokens[self._flushed_tokens :]
        if not new:
            return
        self._flushed_tokens = len(self.tokens)
        text = self._decode(new)
        self._flushed_text += text
        self._on_text(text, len(self.tokens))

    def end(self) -> None:
        """Send the rest, including bytes at the end that never became a character."""
        self.flush()
        whole = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        if len(whole) > len(self._flushed_text) and whole.startswith(self._flushed_text):
            self._on_text(whole[len(self._flushed_text) :], len(self.tokens))

    def _decode(self, new: list[int]) -> str:
        if self._backend is not None:
            return "".join(self._decoder.step(self._backend, token) or "" for token in new)
        text: str = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        return text[len(self._flushed_text) :]


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
            self._alone.tokens.extend(tokens)
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
            answer.tokens.append(tokens[place])
            if tokens[place] in self._ends:
                del self._open[place]
                answer.end()
                self._on_end(place)
