"""Every figure has an entry in the documentation, under the name that it has on pages and in data."""

import re
from pathlib import Path

import pytest

from fada_tui.core.records import Question, ScoreKind
from fada_tui.evaluation.scoring import vocabulary_of
from fada_tui.evaluation.scoring.measures import measures_of
from fada_tui.report.metrics import METRICS

FIGURES = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_is_explained_by_its_key_and_heading(metric: object) -> None:
    assert not metric.in_data or f"`{metric.key}`" in FIGURES  # type: ignore[attr-defined]
    for shown in metric.shown.values():  # type: ignore[attr-defined]
        assert re.search(rf"(?<![\w-]){re.escape(shown.heading)}(?![\w-])", FIGURES), shown.heading


@pytest.mark.parametrize("kind", ["terms", "set", "choice", "ordered", "yes_no", "text"])
def test_every_figure_of_scores_is_explained(kind: ScoreKind) -> None:
    values = ("no", "yes") if kind in ("choice", "ordered", "yes_no") else ()
    question = Question(id="q", text="?", score=kind, values=values)
    measures = measures_of(vocabulary_of(question, []))
    assert measures
    for measure in measures:
        assert f"| {measure.name} | `{measure.key}` |" in FIGURES


def test_no_key_of_the_documentation_is_made_up() -> None:
    known = {metric.key for metric in METRICS}
    columns = re.findall(r"^\|[^|]*\|([^|]*)\|", FIGURES.split("## What was asked")[1], re.MULTILINE)
    keys = {key for column in columns for key in re.findall(r"`(\w+)`", column)}
    scores = {"terms", "f_beta", "exact", "within_one", "mean_distance", "balanced_accuracy", "sensitivity"}
    assert keys - known <= scores | {"specificity", "token_f1", "rouge_l", "similarity"}
