"""Tokens a second, and what the card's memory would allow."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import msgspec

from benchmarks.rounds import spread
from fada_tui.core.records import Result


def reading_of(model: Any, bandwidth: float | None) -> dict[str, Any]:
    """Return what each step of decoding must read of the weights: the text model's and the head's.

    A token's embedding is one row of its table: that is left out, as are keys and values of what came before.

    Args:
        model: whose text model is called `text_model`.
        bandwidth: bytes a second that a copy reads and writes; `None` where there is no card.
    """
    size = sum(
        parameter.numel() * parameter.element_size()
        for name, parameter in model.named_parameters()
        if ("text_model." in name and "embed_tokens" not in name) or "lm_head" in name
    )
    return {
        "bytes": size,
        "weights": model.get_memory_footprint(),
        "parameters": model.num_parameters(),
        "limit": bandwidth / size if bandwidth and size else None,
    }


def limit(reading: dict[str, Any], batch: int) -> float | None:
    """Return the tokens a second that reading the weights allows, of so many answers together."""
    return reading["limit"] * batch if reading["limit"] else None


def rate(batch: int, answers: int, tokens: int, seconds: Sequence[float]) -> dict[str, Any]:
    """Return what some rounds say of a way: each made so many answers of so many tokens in all."""
    return {
        "batch": batch,
        "answers": answers,
        "seconds": list(seconds),
        "tokens_per_second": msgspec.to_builtins(spread([tokens / one for one in seconds])),
    }


def decoding(results: Sequence[Result], batch: int, most: float | None) -> dict[str, Any]:
    """Return how the results' time was spent, and what share of the card's limit they came to.

    Args:
        results: of one round.
        batch: answers together at most.
        most: tokens a second that the card allows; `None` where that is unknown.
    """
    whole = [one for one in results if one.error is None and one.tokens.generated and one.time]
    found: dict[str, Any] = {"generated": sum(one.tokens.generated or 0 for one in whole)}
    if not whole:
        return found
    own = sum(one.own_time or 0.0 for one in whole)
    found["generating"] = {"seconds": own, "tokens_per_second": found["generated"] / own if own else None}
    found["prepare"] = fmean(one.timing.preprocess or 0.0 for one in whole)
    found["first_token"] = fmean(one.timing.first_token or 0.0 for one in whole)
    steps = [pace for one in whole if (pace := _step(one))]
    if steps:
        decoded = batch / fmean(steps)
        found["decoding"] = {"step": fmean(steps), "tokens_per_second": decoded}
        if most:
            found["share_of_limit"] = {
                "decoding": decoded / most,
                "generating": (found["generating"]["tokens_per_second"] or 0.0) / most,
            }
    found["image_tokens"] = sorted({one.tokens.image for one in whole if one.tokens.image is not None})
    found["batch_sizes"] = sorted({one.together for one in whole})
    return found


def _step(one: Result) -> float | None:
    """Seconds between two tokens of an answer."""
    steps = (one.tokens.generated or 0) - 1
    if steps < 1 or one.timing.first_token is None or one.time is None:
        return None
    return (one.time - one.timing.first_token) / steps
