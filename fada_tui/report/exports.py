"""A run's results for other programs: a row each."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from fada_tui.core.records import Assessment, Result, Run
from fada_tui.evaluation.verdicts import current
from fada_tui.report.delimited import csv_text, escaped
from fada_tui.report.html import html_page, ranked

COLUMNS = (
    *("run", "model", "image", "category", "path", "question_id", "question", "response", "time"),
    *("width", "height", "sha256", "load", "preprocess", "first_token", "share"),
    *("prompt_tokens", "generated_tokens", "image_tokens", "tokens_per_second", "finish", "batch_size"),
    *("torch_peak_allocated", "nvml_process", "nvml_used", "worker_rss", "error_kind", "error_message"),
    *("auto_score", "auto_context", "verdict", "context", "tags", "note", "assessor", "assessed_at", "blind"),
    "ranking",
)


def export_run(run: Run, format: Literal["csv", "jsonl", "html"]) -> str:
    """Return a run's results, one row or line each.

    Args:
        run: The run.
        format: `csv`: a table of the standing assessments, those of several assessors joined by ` | `;
            `jsonl`: each result whole, with the run's id and model; `html`: a page by itself.
    """
    match format:
        case "csv":
            return csv_text(COLUMNS, [_row(run, result) for result in run.results])
        case "jsonl":
            return "".join(_line(run, result) for result in run.results)
        case "html":
            return html_page(run)


def _line(run: Run, result: Result) -> str:
    row = {"run": run.id, "model": run.model.name, **msgspec.to_builtins(result)}
    return escaped(msgspec.json.encode(row).decode()) + "\n"


def _row(run: Run, result: Result) -> list[Any]:
    timing, tokens, memory, auto = result.timing, result.tokens, result.memory, result.auto
    standing = current(result.assessments)
    return [
        *(run.id, run.model.name, result.image, result.category, result.path, result.question_id),
        *(result.question, result.response, result.time, result.width, result.height, result.sha256),
        *(timing.load, timing.preprocess, timing.first_token),
        None if timing.share is UNSET else timing.share,
        *(tokens.prompt, tokens.generated, tokens.image, tokens.per_second, result.finish),
        None if result.batch_size is UNSET else result.batch_size,
        *(memory.torch_peak_allocated, memory.nvml_process, memory.nvml_used, memory.worker_rss),
        *((result.error.kind, result.error.message) if result.error else (None, None)),
        *((auto.score, _truth(auto.context)) if auto else (None, None)),
        _joined(standing, lambda assessment: assessment.verdict),
        _joined(standing, lambda assessment: _truth(assessment.context)),
        _joined(standing, lambda assessment: ", ".join(assessment.tags)),
        _joined(standing, lambda assessment: assessment.note),
        _joined(standing, lambda assessment: assessment.assessor),
        _joined(standing, lambda assessment: assessment.at),
        _joined(standing, lambda assessment: _truth(assessment.blind)),
        None if result.ranking is UNSET else " | ".join(map(ranked, result.ranking)),
    ]


def _truth(value: bool | None) -> str | None:
    return {None: None, True: "true", False: "false"}[value]


def _joined(standing: Sequence[Assessment], value: Callable[[Assessment], str | None]) -> str | None:
    values = [value(assessment) or "" for assessment in standing]
    return " | ".join(values) if any(values) else None
