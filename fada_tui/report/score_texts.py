"""Figures of scores as cells of tables."""

from typing import Final

from fada_tui.core.records import ConstantAnswer, ScoredFigure
from fada_tui.evaluation.scoring import Measured, ScoreFigure
from fada_tui.evaluation.statistics import Interval
from fada_tui.report import units
from fada_tui.report.markdown import inline

_COUNTED: Final = frozenset(
    {"accuracy", "exact", "within_one", "sensitivity", "specificity", "balanced_accuracy"}
)
"""Figures that are shares of answers that are right, said in percent."""
_ANSWER_CHARACTERS = 40
"""Of a constant answer in a cell."""


def value(figure: ScoreFigure, of: Measured | None = None) -> str:
    """Return a figure with its 95 % interval: `71% (66–76%)`, `0.71 (0.66–0.76)`, `1.2 (1.0–1.4) steps`.

    Args:
        figure: The figure.
        of: Over which results; by default over the answers.
    """
    measured = of or figure.answered
    if measured.value is None:
        return f"– ({inline(measured.reason or 'nothing to compute it of')})"
    return _with_interval(figure.key, measured.value, measured.interval, measured.reason)


def recorded(one: ScoredFigure) -> str:
    """Return a figure of a run's record in the same form."""
    if one.value is None:
        return "–"
    bounds = None if one.low is None or one.high is None else Interval(one.low, one.high)
    return _with_interval(one.key, one.value, bounds, None)


def _with_interval(key: str, value: float, bounds: Interval | None, reason: str | None) -> str:
    if bounds is None:
        interval = inline(reason or "no interval")
    elif key in _COUNTED:
        interval = units.interval(bounds)
    else:
        interval = f"{bounds.low:.2f}–{bounds.high:.2f}"
    return f"{number(key, value)} ({interval}){' steps' if key == 'mean_distance' else ''}"


def constant(key: str, one: ConstantAnswer | None) -> str:
    """Return what a constant answer has of a figure, and which answer it is: `66% ("good")`."""
    if one is None:
        return "–"
    return f'{number(key, one.value)} ("{inline(cut(one.answer, _ANSWER_CHARACTERS))}")'


def number(key: str, value: float) -> str:
    """Return a figure's value, by its key: in percent where it is a share of right answers."""
    return units.percent(value) if key in _COUNTED else f"{value:.2f}"


def cut(text: str, most: int) -> str:
    """Return a text on one line, of so many characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
