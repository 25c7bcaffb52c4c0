"""A run's results as a self-contained HTML page without scripts."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from msgspec import UNSET

from fada_tui.core.records import Notes, Ranked, Result, Run
from fada_tui.evaluation.verdicts import current
from fada_tui.report import units
from fada_tui.report.figures import figures
from fada_tui.report.markdown import visible
from fada_tui.report.metric_texts import requests
from fada_tui.report.notes import listed, to_html, written
from fada_tui.report.results import MARKS

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #ccc; padding: .4rem; text-align: left; vertical-align: top }}
td.text {{ overflow-wrap: anywhere; white-space: pre-wrap }}
</style>
</head>
"""


def html_page(run: Run) -> str:
    """Return the page: figures of the run, a person's notes, then a table row for each result."""
    found = figures(run)
    mean, each = units.seconds(found.mean_time), units.seconds(found.time_per_answer)
    sizes = units.batches(found.batch_sizes)
    facts = [
        f"{found.results:,} of {units.count(found.planned, 'result')}, {run.status}",
        units.count(found.errors, "error") if found.errors else None,
        f"mean generation time {mean} s {requests(run)}".rstrip() if mean else None,
        f"{each} s an answer {sizes}" if sizes and each else None,
        f"{found.together:.2f} answers a second by {found.devices} devices at once"
        if found.together
        else None,
    ]
    columns = _columns(run)
    heading = _text(f"{run.model.name}: {run.dataset.name}")
    lines = [
        _HEAD.format(title=heading) + "<body>",
        f"<h1>{heading}</h1>",
        f"<p>{'; '.join(_text(fact) for fact in facts if fact)}</p>",
        *_notes(run.notes),
        "<table>",
        "<tr>" + "".join(f"<th>{heading}</th>" for heading in columns) + "</tr>",
        *(_row(result, columns) for result in run.results),
        "</table>",
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def _notes(notes: Notes) -> list[str]:
    sections = {
        "Strengths": listed(notes.strengths, (), below=2),
        "Weaknesses": listed(notes.weaknesses, (), below=2),
        "Conclusions": written(notes.conclusion, below=2),
        "Technical Notes": written(notes.technical or None, below=2),
        "Recommendation": written(notes.recommendation, below=2),
    }
    return [f"<h2>{heading}</h2>\n{to_html(lines)}" for heading, lines in sections.items() if lines]


def _columns(run: Run) -> Mapping[str, Callable[[Result], str]]:
    """Return the columns; those of references and scores only if there are any."""
    empty = {heading for heading in _OPTIONAL if not any(map(_COLUMNS[heading], run.results))}
    return {heading: value for heading, value in _COLUMNS.items() if heading not in empty}


def _row(result: Result, columns: Mapping[str, Callable[[Result], str]]) -> str:
    cells = {name: _text(value(result)) for name, value in columns.items()}
    cells["Response"] += _thoughts(result)
    return "<tr>" + "".join(f'<td class="text">{cell}</td>' for cell in cells.values()) + "</tr>"


def _thoughts(result: Result) -> str:
    """Return what the model thought before it answered, folded."""
    if not result.thoughts:
        return ""
    heading, text = units.thoughts(result.thoughts.tokens), result.thoughts.text or "not told by the server"
    return f"<details><summary>{heading}</summary>{_text(text)}</details>"


def _time(result: Result) -> str:
    time, share = units.seconds(result.time), units.seconds(result.own_time)
    if time is None:
        return ""
    if result.together == 1:
        return f"{time} s"
    return f"{time} s in a batch of {result.together:,}, its share {share} s"


def _answer(result: Result) -> str:
    if result.error:
        return f"{result.error.kind}: {result.error.message}"
    ranking = () if result.ranking is UNSET else result.ranking
    return "\n".join([result.response or "", *map(ranked, ranking)])


def ranked(one: Ranked) -> str:
    """Return a ranked label with its probability: `heart 0.9312`."""
    return f"{one.label} {one.probability:.4f}"


def _score(result: Result) -> str:
    return f"{result.score.value:.2f} ({result.score.kind})" if result.score else ""


def _assessments(result: Result) -> str:
    lines = [
        MARKS[assessment.verdict] + (f" - {assessment.note}" if assessment.note else "")
        for assessment in current(result.assessments)
    ]
    return "\n".join(lines) or MARKS[None]


_COLUMNS: Final[Mapping[str, Callable[[Result], str]]] = {
    "Image": lambda result: result.image,
    "Category": lambda result: result.category,
    "Question": lambda result: result.question,
    "Response": _answer,
    "Reference": lambda result: result.reference or "",
    "Score": _score,
    "Time": _time,
    "Assessment": _assessments,
}


_OPTIONAL: Final = ("Reference", "Score")


def _text(text: str) -> str:
    return escape(visible(text))
