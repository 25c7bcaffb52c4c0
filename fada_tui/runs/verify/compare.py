"""Comparison of a recorded result with the repeated one, without side effects."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import Ranked, Result

Outcome: TypeAlias = Literal["identical", "different", "image_missing", "image_changed", "not_answered"]

Unit: TypeAlias = Literal["token", "word", "character"]

SAME_PROBABILITY = 1e-5
"""Difference below which probabilities count as equal, to allow for float32 rounding."""

_CHANGED = (ErrorKind.IMAGE_UNREADABLE, ErrorKind.IMAGE_TOO_LARGE)


class Split(Struct, frozen=True):
    """A text split into tokens."""

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    """The text of each token."""


class Difference(Struct, frozen=True, kw_only=True):
    """The first difference between two texts."""

    at: int
    """Position, counted from 1."""
    unit: Unit
    """Unit of the position: words where nothing is known of the model's tokens, as of a server's; characters
    where neither tokens nor words separate the texts."""
    recorded: str | None
    """The piece of the recorded text; `None` where that has ended."""
    now: str | None
    """The piece of the new one."""


class Verified(Struct, frozen=True, kw_only=True):
    """The outcome for one result."""

    recorded: Result
    outcome: Outcome
    difference: Difference | None = None
    """The difference, if the texts differ."""
    reason: str | None = None
    """Another difference, or the reason why there is no answer."""


def texts_differ(recorded: Result, now: Result) -> bool:
    """Return whether both have texts of the same image that differ, so that tokens are needed."""
    return (
        now.error is None
        and _pixels(recorded) == _pixels(now)
        and not (recorded.ranking or now.ranking)
        and recorded.response != now.response
    )


def compare(recorded: Result, now: Result, tokens: Sequence[Split] = ()) -> Verified:
    """Compare a recorded result with the repeated one.

    Args:
        recorded: with an answer.
        now: the new one.
        tokens: the recorded response and the new one, where `texts_differ` and the model is loaded here.
    """
    if now.error:
        outcome = _of_error(now.error.kind)
        return Verified(recorded=recorded, outcome=outcome, reason=now.error.message)
    if _pixels(recorded) != _pixels(now):
        return Verified(recorded=recorded, outcome="image_changed", reason=_sizes(recorded, now))
    if recorded.ranking and now.ranking:
        reason = _ranked_otherwise(recorded.ranking, now.ranking) or _answered_otherwise(recorded, now)
    elif recorded.response != now.response:
        difference = first_difference(recorded.response or "", now.response or "", tokens)
        return Verified(recorded=recorded, outcome="different", difference=difference)
    else:
        reason = _ended_otherwise(recorded, now)
    return Verified(recorded=recorded, outcome="different" if reason else "identical", reason=reason)


def first_difference(recorded: str, now: str, tokens: Sequence[Split] = ()) -> Difference:
    """Return where two different texts first differ: by tokens, or words without these, else characters."""
    if tokens:
        before, after = tokens
        place = _parting(before.ids, after.ids)
        if place < max(len(before.ids), len(after.ids)):
            return _difference("token", place, before.pieces, after.pieces)
    elif recorded.split() != now.split():
        words, others = recorded.split(), now.split()
        return _difference("word", _parting(words, others), words, others)
    return _difference("character", _parting(recorded, now), recorded, now)


def _difference(unit: Unit, place: int, recorded: Sequence[str], now: Sequence[str]) -> Difference:
    return Difference(
        at=place + 1,
        unit=unit,
        recorded=recorded[place] if place < len(recorded) else None,
        now=now[place] if place < len(now) else None,
    )


def _parting(one: Sequence[object], other: Sequence[object]) -> int:
    """Return the first index at which two sequences differ, or the shorter one's length."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _pixels(result: Result) -> tuple[str | None, int | None, int | None]:
    return result.sha256, result.width, result.height


def _sizes(recorded: Result, now: Result) -> str | None:
    was, is_now = (f"{one.width} × {one.height}" for one in (recorded, now))
    return None if was == is_now else f"{was} pixels recorded, now {is_now}"


def _of_error(kind: str) -> Outcome:
    if kind == ErrorKind.IMAGE_MISSING:
        return "image_missing"
    return "image_changed" if kind in _CHANGED else "not_answered"


def _ended_otherwise(recorded: Result, now: Result) -> str | None:
    """Return how answers with equal texts differ: in their ending, or in invisible tokens."""
    if recorded.finish != now.finish:
        return f"its text is the same, its end is not: recorded '{recorded.finish}', now '{now.finish}'"
    was, is_now = recorded.tokens.generated, now.tokens.generated
    if was is not None and is_now is not None and was != is_now:
        return f"its text is the same, its tokens are not: {was} recorded, now {is_now}"
    return None


def _ranked_otherwise(recorded: Sequence[Ranked], now: Sequence[Ranked]) -> str | None:
    """Return the largest difference between two rankings; `None` if only last digits differ."""
    was, is_now = ({one.label: one.probability for one in ranking} for ranking in (recorded, now))
    apart = {label: abs(was.get(label, 0.0) - is_now.get(label, 0.0)) for label in {**was, **is_now}}
    label = max(apart, key=apart.__getitem__)
    if apart[label] <= SAME_PROBABILITY:
        return None
    before, after = (f"{one[label]:.6f}" if label in one else "not ranked" for one in (was, is_now))
    return f"'{label}': recorded {before}, now {after}"


def _answered_otherwise(recorded: Result, now: Result) -> str | None:
    """Return how answers with equal rankings differ: two labels may be equally probable."""
    if recorded.response == now.response:
        return None
    was, is_now = recorded.response, now.response
    return f"its probabilities are the same, its answer is not: recorded '{was}', now '{is_now}'"
