"""What people's verdicts come to: shares with intervals by images, and errors counted in two ways."""

import pytest
from msgspec.structs import replace
from scipy.stats import binomtest

from fada_tui.core.records import Assessment, Result, Verdict
from fada_tui.evaluation.statistics import wilson
from fada_tui.evaluation.verdicts import OUTCOMES, tally
from tests.examples import error_result, result


def judged(path: str, *verdicts: Verdict, question: str = "q1") -> Result:
    """A result with a verdict of each of several assessors."""
    given = tuple(Assessment(assessor=f"a{place}", verdict=one) for place, one in enumerate(verdicts))
    return result(path, question, assessments=given)


def some(correct: int, partial: int, incorrect: int) -> list[Result]:
    verdicts: list[Verdict] = [*["correct"] * correct, *["partial"] * partial, *["incorrect"] * incorrect]  # type: ignore[list-item]
    return [judged(f"A/{place}.png", one) for place, one in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("hits", "total", "percent"), [(0, 5, (0, 43)), (2, 5, (12, 77)), (5, 5, (57, 100)), (40, 70, (45, 68))]
)
def test_one_answer_an_image_has_the_interval_of_others_statistics(
    hits: int, total: int, percent: tuple[int, int]
) -> None:
    found = tally(some(hits, 0, total - hits)).share("correct")
    assert found is not None and found.method == "wilson"
    theirs = binomtest(hits, total).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert tuple(round(100 * bound) for bound in found.interval) == percent


def test_shares_of_correct_of_correct_or_partial_and_quality() -> None:
    counts = tally(some(3, 2, 5))
    shares = {outcome: counts.share(outcome) for outcome in OUTCOMES}
    assert {outcome: found and found.value for outcome, found in shares.items()} == {
        "correct": 0.3,
        "correct_or_partial": 0.5,
        "quality": 0.4,
    }
    assert {outcome: found and found.method for outcome, found in shares.items()} == {
        "correct": "wilson",
        "correct_or_partial": "wilson",
        "quality": "wilson_of_means",
    }
    assert counts.quality == 0.4 and counts.interval == wilson(4, 10)


def test_errors_are_left_out_and_counted_as_incorrect() -> None:
    results = [*some(3, 0, 1), error_result("A/x.png"), error_result("A/0.png", "q2")]
    counts = tally(results)
    found, all_ = counts.share("correct"), counts.share("correct", with_errors=True)
    assert found is not None and all_ is not None
    assert (found.value, found.n, found.clusters) == (0.75, 4, 4)
    assert (all_.value, all_.n, all_.clusters) == (0.5, 6, 5)
    assert all_.interval == wilson(2.5, 5)
    assert counts.errors == 2
    assert tally([error_result("A/x.png")]).share("quality", with_errors=True) is None


def test_answers_about_one_image_or_patient_count_as_one_for_the_interval() -> None:
    alone = tally(some(2, 0, 2)).share("quality")
    twice = [judged(one.path, "correct", question="q2") for one in some(2, 0, 0)]
    twice += [judged(one.path, "incorrect", question="q2") for one in some(0, 0, 4)[2:]]
    both = tally([*some(2, 0, 2), *twice]).share("quality")
    assert alone is not None and both is not None
    assert (both.n, both.clusters, both.interval) == (8, 4, alone.interval)
    of_two = [replace(one, patient=f"P{place % 2}") for place, one in enumerate(some(2, 0, 2))]
    found = tally(of_two).share("quality")
    assert found is not None and (found.n, found.clusters, found.interval) == (4, 2, wilson(1, 2))


def test_several_assessors_of_an_answer_have_their_mean() -> None:
    counts = tally([judged("A/a.png", "correct", "incorrect"), judged("A/b.png", "correct", "partial")])
    assert (counts.judged, counts.verdicts, counts.assessors) == (2, 4, 2)
    found = {outcome: counts.share(outcome) for outcome in OUTCOMES}
    assert [one and one.value for one in found.values()] == [0.5, 0.75, 0.625]


def test_the_order_of_results_makes_no_difference() -> None:
    results = [
        judged(f"A/{place % 60}.png", "correct" if place % 7 else "partial", question=f"q{place // 60}")
        for place in range(180)
    ]
    one, other = tally(results).share("quality"), tally(results[::-1]).share("quality")
    assert one == other and one is not None and one.method == "bootstrap"
