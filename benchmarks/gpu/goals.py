"""What the figures were to come to, and whether they did."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from benchmarks.gpu.runner import Report

Parts = dict[str, dict[str, Any]]
"""The figures of each part, by its name."""

SHARES = {"500M": 0.25, "2B": 0.5}
"""Of what the card's memory allows, for one answer at a time."""

TIMES = 8.0
STREAMED = 0.97


class Goal(Struct, frozen=True):
    """A figure and the least that it is to be."""

    name: str
    wanted: float
    of: Callable[[Parts], Any]


def judge(reports: Sequence[Report], *, proves: bool) -> list[dict[str, Any]]:
    """Return each goal with what was measured, and whether it is reached; `None` where that isn't known.

    Args:
        reports: of the parts that have ended.
        proves: figures of tiny models, or without a card, say nothing.
    """
    parts: Parts = {report["name"]: report["figures"] for report in reports}
    found = []
    for goal in GOALS:
        measured = _number(goal.of(parts))
        reached = None if measured is None or not proves else measured >= goal.wanted
        found.append({"goal": goal.name, "wanted": goal.wanted, "measured": measured, "reached": reached})
    return found


def at(figures: Any, *path: str) -> Any:
    """Return the figure at a path; `None` where there is none."""
    for name in path:
        figures = figures.get(name) if isinstance(figures, dict) else None
    return figures


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _share(part: str, model: str) -> Callable[[Parts], Any]:
    return lambda parts: at(parts, f"{part}-{model}", "ours 1", "share_of_limit", "decoding")


def _streamed(part: str, model: str) -> Callable[[Parts], Any]:
    return lambda parts: at(parts, f"{part}-{model}", "streaming", "ratio")


def _times(model: str, way: str) -> Callable[[Parts], Any]:
    def times(parts: Parts) -> Any:
        loop = at(parts, f"pace-{model}", "loop", "tokens_per_second", "median")
        ours = at(parts, way.format(model), "ours 32", "tokens_per_second", "median")
        return ours / loop if loop and ours else None

    return times


GOALS = (
    *(
        Goal(f"{model}: share of the limit in decoding, batch 1{label}", share, _share(part, model))
        for model, share in SHARES.items()
        for part, label in (("pace", ""), ("compiled", ", compiled"))
    ),
    *(Goal(f"{model}: batch 32 ÷ loop", TIMES, _times(model, "pace-{}")) for model in SHARES),
    Goal("500M: batch 32, compiled ÷ loop", TIMES, _times("500M", "compiled-{}")),
    *(
        Goal(
            f"{model}: streamed ÷ bare{label}",
            STREAMED,
            _streamed(part, model),
        )
        for model in SHARES
        for part, label in (("pace", ""), ("compiled", ", compiled"))
    ),
)
