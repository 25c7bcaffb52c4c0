"""Splitting texts by the loaded model's tokenizer."""

import logging
import traceback
from typing import Any

from fada_tui.core.protocol import Tokenised

log = logging.getLogger("fada_tui.worker")


def tokenised(adapter: Any, texts: tuple[str, ...]) -> Tokenised:
    """Split texts by an adapter's tokenizer; empty if it has none or that fails."""
    tokenizer = getattr(adapter, "tokenizer", None)
    try:
        split = [_split(tokenizer, text) for text in texts] if tokenizer is not None else []
    except Exception:  # tokenizers of other people's code may refuse anything
        log.error("%s", traceback.format_exc())
        split = []
    return Tokenised(ids=tuple(ids for ids, _ in split), pieces=tuple(pieces for _, pieces in split))


def _split(tokenizer: Any, text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return a text's tokens, and the text of each.

    Pieces run from the end of one token to the end of the next: what a tokenizer leaves out between two, such
    as a space, counts to the one behind it.
    """
    if not tokenizer.is_fast:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        return tuple(ids), tuple(tokenizer.decode([token]) for token in ids)
    found = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, pieces, begin = found["input_ids"], [], 0
    for token, (_, end) in zip(ids, found["offset_mapping"], strict=True):
        pieces.append(text[begin:end] or str(tokenizer.convert_ids_to_tokens(token)))
        begin = max(begin, end)
    return tuple(ids), tuple(pieces)
