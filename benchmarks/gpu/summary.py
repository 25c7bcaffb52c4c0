"""What of the figures is printed: enough to see at a glance what came of the parts."""

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.gpu.runner import Report

LONGEST = 300
"""Characters of a figure; the file has all of it."""


def show(report: Report) -> None:
    """Print a part's report, a line for each figure."""
    seconds = f" in {report['seconds']:.1f} s" if "seconds" in report else ""
    reason = f": {report['reason']}" if "reason" in report else ""
    print(f"{report['number']} {report['name']}: {report['status']}{seconds}{reason}")
    for line in report.get("printed", ())[-8:]:
        print(f"      | {line[:LONGEST]}")
    for name, value in report["figures"].items():
        print(f"    {name}: {_short(value)}")
    print(flush=True)


def show_goals(goals: Sequence[dict[str, Any]]) -> None:
    """Print the goals."""
    words = {True: "reached", False: "NOT reached", None: "not judged"}
    for goal in goals:
        measured = "–" if goal["measured"] is None else f"{goal['measured']:.3f}"
        print(f"{words[goal['reached']]:<12} {goal['goal']}: {measured} (wanted: {goal['wanted']})")


def _short(value: Any) -> str:
    text = json.dumps(_rounded(value), ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return value
