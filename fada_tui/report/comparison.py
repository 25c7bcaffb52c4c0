"""Comparison of runs: the table of the page, and the comparison as Markdown, CSV or JSON."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fada_tui.core.records import ModelNote, Record, Run
from fada_tui.report import identity, units
from fada_tui.report.compared_scores import scores_data, scores_section
from fada_tui.report.delimited import csv_text, json_text
from fada_tui.report.figures import Figures, figures
from fada_tui.report.identity import (
    HEADINGS,
    age,
    by_name,
    differing,
    model_with_settings,
    setting_cell,
    setting_text,
    settings,
    without_shards,
)
from fada_tui.report.likeness import Asked, asked, unlike
from fada_tui.report.markdown import table
from fada_tui.report.metric import Value
from fada_tui.report.metrics import METRIC, METRICS, TABLE
from fada_tui.report.told import TOLD_COLUMNS, told_cells, told_data, told_note, without_runs
from fada_tui.report.verdict_metrics import shares_data
from fada_tui.report.wordings import QUESTIONS, differing_wordings, wordings_list

QUALITY_NOTE = (
    "Quality is (correct + ½ partially correct) / judged, by people's verdicts, with its 95% interval by "
    "images and the number judged. Speed is the mean generation time of an answer. What each figure says: "
    "docs/figures.md of fada-tui."
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
DEVICES_NOTE = (
    "Where several devices made a run at once, Speed is of an answer on one of them, and Memory that of the "
    "one with most; how many answers they make together in a second stands on the run's page."
)
UNLIKE = "unlike"
"""Column of what a run was asked of other images or questions."""
STANDING = "standing"
"""Column of how many runs of a model one stands for."""
SETTINGS_IN_DATA = tuple(key for key in HEADINGS if key not in ("source", "precision", "quantisation"))
"""Settings that CSV and JSON have beside the metrics, which hold the others."""
_METRICS = tuple(metric.key for metric in METRICS if metric.in_data)
_PLACE = _METRICS.index("longest_edge")
_IN_DATA = (*_METRICS[:_PLACE], *SETTINGS_IN_DATA, UNLIKE, *_METRICS[_PLACE:])
"""Columns of CSV and JSON."""
SHOWN_ON_PAGE = 20
"""Rows of the table on a run's page."""
WORDINGS_ON_PAGE = 3
"""Ids of questions in several wordings that are listed below it."""
UNLIKE_NOTE = "Not all rows are of the same images and questions: compare them with care."


class Compared(Record, frozen=True, kw_only=True):
    """What a comparison needs of a run: a thousandth of its results' memory."""

    run: Run
    """Without its results."""
    figures: Figures
    asked: Asked
    """What it has results of."""
    results: bytes
    """A hash of the same, image by image; empty without results."""


def compared(run: Run) -> Compared:
    """Return what a comparison needs of a run."""
    keys = sorted({(result.category, result.image, result.question) for result in run.results})
    return Compared(
        run=run.light(),
        figures=figures(run),
        asked=asked(run),
        results=hashlib.sha256(repr(keys).encode(errors="surrogatepass")).digest() if keys else b"",
    )


def standing(rows: Iterable[Compared]) -> list[tuple[Compared, int]]:
    """Return the run that stands for each model, and of how many complete ones (see `identity.standing`)."""
    return identity.standing(rows, lambda row: row.run, lambda row: row.figures.tally.judged)


def differences(rows: Sequence[Compared]) -> list[list[str]]:
    """Return in what each run differs from the others, in plain text: settings, images and questions."""
    keys = differing([row.run for row in rows])
    others = unlike([row.asked for row in rows])
    return [
        [
            *(f"{HEADINGS[key].lower()} {text}" for key in keys if (text := setting_text(row.run, key))),
            *([other] if other else []),
        ]
        for row, other in zip(rows, others, strict=True)
    ]


def comparison_section(
    this: Compared,
    others: Iterable[Compared],
    most: int = SHOWN_ON_PAGE,
    *,
    notes: Iterable[ModelNote] = (),
) -> list[str]:
    """Return the page's table: this run first and bold, then the run that stands for each other model.

    A model with other settings is another one. Last come models that only notes tell of.

    Args:
        this: The run.
        others: The runs to compare it with; the run itself may be among them.
        most: Rows; the others are counted, and stand in the comparison of the results folder.
        notes: What is told of models, for those that have no run.
    """
    others = without_shards([*others, this], lambda row: row.run)
    others = [other for other in others if other.run.id != this.run.id]
    own = model_with_settings(this.run)
    rivals = [one for one in standing(others) if model_with_settings(one[0].run) != own]
    same = sum(other.run.status == "complete" and model_with_settings(other.run) == own for other in others)
    counted = {row.run.id: number for row, number in rivals} | {this.run.id: same + 1}
    shown = [this, *(row for row, _ in rivals)][:most]
    known = without_runs(notes, _with_answers([this, *others]))
    told = known[: most - len(shown)]
    left = len(rivals) + 1 - len(shown) + len(known) - len(told)
    rest = f"{units.count(left, 'more model')}: see [comparison.md](../comparison.md)."
    return [
        "### Comparison with Other Models",
        "",
        *_table(TABLE, shown, told, bold=this, counted=counted),
        "",
        *([rest, ""] if left else []),
        QUALITY_NOTE,
        *(line for note in _notes(shown, told) for line in ("", note)),
        "",
        *_wordings((row.run for row in shown), WORDINGS_ON_PAGE),
    ]


def render_comparison(runs: Iterable[Run], format: Literal["md", "csv", "json"]) -> str:
    """Return a row for each run, ordered by model and age.

    Args:
        runs: The runs, each one once; read one at a time, they need the memory of one.
        format: `md` for a page, `csv` or `json` for its figures in seconds, bytes and shares of 1.
    """
    return render_rows(map(compared, runs), format)


def render_rows(
    rows: Iterable[Compared], format: Literal["md", "csv", "json"], notes: Iterable[ModelNote] = ()
) -> str:
    """Return a row for each compared run, as `render_comparison` does, then for models of notes alone."""
    ordered = sorted(rows, key=lambda row: (*by_name(row.run), *age(row.run)))
    told = without_runs(notes, _with_answers(ordered))
    columns = [*_IN_DATA, *(TOLD_COLUMNS if told else ())]
    nothing: dict[str, Value] = dict.fromkeys(columns)
    others = unlike([row.asked for row in ordered])
    measured = (_data(row) | {UNLIKE: other} for row, other in zip(ordered, others, strict=True))
    data = (nothing | row for row in (*measured, *map(told_data, told)))
    match format:
        case "md":
            return _page(ordered, told)
        case "csv":
            return csv_text(columns, data)
        case "json":
            scores = [*(scores_data(row.run) for row in ordered), *([] for _ in told)]
            judged = [*(_verdicts(row) for row in ordered), *([] for _ in told)]
            parts = zip(data, scores, judged, strict=True)
            return json_text([row | {"scores": of, "verdicts_by_question": by} for row, of, by in parts])


def _with_answers(rows: Iterable[Compared]) -> Iterable[Run]:
    return (row.run for row in rows if row.figures.answers)


def _verdicts(row: Compared) -> list[dict[str, Any]]:
    texts = {question.id: question.text for question in row.run.questions}
    return [
        {"question_id": question, "question": texts.get(question), **shares_data(counts)}
        for question, counts in row.figures.tallies
    ]


def _data(row: Compared) -> dict[str, Value]:
    metrics = {metric.key: metric.value(row.run, row.figures) for metric in METRICS if metric.in_data}
    its = settings(row.run)
    return metrics | {key: its[key] for key in SETTINGS_IN_DATA}


def _page(rows: Sequence[Compared], told: Sequence[ModelNote]) -> str:
    table = _table((*TABLE, "run"), rows, told) if rows or told else ["No runs."]
    lines = ["# Comparison of Models", "", *table, ""]
    lines += [QUALITY_NOTE, ""] if rows else []
    lines += [line for note in _notes(rows, told) for line in (note, "")]
    errors = {row.run.id: dict(row.figures.errors_of) for row in rows}
    lines += scores_section((row.run for row in rows), errors)
    lines += _wordings((row.run for row in rows), QUESTIONS)
    return "\n".join(lines)


def _table(
    keys: Sequence[str],
    shown: Sequence[Compared],
    notes: Sequence[ModelNote],
    *,
    bold: Compared | None = None,
    counted: Mapping[str, int] | None = None,
) -> list[str]:
    """Return the table; a column without any value is left out.

    Args:
        keys: Its metrics. Settings that differ follow, and in what a run is unlike the others.
        shown: The runs.
        notes: Told of models without a run.
        bold: The run that the others are compared with.
        counted: For runs that stand for several, by id, for how many.
    """
    headings = {key: METRIC[key].shown["table"].heading for key in keys}
    rows = [{key: METRIC[key].text("table", one.run, one.figures) for key in keys} for one in shown]
    for one, row, other in zip(
        shown, rows, unlike([one.asked for one in shown], bold.asked if bold else None), strict=True
    ):
        if one is bold:
            row["model"] = f"**{row['model']}**"
        if (number := (counted or {}).get(one.run.id, 1)) > 1:
            row[STANDING] = f"one of {number:,} runs"
        row |= {key: setting_cell(one.run, key) for key in HEADINGS}
        row[UNLIKE] = other or None
    between = {key: HEADINGS[key] for key in differing([one.run for one in shown])}
    columns = {**headings, **between, UNLIKE: "Unlike", STANDING: "Run"}
    rows += [told_cells(note) for note in notes]
    known = {
        key: heading for key, heading in columns.items() if any(row.get(key) is not None for row in rows)
    }
    return table([*known.values()], ([row.get(key) or "–" for key in known] for row in rows))


def _notes(rows: Sequence[Compared], told: Sequence[ModelNote]) -> list[str]:
    """Return the notes that are needed to interpret the rows."""
    notes = {
        BATCHES_NOTE: any(row.figures.batch_sizes for row in rows),
        SERVED_NOTE: any((row.run.generation.concurrency or 1) > 1 for row in rows),
        DEVICES_NOTE: any(row.figures.devices for row in rows),
        SORTING_NOTE: any(row.figures.sorting is not None for row in rows),
        UNLIKE_NOTE: not alike(rows),
    }
    sources = told_note(told)
    return [*(note for note, holds in notes.items() if holds), *([sources] if sources else [])]


def _wordings(runs: Iterable[Run], most: int) -> list[str]:
    lines = wordings_list(differing_wordings(runs), most)
    return [*lines, ""] if lines else []


def alike(rows: Iterable[Compared]) -> bool:
    """Return whether all runs asked the same questions about the same images, by names and pixel hashes."""
    results: set[bytes] = set()
    known: dict[tuple[str, str], str] = {}
    same = True
    for row in rows:
        if row.results:
            results.add(row.results)
        pixels = ((image, found) for image, found in row.asked.images.items() if found)
        same = same and all(known.setdefault(image, found) == found for image, found in pixels)
    return same and len(results) <= 1
