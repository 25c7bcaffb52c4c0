"""Exports of a run's results to other programs, one row for each result."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from fada_tui.core.records import Assessment, Result, Run, flattened
from fada_tui.evaluation.verdicts import current
from fada_tui.report.delimited import csv_text, escaped
from fada_tui.report.figures import repeats, stops_in_mid_sentence
from fada_tui.report.html import html_page, ranked


def export_run(run: Run, format: str) -> str:
    """Return a run's results, one row or line each.

    Args:
        run: The run.
        format: The name of one of `EXPORT_FORMATS`.

    Raises:
        KeyError: there is no such format.
    """
    return _EXPORTERS[format](run)


def _csv(run: Run) -> str:
    """Return a CSV table with the current assessments, those of several assessors joined by ` | `."""
    rows = ({column: value(run, result) for column, value in _COLUMNS.items()} for result in run.results)
    return csv_text([*_COLUMNS], rows)


def _json_lines(run: Run) -> str:
    """Return each complete result as a line of JSON, with the run's id and model."""
    return "".join(_line(run, result) for result in run.results)


def _line(run: Run, result: Result) -> str:
    row = {"run": run.id, "model": run.model.name, **msgspec.to_builtins(flattened(result))}
    return escaped(msgspec.json.encode(row).decode()) + "\n"


def _known(value: float | UnsetType) -> float | None:
    return None if value is UNSET else value


def _joined(words: Sequence[str]) -> str | None:
    return " | ".join(words) or None


def _ending(run: Run, result: Result) -> str | None:
    """Return what is odd about the end of an answer's text."""
    if repeats(run, result):
        return "repeats itself"
    return "mid-sentence" if stops_in_mid_sentence(run, result) else None


def _truth(value: bool | None) -> str | None:
    return {None: None, True: "true", False: "false"}[value]


def _standing(value: Callable[[Assessment], str | None]) -> Callable[[Run, Result], str | None]:
    """Return a formatter that lists a value of each current assessment of a result."""

    def joined(_: Run, result: Result) -> str | None:
        values = [value(assessment) or "" for assessment in current(result.assessments)]
        return " | ".join(values) if any(values) else None

    return joined


_COLUMNS: Final[Mapping[str, Callable[[Run, Result], Any]]] = {
    "run": lambda run, _: run.id,
    "model": lambda run, _: run.model.name,
    "image": lambda _, result: result.image,
    "category": lambda _, result: result.category,
    "path": lambda _, result: result.path,
    "question_id": lambda _, result: result.question_id,
    "question": lambda _, result: result.question,
    "response": lambda _, result: result.response,
    "time": lambda _, result: result.time,
    "width": lambda _, result: result.width,
    "height": lambda _, result: result.height,
    "sha256": lambda _, result: result.sha256,
    "file_size": lambda _, result: result.file.size if result.file else None,
    "file_sha256": lambda _, result: result.file.sha256 if result.file else None,
    "load": lambda _, result: result.timing.load,
    "preprocess": lambda _, result: result.timing.preprocess,
    "first_token": lambda _, result: result.timing.first_token,
    "share": lambda _, result: _known(result.timing.share),
    "prompt_tokens": lambda _, result: result.tokens.prompt,
    "generated_tokens": lambda _, result: result.tokens.generated,
    "image_tokens": lambda _, result: result.tokens.image,
    "tokens_per_second": lambda _, result: result.tokens.per_second,
    "finish": lambda _, result: result.finish,
    "batch_size": lambda _, result: _known(result.batch_size),
    "threads": lambda _, result: _known(result.threads),
    "device": lambda _, result: result.device or None,
    "torch_peak_allocated": lambda _, result: result.memory.torch_peak_allocated,
    "nvml_process": lambda _, result: result.memory.nvml_process,
    "nvml_used": lambda _, result: result.memory.nvml_used,
    "worker_rss": lambda _, result: result.memory.worker_rss,
    "error_kind": lambda _, result: result.error and result.error.kind,
    "error_message": lambda _, result: result.error and result.error.message,
    "auto_score": lambda _, result: result.auto and result.auto.score,
    "auto_context": lambda _, result: result.auto and _truth(result.auto.context),
    "reference": lambda _, result: result.reference or None,
    "score_kind": lambda _, result: result.score.kind if result.score else None,
    "score": lambda _, result: result.score.value if result.score else None,
    "matched": lambda _, result: _joined(result.score.matched) if result.score else None,
    "missed": lambda _, result: _joined(result.score.missed) if result.score else None,
    "extra": lambda _, result: _joined(result.score.extra) if result.score else None,
    "rouge_l": lambda _, result: _known(result.score.rouge_l) if result.score else None,
    "similarity": lambda _, result: _known(result.score.similarity) if result.score else None,
    "ending": lambda run, result: _ending(run, result),
    "verdict": _standing(lambda assessment: assessment.verdict),
    "context": _standing(lambda assessment: _truth(assessment.context)),
    "tags": _standing(lambda assessment: ", ".join(assessment.tags)),
    "note": _standing(lambda assessment: assessment.note),
    "assessor": _standing(lambda assessment: assessment.assessor),
    "assessed_at": _standing(lambda assessment: assessment.at),
    "blind": _standing(lambda assessment: _truth(assessment.blind)),
    "image_changed": _standing(lambda assessment: "true" if assessment.image_changed is True else None),
    "flagged": _standing(lambda assessment: "true" if assessment.flagged is True else None),
    "ranking": lambda _, result: None if result.ranking is UNSET else " | ".join(map(ranked, result.ranking)),
    "thoughts": lambda _, result: result.thoughts.text if result.thoughts else None,
    "thoughts_tokens": lambda _, result: result.thoughts.tokens if result.thoughts else None,
    "patient": lambda _, result: result.patient or None,
}

_EXPORTERS: Final[Mapping[str, Callable[[Run], str]]] = {
    "csv": _csv,
    "jsonl": _json_lines,
    "html": html_page,
}
