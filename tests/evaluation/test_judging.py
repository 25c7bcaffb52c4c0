"""How the judged answers were chosen, as far as it is recorded."""

from fada_tui.core.records import Assessment, Result
from fada_tui.evaluation.judging import Chosen, chosen
from tests.examples import error_result, result


def answer(number: int, at: str | None = None, assessor: str | None = "ann", blind: bool = False) -> Result:
    given = (Assessment(assessor=assessor, verdict="correct", at=at, blind=blind),)
    return result(f"A/{number}.png", assessments=given)


def found(*results: Result) -> Chosen:
    told = chosen(results)
    assert told is not None
    return told


def test_all_the_first_or_a_part() -> None:
    unjudged = [result(f"B/{number}.png") for number in range(3)]
    assert chosen(unjudged) is None
    assert found(answer(0), error_result("A/x.png"), answer(1)).which == "all"
    assert found(answer(0), error_result("A/x.png"), answer(1), *unjudged).which == "first"
    part = found(answer(0), *unjudged, answer(1))
    assert (part.which, part.judged, part.answers) == ("part", 2, 5)


def test_the_order_of_judging_is_told_by_its_times() -> None:
    times = "2026-01-01T10:00:00Z", "2026-01-01T11:30:00+01:00", "2026-01-01T12:00:00+00:00"
    assert found(*map(answer, range(3), times)).order == "run"
    assert found(*map(answer, range(3), times[::-1])).order == "other"
    assert found(answer(0, times[0]), answer(1)).order is None
    assert found(answer(0, times[0]), answer(1, "yesterday")).order is None
    assert found(answer(0, times[0])).order is None


def test_by_whom_and_blind_or_not() -> None:
    told = found(answer(0, blind=True), answer(1, assessor=None), answer(2, assessor="Bob"))
    assert (told.assessors, told.verdicts, told.blind) == (("Bob", "ann", None), 3, 1)
    withdrawn = result(
        "A/a.png", assessments=(Assessment(assessor="ann", verdict="correct"), Assessment(assessor="ann"))
    )
    assert chosen([withdrawn]) is None
