"""Comparison of runs: the table of the page, and the comparison as Markdown, CSV or JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from fada_tui.core.records import Run
from fada_tui.report.delimited import csv_text, json_text
from fada_tui.report.figures import Figures, figures
from fada_tui.report.markdown import table
from fada_tui.report.metric import Value
from fada_tui.report.metrics import METRIC, METRICS, TABLE

QUALITY_NOTE = (
    "Quality is (correct + ½ partially correct) / judged, by people's verdicts, with its 95% Wilson interval "
    "and the number judged. Speed is the mean generation time of an answer."
)
SORTING_NOTE = (
    "Accuracy and macro F1 are of models that sort images into classes, by the folders' names; they write no "
    "text that could be scored."
)
BATCHES_NOTE = (
    "Where answers were made together, Speed counts of each its share of the batch's time, and the sizes of "
    "the batches stand beside it: between rows of other sizes it tells of these as well as of the models."
)
SERVED_NOTE = (
    "Where a server was sent several requests at once, the time of an answer includes waiting for others."
)
UNLIKE_NOTE = "Not all rows are of the same images and questions: compare them with care."


def latest_complete(runs: Iterable[Run]) -> list[Run]:
    """Return the latest complete run of each model in each resolution, ordered by the models' names."""
    latest: dict[tuple[Any, ...], Run] = {}
    for run in sorted(runs, key=_age):
        if run.status == "complete":
            latest[_seeing(run)] = run
    return sorted(latest.values(), key=lambda run: (run.model.name.casefold(), run.model.name))


def comparison_section(run: Run, others: Iterable[Run]) -> list[str]:
    """Return the page's table: this run first and bold, then each other model's latest complete run.

    A model in another resolution is another one.
    """
    rivals = [
        other
        for other in latest_complete(other for other in others if other.id != run.id)
        if _seeing(other) != _seeing(run)
    ]
    shown = [run, *rivals]
    found = [figures(other) for other in shown]
    return [
        "### Comparison with Other Models",
        "",
        *_table(TABLE, shown, found, bold=run),
        "",
        QUALITY_NOTE,
        *(line for note in _notes(shown, found) for line in ("", note)),
        "",
    ]


def render_comparison(runs: Sequence[Run], format: Literal["md", "csv", "json"]) -> str:
    """Return a row for each run, ordered by model and age.

    Args:
        runs: The runs, each one once; see `latest_complete` for one run of each model.
        format: `md` for a page, `csv` or `json` for its figures in seconds, bytes and shares of 1.
    """
    ordered = sorted(runs, key=lambda run: (run.model.name.casefold(), run.model.name, *_age(run)))
    match format:
        case "md":
            return _page(ordered)
        case "csv":
            return csv_text([metric.key for metric in METRICS if metric.in_data], map(_data, ordered))
        case "json":
            return json_text([_data(run) for run in ordered])


def _data(run: Run) -> dict[str, Value]:
    found = figures(run)
    return {metric.key: metric.value(run, found) for metric in METRICS if metric.in_data}


def _page(runs: Sequence[Run]) -> str:
    found = [figures(run) for run in runs]
    rows = _table((*TABLE, "run"), runs, found) if runs else ["No runs."]
    lines = ["# Comparison of Models", "", *rows, ""]
    lines += [QUALITY_NOTE, ""] if runs else []
    lines += [line for note in _notes(runs, found) for line in (note, "")]
    return "\n".join(lines)


def _table(
    keys: Sequence[str], runs: Sequence[Run], found: Sequence[Figures], *, bold: Run | None = None
) -> list[str]:
    """Return the table; a column without any value is left out."""
    rows = [
        {key: METRIC[key].text("table", run, its) for key in keys}
        for run, its in zip(runs, found, strict=True)
    ]
    for run, row in zip(runs, rows, strict=True):
        if run is bold:
            row["model"] = f"**{row['model']}**"
    told = [key for key in keys if any(row[key] is not None for row in rows)]
    return table(
        [METRIC[key].shown["table"].heading for key in told],
        ([row[key] or "–" for key in told] for row in rows),
    )


def _notes(runs: Sequence[Run], found: Sequence[Figures]) -> list[str]:
    """Return the notes that are needed to interpret the rows."""
    notes = {
        BATCHES_NOTE: any(its.batch_sizes for its in found),
        SERVED_NOTE: any((run.generation.concurrency or 1) > 1 for run in runs),
        SORTING_NOTE: any(its.sorting is not None for its in found),
        UNLIKE_NOTE: not _alike(runs),
    }
    return [note for note, holds in notes.items() if holds]


def _seeing(run: Run) -> tuple[Any, ...]:
    """Return the model, with its image resolution."""
    return (run.model.name, run.model.asked_resolution)


def _age(run: Run) -> tuple[str, str]:
    return (run.started or "", run.id)


def _alike(runs: Sequence[Run]) -> bool:
    """Return whether all runs asked the same questions about the same images, by names and pixel hashes."""
    asked = {
        frozenset((result.category, result.image, result.question) for result in run.results)
        for run in runs
        if run.results
    }
    pixels: dict[tuple[str, str], set[str]] = {}
    for run in runs:
        for result in run.results:
            if result.sha256 is not None:
                pixels.setdefault((result.category, result.image), set()).add(result.sha256)
    return len(asked) <= 1 and all(len(hashes) == 1 for hashes in pixels.values())
