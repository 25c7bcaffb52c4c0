"""Models of the list, found by a name however it is written: pure."""

import re
from collections.abc import Callable, Sequence

from fada_tui.core.records import ModelEntry
from fada_tui.models.registry import Registry

_TUNED = ("instruct", "chat", "it", "hf")
"""Ends of names that people leave out, or add, for the same checkpoint."""


def named_like(text: str, registry: Registry) -> ModelEntry | None:
    """Return the model of the list that a name means, whatever its case, dashes and owner.

    `SmolVLM-500M`, `smolvlm_500m`, `SmolVLM-500M-Instruct` and `HuggingFaceTB/SmolVLM-500M-Instruct` are one
    model. An owner that is named is that of the list's source. `None` if there is none, or several fit.
    """
    exact = registry.find(text) or registry.by_source(text)
    if exact:
        return exact
    owner, slash, name = text.strip().rpartition("/")
    entries = [
        entry
        for entry in registry.entries
        if not slash or entry.source.rpartition("/")[0].casefold() == owner.casefold()
    ]
    return _only(entries, name, _plain) or _only(entries, name, _untuned)


def _only(entries: Sequence[ModelEntry], name: str, spelling: Callable[[str], str]) -> ModelEntry | None:
    wanted = spelling(name)
    found = [
        entry
        for entry in entries
        if wanted and wanted in (spelling(entry.name), spelling(entry.source.rpartition("/")[2]))
    ]
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    """Return a name's letters, digits and points, in small letters."""
    return re.sub(r"[^\w.]+|_+", "", name.casefold())


def _untuned(name: str) -> str:
    words = [word for word in re.split(r"[^\w.]+|_+", name.casefold()) if word]
    while len(words) > 1 and words[-1] in _TUNED:
        words.pop()
    return "".join(words)
