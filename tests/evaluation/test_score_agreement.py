"""Agreement of scores and verdicts, held against scikit-learn and scipy."""

from collections.abc import Sequence
from typing import Any

import numpy
import pytest
import scipy.stats
from sklearn.metrics import cohen_kappa_score

from fada_tui.core.records import Assessment, Question, Result, Score, ScoreKind, Verdict
from fada_tui.evaluation.score_agreement import ScoreAgreement, score_agreement
from tests.examples import result

ORDER: tuple[Verdict, ...] = ("incorrect", "partial", "correct")


def judged(
    place: int, value: float | None, *verdicts: Verdict, kind: ScoreKind = "set", path: str = ""
) -> Result:
    score: dict[str, Any] = {} if value is None else {"score": Score(kind=kind, value=value)}
    assessments = tuple(Assessment(assessor=str(who), verdict=one) for who, one in enumerate(verdicts))
    return result(path or f"A/{place}.png", assessments=assessments, **score)


def agreement(
    values: Sequence[float], verdicts: Sequence[int], kind: ScoreKind = "set"
) -> ScoreAgreement | None:
    return score_agreement(
        Question(id="q1", text="?", score=kind),
        [
            judged(place, value, ORDER[verdict], kind=kind)
            for place, (value, verdict) in enumerate(zip(values, verdicts, strict=True))
        ],
    )


def drawn(seed: int, number: int = 80) -> tuple[list[float], list[int]]:
    random = numpy.random.default_rng(seed)
    verdicts = random.integers(0, 3, number)
    values = numpy.round(numpy.clip(verdicts / 2 + random.normal(0, 0.4, number), 0, 1), 1)
    return values.tolist(), verdicts.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_scores_between_0_and_1_have_spearmans_correlation(seed: int) -> None:
    values, verdicts = drawn(seed)
    found = agreement(values, verdicts)
    assert found is not None and found.statistic == "rank_correlation" and found.n == 80
    assert found.value == pytest.approx(scipy.stats.spearmanr(values, verdicts).statistic, abs=1e-9)
    assert found.interval is not None and found.interval.low < found.value < found.interval.high


@pytest.mark.parametrize("seed", range(4))
def test_right_and_wrong_have_cohens_kappa_with_correct_or_not(seed: int) -> None:
    values, verdicts = drawn(seed)
    right = [float(value > 0.6) for value in values]
    found = agreement(right, verdicts, "choice")
    assert found is not None and found.statistic == "kappa"
    expected = cohen_kappa_score(right, [float(verdict == 2) for verdict in verdicts])
    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.interval is not None and found.interval.low < expected < found.interval.high


def test_the_interval_is_as_wide_as_that_of_many_samples() -> None:
    values, verdicts = drawn(9, 200)
    found = agreement(values, verdicts)
    assert found is not None and found.interval is not None and found.value is not None
    bounds = scipy.stats.bootstrap(
        (values, verdicts),
        lambda x, y: scipy.stats.spearmanr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=2_000,
        method="percentile",
        rng=numpy.random.default_rng(1),
    ).confidence_interval
    assert tuple(found.interval) == pytest.approx((bounds.low, bounds.high), abs=0.04)


def test_answers_without_score_or_verdict_do_not_count() -> None:
    question = Question(id="q1", text="?", score="set")
    none = [judged(1, None, "correct"), judged(2, 0.5), judged(3, 1.0, "correct", kind="choice")]
    assert score_agreement(question, none) is None
    found = score_agreement(question, [*none, judged(4, 0.25, "partial"), judged(5, 0.75, "correct")])
    assert found is not None and found.n == 2


@pytest.mark.parametrize(
    ("values", "verdicts", "reason"),
    [
        ([1.0], [2], "one answer"),
        ([1.0, 0.0, 1.0], [2, 2, 2], "all verdicts are alike"),
        ([1.0, 0.0, 1.0], [0, 1, 1], "all verdicts are alike"),
        ([0.5, 0.5, 0.5], [0, 1, 2], "all scores are alike"),
    ],
)
def test_what_cannot_be_told_says_why(values: list[float], verdicts: list[int], reason: str) -> None:
    found = agreement(values, verdicts)
    assert found is not None and found.value is None and reason in (found.reason or "")


def test_a_few_images_have_a_value_and_no_interval() -> None:
    found = agreement([0.2, 0.4, 0.8], [0, 1, 2])
    assert found == ScoreAgreement(
        statistic="rank_correlation", n=3, value=pytest.approx(1.0), reason="fewer than 10 images"
    )
    frames = [
        judged(place, place / 20, ORDER[place % 3], path=f"A/one.dcm#{place + 1}") for place in range(20)
    ]
    found = score_agreement(Question(id="q1", text="?", score="set"), frames)
    assert found is not None and found.interval is None and found.n == 20


def test_of_several_assessors_the_mean_counts() -> None:
    results = [
        judged(1, 0.9, "correct", "partial"),
        judged(2, 0.5, "correct", "incorrect"),
        judged(3, 0.1, "incorrect", "incorrect"),
    ]
    found = score_agreement(Question(id="q1", text="?", score="set"), results)
    assert found is not None and found.value == pytest.approx(1.0)
