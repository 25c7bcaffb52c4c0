"""Runs beside each other: the table of the page, and the comparison as Markdown, CSV or JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import UNSET

from fada_tui.core.records import Run
from fada_tui.evaluation.statistics import Share, wilson
from fada_tui.report import memory, units
from fada_tui.report.delimited import csv_text, json_text
from fada_tui.report.figures import Figures, figures
from fada_tui.report.markdown import name, table
from fada_tui.report.sorting import accuracy, sorted_run

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
    sorts = any(one.classes is not UNSET for one in shown)
    found = [figures(other) for other in shown]
    rows = [_row(other, its, bold=other is run, sorts=sorts) for other, its in zip(shown, found, strict=True)]
    columns = _columns(sorts)
    return [
        "### Comparison with Other Models",
        "",
        *table(columns, rows),
        "",
        QUALITY_NOTE,
        *(line for note in _notes(shown, found, sorts=sorts) for line in ("", note)),
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
            return csv_text(COLUMNS, map(_flat, ordered))
        case "json":
            return json_text([_flat(run) for run in ordered])


def _page(runs: Sequence[Run]) -> str:
    sorts = any(run.classes is not UNSET for run in runs)
    columns = (*_columns(sorts), "Run")
    found = [figures(run) for run in runs]
    rows = [
        [*_row(run, its, bold=False, sorts=sorts), name(run.id)] for run, its in zip(runs, found, strict=True)
    ]
    lines = ["# Comparison of Models", "", *(table(columns, rows) if rows else ["No runs."]), ""]
    lines += [QUALITY_NOTE, ""] if rows else []
    lines += [line for note in _notes(runs, found, sorts=sorts) for line in (note, "")]
    return "\n".join(lines)


def _notes(runs: Sequence[Run], found: Sequence[Figures], *, sorts: bool) -> list[str]:
    """What must be known to read the rows beside each other."""
    notes = {
        BATCHES_NOTE: any(its.batch_sizes for its in found),
        SERVED_NOTE: any(_in_flight(run) > 1 for run in runs),
        SORTING_NOTE: sorts,
        UNLIKE_NOTE: not _alike(runs),
    }
    return [note for note, holds in notes.items() if holds]


def _seeing(run: Run) -> tuple[Any, ...]:
    """The model, and how large it saw the images."""
    return (run.model.name, run.model.longest_edge, run.model.max_tiles)


def _age(run: Run) -> tuple[str, str]:
    return (run.started or "", run.id)


def _columns(sorts: bool) -> tuple[str, ...]:
    extra = ("Accuracy", "Macro F1") if sorts else ()
    return ("Model", "Size", "Memory", "Speed", "Context", *extra, "Quality", "Results")


def _row(run: Run, found: Figures, *, bold: bool, sorts: bool) -> list[str]:
    model = name(run.model.name)
    if resolution := units.resolution(run.model.asked_resolution):
        model += f" ({resolution})"
    return [
        f"**{model}**" if bold else model,
        units.parameters(run.model.parameters) or "unknown",
        memory.briefly(run.model.memory),
        _speed(run, found),
        _context(found) if run.classes is UNSET else "writes no text",
        *(_sorting(run) if sorts else ()),
        _quality(found),
        _results(run, found),
    ]


def _speed(run: Run, found: Figures) -> str:
    if (each := units.seconds(found.time_per_answer)) is None:
        return "unknown"
    if sizes := units.batches(found.batch_sizes):
        return f"{each} s ({sizes})"
    return f"{each} s ({_in_flight(run)} requests at once)" if _in_flight(run) > 1 else f"{each} s"


def _alone(run: Run, found: Figures) -> tuple[int | None, int | None]:
    """The batch sizes of a run without batches; unknown where it is not known how its answers were made."""
    return (None, None) if run.generation.batch_size is None or not found.answers else (1, 1)


def _in_flight(run: Run) -> int:
    return 1 if run.generation.concurrency is UNSET else run.generation.concurrency


def _context(found: Figures) -> str:
    if found.tally.context.total:
        return units.of(found.tally.context)
    return f"{units.of(found.auto_context)} (computed)" if found.auto_context.total else "unknown"


def _sorting(run: Run) -> tuple[str, str]:
    found = sorted_run(run)
    if found is None or found.macro_f1 is None:
        return ("–", "–")
    return (accuracy(found.top1) or "–", f"{found.macro_f1:.3f}")


def _quality(found: Figures) -> str:
    quality, bounds = found.tally.quality, found.tally.interval
    if quality is None or bounds is None:
        return "not assessed"
    return f"{units.percent(quality)} ({units.interval(bounds)}, n = {found.tally.judged:,})"


def _results(run: Run, found: Figures) -> str:
    text = f"{found.results:,}" if run.status == "complete" else f"{found.results:,} of {found.planned:,}"
    text += f", {units.count(found.errors, 'error')}" if found.errors else ""
    return text if run.status == "complete" else f"{text} ({run.status})"


def _alike(runs: Sequence[Run]) -> bool:
    """Whether all runs asked the same questions of the same images, as far as names and pixels tell."""
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


def _flat(run: Run) -> dict[str, Any]:
    found = figures(run)
    counts, bounds = found.tally, found.tally.interval
    classified = sorted_run(run)
    right = classified.top1 if classified else Share(0, 0)
    range_ = wilson(*right)
    values = (
        run.id,
        run.model.name,
        run.model.source,
        run.status,
        run.started,
        run.dataset.name,
        found.images,
        found.results,
        found.planned,
        found.errors,
        run.model.parameters,
        run.model.dtype,
        run.model.quantization,
        run.model.longest_edge or None,
        run.model.max_tiles or None,
        *(found.image_tokens or (None, None)),
        run.model.device,
        run.model.load_time,
        run.model.memory.weights,
        run.model.memory.torch_peak_allocated,
        run.model.memory.torch_peak_reserved,
        run.model.memory.nvml_process_peak,
        run.model.memory.worker_rss_peak,
        found.mean_time,
        found.median_time,
        found.time_per_answer,
        *(found.batch_sizes or _alone(run, found)),
        found.first_token,
        found.tokens_per_second,
        counts.judged,
        counts.correct,
        counts.partial,
        counts.incorrect,
        counts.quality,
        bounds.low if bounds else None,
        bounds.high if bounds else None,
        *counts.context,
        *found.auto_context,
        found.auto_score,
        *found.maternal,
        *found.identical,
        *found.cut,
        *(right if classified else (None, None)),
        right.hits / right.total if right.total else None,
        range_.low if range_ else None,
        range_.high if range_ else None,
        classified.macro_f1 if classified else None,
    )
    return dict(zip(COLUMNS, values, strict=True))


COLUMNS = (
    *("run", "model", "source", "status", "started", "dataset", "images", "results", "planned", "errors"),
    *("parameters", "dtype", "quantization", "longest_edge", "max_tiles"),
    *("image_tokens_least", "image_tokens_most", "device", "load_time", "weights"),
    *("torch_peak_allocated", "torch_peak_reserved", "nvml_process_peak", "worker_rss_peak"),
    *("mean_time", "median_time", "time_per_answer", "batch_size_least", "batch_size_most"),
    *("first_token", "tokens_per_second"),
    *("judged", "correct", "partial", "incorrect", "quality", "quality_low", "quality_high"),
    *("context_flags_set", "context_flags", "auto_context", "auto_scored", "auto_score"),
    *("auto_maternal", "auto_maternal_of", "identical_answers", "answers", "cut_at_limit", "ends_known"),
    *("sorted_right", "sorted", "accuracy", "accuracy_low", "accuracy_high", "macro_f1"),
)
