"""An answer as one attempt receives it, passed on at most 30 times a second."""

import asyncio
import time

from fada_tui.core.secrets import AnswerStream
from fada_tui.worker.generation.interfaces import OnText
from fada_tui.worker.remote.answer import Piece, Reading

FLUSH_SECONDS = 0.033
"""Minimum seconds between two deltas."""

_BURST = 0.02
"""Share of an answer's time in which a text of several pieces came that was held back on the way."""


class _Passing:
    """A text that is passed on, without keys."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._safe = AnswerStream()
        self._pending = ""

    def add(self, text: str) -> None:
        """Take text."""
        self._pending += self._safe.take(text)

    def end(self) -> None:
        """Take no more."""
        self._pending += self._safe.end()

    def flush(self, tokens: int) -> None:
        """Pass on what there is."""
        if self._pending:
            self._on_text(self._pending, tokens)
            self._pending = ""


class Received:
    """An answer in progress, with its times.

    Args:
        on_text: takes the answer's text.
        on_thoughts: takes the text of the thoughts before it.
    """

    def __init__(self, on_text: OnText, on_thoughts: OnText) -> None:
        self.reading = Reading()
        self.seconds = 0.0
        """From the request to the last event."""
        self.cut = False
        """It went on far beyond its limit, and was broken off here."""
        self._begun = time.perf_counter()
        self._first = self._last = self._latest = 0.0
        self._chunks: list[int] = []
        self._end_chunk = 0
        self._thoughts, self._text = _Passing(on_thoughts), _Passing(on_text)
        self._flushing: asyncio.TimerHandle | None = None

    @property
    def begun(self) -> bool:
        """Whether any text has come."""
        return bool(self._chunks)

    @property
    def first_token(self) -> float | None:
        """Return the seconds from the request to the first text; `None` if it came with the last."""
        return self._first if self._chunks and not self._in_one_piece() else None

    def add(self, piece: Piece, chunk: int) -> None:
        """Take what an event adds.

        Args:
            piece: of the event.
            chunk: the number of the part of the response that it was in.
        """
        self._end_chunk = chunk
        self._latest = time.perf_counter() - self._begun
        if piece.alive:
            self._last = self._latest
            self._first = self._first if self._chunks else self._last
            self._chunks.append(chunk)
        self._pass_on(piece)
        if self._flushing is None:
            self._flush()
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_late)

    def end(self) -> None:
        """Pass on the rest; a second call changes nothing."""
        self.seconds = self._latest
        self._pass_on(self.reading.end())
        self._thoughts.end()
        self._text.end()
        self._flush()

    def drop(self) -> None:
        """Stop passing it on."""
        if self._flushing is not None:
            self._flushing.cancel()

    def _in_one_piece(self) -> bool:
        pieces, chunks = len(self._chunks), len(set(self._chunks))
        if pieces == 1:
            return self.reading.generated != 1 or self._end_chunk == self._chunks[0]
        # A proxy's own parts hold several events each, and come at once.
        held = 2 * chunks <= pieces and self._last - self._first < _BURST * self._last
        return chunks == 1 or held

    def _pass_on(self, piece: Piece) -> None:
        self._thoughts.add(piece.thoughts)
        if piece.text:
            self._thoughts.end()
        self._text.add(piece.text)

    def _flush_late(self) -> None:
        self._flushing = None
        self._flush()

    def _flush(self) -> None:
        tokens = self.reading.generated or 0
        self._thoughts.flush(tokens)
        self._text.flush(tokens)
