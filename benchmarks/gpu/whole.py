"""Part 5: `fada-tui --batch` whole, twice; what the card did meanwhile, by `telemetry.csv`."""

import csv
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.asking import QUESTIONS
from benchmarks.gpu.task import SMALLER, Figures, Task
from benchmarks.program import Look, run_batch

BATCH, IMAGES = 16, 48


def measure(task: Task, figures: Figures) -> None:
    """Run the command, and run it again with warm caches."""
    for name in ("first", "second"):
        figures.attempt(name, partial(_run, task, name))


def _run(task: Task, name: str) -> dict[str, Any]:
    place = task.scratch(f"whole-{name}")
    looks: list[Look] = []
    began = time.time()
    ended = run_batch(
        place,
        *("--model", task.model(SMALLER), "--images", task.images, "--question", QUESTIONS[0].text),
        *("--limit", str(IMAGES), "--max-new-tokens", str(task.tokens), "--batch-size", str(BATCH)),
        *("--device", task.device, "--dtype", "bfloat16"),
        watch=looks.append,
    )
    results = ended.run["results"]
    first = next((look.seconds for look in looks if look.results), None)
    most = max((look.results for look in looks), default=0)
    last = next((look.seconds for look in looks if look.results == most > 0), None)
    tokens = sum(one["tokens"]["generated"] or 0 for one in results)
    (table,) = (place / "results").glob("*/telemetry.csv")
    return {
        "seconds": ended.seconds,
        "first_answer": first,
        "last_answer": last,
        "load_time": ended.run["model"]["load_time"],
        "answers": sum(one["error"] is None for one in results),
        "errors": [one["error"] for one in results if one["error"]][:3],
        "tokens": tokens,
        "tokens_per_second": tokens / ended.seconds,
        "memory": ended.run["model"]["memory"],
        "card": card_of(table, {"whole": (began, None), "answering": (began + first, began + last)})
        if first and last
        else card_of(table, {"whole": (began, None)}),
    }


def card_of(table: Path, spans: dict[str, tuple[float, float | None]]) -> dict[str, Any]:
    """Return how idle the card was in spans of time, by the samples of a run.

    Args:
        table: a run's `telemetry.csv`.
        spans: begin and end of each, in seconds since 1970; an end of `None` is the last sample.
    """
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found: dict[str, Any] = {"samples": len(rows)}
    for name, (begin, end) in spans.items():
        used = [
            float(row["utilisation [%]"])
            for row in rows
            if row["utilisation [%]"] and begin <= _moment(row["time"]) <= (end or float("inf"))
        ]
        found[name] = (
            {
                "samples": len(used),
                "idle": 1 - fmean(used) / 100,
                "samples_at_0": sum(one == 0 for one in used),
            }
            if used
            else {"skipped": "telemetry.csv has no utilisation in this time"}
        )
    return found


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
