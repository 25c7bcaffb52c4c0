"""Text as it is generated: a streamer in generation's own thread that sends at most 30 times a second."""

import time
from collections.abc import Callable
from typing import Any

from tokenizers.decoders import DecodeStream
from transformers.generation.streamers import BaseStreamer

FLUSH_INTERVAL = 0.033
"""Seconds between two deltas at least."""


class TextStreamer(BaseStreamer):
    """Collects the tokens of one answer and hands on its text.

    `generate` calls `put` once with the prompt (or the decoder's start token) and then once per token,
    the end token included.

    Args:
        tokenizer: the processor's tokenizer; one without a fast backend is decoded whole at each flush.
        on_text: takes the text since the last call and the number of tokens so far.
    """

    def __init__(self, tokenizer: Any, on_text: Callable[[str, int], None]) -> None:
        self.tokens: list[int] = []
        self.first_token_at: float | None = None
        """`time.perf_counter()` when the first token came."""
        self._tokenizer = tokenizer
        self._backend = getattr(tokenizer, "_tokenizer", None)
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._on_text = on_text
        self._prompt_seen = False
        self._flushed_tokens = 0
        self._flushed_text = ""
        self._flushed_at = 0.0

    def put(self, value: Any) -> None:
        """Take the prompt, or the next token."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        now = time.perf_counter()
        if self.first_token_at is None:
            self.first_token_at = now
        self.tokens.extend(value.flatten().tolist())
        if now - self._flushed_at >= FLUSH_INTERVAL:
            self._flushed_at = now
            self._flush()

    def end(self) -> None:
        """Hand on the rest, with bytes at the end that never became a character."""
        self._flush()
        whole = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        if len(whole) > len(self._flushed_text) and whole.startswith(self._flushed_text):
            self._on_text(whole[len(self._flushed_text) :], len(self.tokens))

    def _flush(self) -> None:
        new = self.tokens[self._flushed_tokens :]
        if not new:
            return
        self._flushed_tokens = len(self.tokens)
        text = self._decode(new)
        self._flushed_text += text
        self._on_text(text, len(self.tokens))

    def _decode(self, new: list[int]) -> str:
        if self._backend is not None:
            return "".join(self._decoder.step(self._backend, token) or "" for token in new)
        text: str = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        return text[len(self._flushed_text) :]
