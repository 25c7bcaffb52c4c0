"""The fields of a question that say how it is called and how its answers are scored: read and checked.

`short` is a name for tables; `score` a `ScoreKind`; `values` the answers that there are; `synonyms` other
words for them; `context = true` where an answer can be expected to say that it is about a fetus.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from fada_tui.core.records import SCORE_KINDS, ScoreKind
from fada_tui.core.toml import suggestion

KEYS = ("id", "short", "text", "score", "values", "synonyms", "context")

YES_NO = ("no", "yes")
"""The values of the kind `yes_no` where a question names none."""

_NEEDS_VALUES: tuple[ScoreKind, ...] = ("choice", "ordered")
_WITH_VALUES: tuple[ScoreKind, ...] = (*_NEEDS_VALUES, "yes_no", "set")
_WITH_SYNONYMS: tuple[ScoreKind, ...] = (*_WITH_VALUES, "text")

Values = tuple[str, ...]
Synonyms = dict[str, tuple[str, ...]]


def check_keys(item: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a key that is nearly one of a question's; others are a person's own."""
    for key in item:
        if key not in KEYS and (near := difflib.get_close_matches(key, KEYS, n=1, cutoff=0.75)):
            raise ValueError(f"no key {key!r} is known; did you mean '{near[0]}'?")


def short_name(item: Mapping[str, Any]) -> str | UnsetType:
    """Return a question's short name, if its table has one; raises `ValueError`."""
    if "short" not in item:
        return UNSET
    return _one_line(item["short"], "short is a name in quotes")


def scoring_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields `score`, `values`, `synonyms` and `context` of a question's table, where given.

    Raises:
        ValueError: one is of another type, or they don't fit together; the message says which.
    """
    kind = _kind(item)
    found: dict[str, Any] = {"score": kind} if "score" in item else {}
    values = _values(item["values"], kind) if "values" in item else None
    if values is not None:
        found["values"] = values
    elif kind in _NEEDS_VALUES:
        raise ValueError(f"score '{kind}' needs values, the answers that there are")
    if "synonyms" in item:
        found["synonyms"] = _synonyms(item["synonyms"], kind, values or (YES_NO if kind == "yes_no" else ()))
    if "context" in item:
        if not isinstance(item["context"], bool):
            raise ValueError(f"context is true or false, got {item['context']!r}")
        found["context"] = item["context"]
    return found


def _kind(item: Mapping[str, Any]) -> ScoreKind:
    given = item.get("score", "none")
    if kind := next((kind for kind in SCORE_KINDS if kind == given), None):
        return kind
    known = f"(kinds: {', '.join(SCORE_KINDS)})"
    if not isinstance(given, str):
        raise ValueError(f"score is a kind in quotes, got {given!r} {known}")
    raise ValueError(f"no kind of score {given!r}{suggestion(given, SCORE_KINDS)} {known}")


def _values(given: object, kind: ScoreKind) -> Values:
    if kind not in _WITH_VALUES:
        raise ValueError(f"values mean nothing for score '{kind}' (they do for {', '.join(_WITH_VALUES)})")
    wrong = 'values is a list of texts, as in ["poor", "good"]'
    if not isinstance(given, list):
        raise ValueError(wrong)
    values = tuple(_one_line(value, wrong) for value in given)
    if not values:
        raise ValueError(wrong)
    if kind in _NEEDS_VALUES and len(values) < 2:
        raise ValueError(f"score '{kind}' needs two values or more, got {len(values)}")
    if kind == "yes_no" and len(values) != 2:
        raise ValueError(f"score 'yes_no' has two values, the one that means no first, got {len(values)}")
    if twice := _doubled(values):
        raise ValueError(f"the value {twice!r} comes twice")
    return values


def _synonyms(given: object, kind: ScoreKind, values: Values) -> Synonyms:
    if kind not in _WITH_SYNONYMS:
        raise ValueError(
            f"synonyms mean nothing for score '{kind}' (they do for {', '.join(_WITH_SYNONYMS)})"
        )
    wrong = 'synonyms is a table of lists of texts, as in {"stomach" = ["gastric bubble"]}'
    if not isinstance(given, dict) or not all(isinstance(others, list) for others in given.values()):
        raise ValueError(wrong)
    if twice := _doubled(tuple(given)):
        raise ValueError(f"synonyms of {twice!r} come twice")
    synonyms = {
        _one_line(word, wrong): tuple(_one_line(other, wrong) for other in others)
        for word, others in given.items()
    }
    known = {value.casefold(): value for value in values or synonyms}
    for word in synonyms:
        if word.casefold() not in known:
            raise ValueError(
                f"synonyms of {word!r}, which is none of its values{suggestion(word, values)} "
                f"(values: {', '.join(values)})"
            )
    owners = dict(known)
    for word, others in synonyms.items():
        for other in others:
            if owners.setdefault(other.casefold(), word).casefold() != word.casefold():
                raise ValueError(f"{other!r} stands for two: {owners[other.casefold()]!r} and {word!r}")
    return {known[word.casefold()]: others for word, others in synonyms.items()}


def _one_line(given: object, wrong: str) -> str:
    """Return a text with its white space collapsed; raises `ValueError` if it is none, or empty."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{wrong}, got {given!r}")
    return " ".join(given.split())


def _doubled(texts: Values) -> str | None:
    """Return the first text that is there already but for its letter case and white space."""
    seen: set[str] = set()
    for text in texts:
        folded = " ".join(text.casefold().split())
        if folded in seen:
            return text
        seen.add(folded)
    return None
