"""Similarity of answers to references by embeddings, which a process of their own computes."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.records import QuestionSimilarity, Result, Run, ScoredFigure, Similarity, convert
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.intervals import mean_interval
from fada_tui.evaluation.scoring.constants import commonest_answer

_MODULE = "fada_tui.worker.similarity"
_anything = msgspec.json.Decoder(dict[str, Any])


def with_similarity(run: Run, model: str) -> Run:
    """Return a scored run with the cosine of answer and reference in each score of the kind `text`.

    Args:
        run: scored.
        model: hub id or folder of a sentence-transformers model; code of its own is never run.

    Raises:
        UsageError: no answer has such a score, the package is not installed, or the model cannot be used.
    """
    compared = {
        question.id: found
        for question in run.questions
        if (found := [one for one in run.results if one.question_id == question.id and _is_compared(one)])
    }
    if not compared or run.scoring is UNSET:
        raise UsageError(f"{run.id}: no answer has a score of the kind 'text' to stand beside it")
    told = _computed(model, [_request(name, results) for name, results in compared.items()])
    cosines = {
        result.key: cosine
        for question in told
        for result, cosine in zip(compared[question["id"]], question["cosines"], strict=True)
    }
    results = tuple(
        replace(result, score=replace(result.score, similarity=cosines[result.key]))
        if result.key in cosines and result.score is not UNSET
        else result
        for result in run.results
    )
    by = Similarity(model=model, questions=tuple(_held_against(question) for question in told))
    figures = [
        _figure(compared[question["id"]], question["cosines"], held)
        for question, held in zip(told, by.questions, strict=True)
    ]
    scoring = replace(run.scoring, similarity=by, figures=(*run.scoring.figures, *figures))
    return replace(run, results=results, scoring=scoring)


def _figure(results: Sequence[Result], cosines: Sequence[float], held: QuestionSimilarity) -> ScoredFigure:
    """Return the mean cosine; images are what its interval is by, as those of other figures."""
    by_image: dict[str, list[float]] = {}
    for image, cosine in zip(clusters(results), cosines, strict=True):
        by_image.setdefault(image, []).append(cosine + 1)  # from -1..1 to 0..2
    bounds = mean_interval(by_image, largest=2.0)
    return ScoredFigure(
        question_id=held.question_id,
        key="similarity",
        name="similarity",
        value=math.fsum(cosines) / len(cosines),
        n=len(cosines),
        low=bounds.low - 1 if bounds else None,
        high=bounds.high - 1 if bounds else None,
        majority=held.majority,
        commonest=held.commonest,
    )


def _is_compared(result: Result) -> bool:
    return (
        result.score is not UNSET
        and result.score.kind == "text"
        and result.reference is not UNSET
        and result.response is not None
    )


def _request(question_id: str, results: Sequence[Result]) -> dict[str, Any]:
    answers = [result.response or "" for result in results]
    commonest = commonest_answer(answers)
    references = [result.reference or "" for result in results]
    return {"id": question_id, "answers": answers, "references": references, "commonest": commonest}


def _held_against(question: dict[str, Any]) -> QuestionSimilarity:
    constants = {name: question[name] for name in ("majority", "commonest")}
    held: QuestionSimilarity = convert({"question_id": question["id"], **constants}, QuestionSimilarity)
    return held


def _computed(model: str, questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", _MODULE],
        input=json.dumps({"model": model, "questions": questions}).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
    )
    try:
        told = decode_json(done.stdout, _anything)
    except MalformedError:
        printed = done.stderr.decode(errors="replace").strip().splitlines()
        why = printed[-1] if printed else f"its process ended with {done.returncode}"
        raise UsageError(f"--similarity {model}: {why}") from None
    if "error" in told:
        raise UsageError(f"--similarity {model}: {told['error']}")
    questions_told: list[dict[str, Any]] = told["questions"]
    return questions_told
