"""Generated tokens as text: the marks around thoughts stay, other special tokens do not."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tokenizers.decoders import DecodeStream

from fada_tui.core.thoughts import CLOSING, OPENING

UNFINISHED = "\ufffd"
"""What decoding puts in the place of bytes that are no whole character yet."""


def special_marks(tokenizer: Any) -> Mapping[int, str]:
    """Return the special tokens that are marks around thoughts, or begin one, with their text by id.

    Decoding without special tokens would drop them (Gemma's `<|channel>`).
    """
    added = getattr(tokenizer, "added_tokens_decoder", {})
    special = set(getattr(tokenizer, "all_special_ids", ()))
    return {
        token: str(text)
        for token, text in added.items()
        if (token in special or getattr(text, "special", False))
        and str(text)
        and any(mark.startswith(str(text)) for mark in (*OPENING, *CLOSING))
    }


def decoded(tokenizer: Any, tokens: Sequence[int], marks: Mapping[int, str]) -> str:
    """Return the text of tokens.

    Args:
        tokenizer: the processor's.
        tokens: as generated.
        marks: from `special_marks`.
    """
    parts = groupby(tokens, key=marks.get)
    return "".join(
        tokenizer.decode(list(part), skip_special_tokens=True) if mark is None else mark * len(list(part))
        for mark, part in parts
    )


class TokenText:
    """The text of tokens as they come.

    Args:
        tokenizer: the processor's; one without a fast backend decodes all tokens anew each time.
        marks: from `special_marks`.
    """

    def __init__(self, tokenizer: Any, marks: Mapping[int, str]) -> None:
        self._tokenizer = tokenizer
        self._marks = marks
        self._backend: Any = getattr(tokenizer, "_tokenizer", None)
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._tokens: list[int] = []
        self._text = ""

    def take(self, tokens: Sequence[int]) -> str:
        """Return the text that these tokens add; an unfinished character waits for the next."""
        self._tokens.extend(tokens)
        if self._backend is not None:
            new = "".join(map(self._step, tokens))
        else:
            whole = decoded(self._tokenizer, self._tokens, self._marks)
            new = whole.rstrip(UNFINISHED)[len(self._text) :]
        self._text += new
        return new

    def end(self) -> str:
        """Return the rest: bytes at the end that never became a character."""
        whole = decoded(self._tokenizer, self._tokens, self._marks)
        return whole[len(self._text) :] if whole.startswith(self._text) else ""

    def _step(self, token: int) -> str:
        if token in self._marks:
            self._decoder = DecodeStream(skip_special_tokens=True)
            return self._marks[token]
        return self._decoder.step(self._backend, token) or ""
