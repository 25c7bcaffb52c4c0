"""A ranking in lines of text, beneath the sentence that says it."""

from collections.abc import Sequence

from msgspec import UNSET

from fada_tui.core.records import Ranked, Result
from fada_tui.core.text import percentage

SHOWN = 5
BAR_CELLS = 10


def answer_text(result: Result) -> str:
    """Return an answer as its pane shows it: the text, then what was ranked."""
    text = result.response or "(an empty answer)"
    if result.ranking is UNSET or len(result.ranking) < 2:
        return text
    return "\n".join([text, "", *ranking_lines(result.ranking)])


def ranking_lines(ranking: Sequence[Ranked]) -> list[str]:
    """Return a line for each of the likeliest: bar, percentage, name; then how many are left out."""
    lines = [
        f"{_bar(one.probability)} {percentage(one.probability):>4}  {one.label}" for one in ranking[:SHOWN]
    ]
    left = len(ranking) - SHOWN
    return [*lines, f"and {left} more"] if left > 0 else lines


def _bar(share: float) -> str:
    return ("█" * round(share * BAR_CELLS)).ljust(BAR_CELLS, "·")
