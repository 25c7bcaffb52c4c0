from collections.abc import Sequence

import pytest

from fada_tui.core.records import Ranked, Result, Score
from fada_tui.evaluation.constant_answers import Alike, AnswerCounts, alike, normal
from tests.examples import error_result, result


def results(answers: Sequence[str], references: Sequence[str] = (), question: str = "q1") -> list[Result]:
    return [
        result(
            f"A/{number}.png",
            question,
            response=answer,
            **({"reference": references[number]} if number < len(references) else {}),
        )
        for number, answer in enumerate(answers)
    ]


def found(some: Sequence[Result]) -> Alike:
    (one,) = alike(["q1"], some, lambda one: one.reference or None)
    return one


def test_one_answer_for_all_images_gives_reason_to_doubt() -> None:
    one = found(results(["routine  follow-up"] + ["Routine follow-up."] * 9))
    assert (one.finding, one.answer, one.count, one.images) == ("doubt", "Routine follow-up.", 10, 10)


@pytest.mark.parametrize(
    ("same", "others", "finding"),
    [(98, 2, "doubt"), (97, 3, "varies"), (9, 0, "too_few"), (10, 0, "doubt"), (0, 0, "too_few")],
)
def test_it_takes_98_in_100_and_ten_images(same: int, others: int, finding: str) -> None:
    assert found(results(["a"] * same + [f"b{n}" for n in range(others)])).finding == finding


def test_right_answers_that_are_as_uniform_take_the_doubt_away() -> None:
    assert found(results(["yes"] * 20, ["Yes"] * 20)).finding == "references_alike"
    assert found(results(["yes"] * 20, ["no"] * 20)).finding == "references_alike"
    assert found(results(["yes"] * 20, ["yes"] * 19 + ["no"])).finding == "doubt"
    assert found(results(["yes"] * 99 + ["no"], ["yes"] * 99 + ["no"])).finding == "references_alike"
    assert found(results(["yes"] * 20, ["yes"] * 9)).finding == "doubt", "too few to say"


def test_errors_and_other_questions_count_for_nothing() -> None:
    some = [*results(["a"] * 10), *(error_result(f"B/{number}.png") for number in range(30))]
    assert (found(some).finding, found(some).images) == ("doubt", 10)
    more = [*some, *results(["b"] * 30, question="q2")]
    assert found(more) == found(some)
    assert [one.question_id for one in alike(["q2", "q1"], more, lambda _: None)] == ["q2", "q1"]


def test_of_ranked_labels_the_first_is_compared_and_not_its_figures() -> None:
    some = [
        result(
            f"A/{number}.png",
            response=f"Most likely Head ({number}%), then Hand ({100 - number}%).",
            ranking=(Ranked(label="Head", probability=0.6), Ranked(label="Hand", probability=0.4)),
        )
        for number in range(12)
    ]
    assert (found(some).finding, found(some).answer, found(some).count) == ("doubt", "Head", 12)


@pytest.mark.parametrize(
    "other", ["yes;", "Yes:", "yes,", "Yes！", "«Yes»", "„yes“", "(yes)", " yes\u00a0. "]
)
def test_marks_at_an_answer_s_end_make_no_difference(other: str) -> None:
    assert found(results(["Yes"] * 6 + [other] * 6)).finding == "doubt"


def test_how_accents_are_written_makes_no_difference() -> None:
    assert found(results(["f\u00f6tus"] * 6 + ["Fo\u0308tus"] * 6)).finding == "doubt"


def test_answers_that_are_always_empty_are_one_answer() -> None:
    assert found(results([""] * 12)).finding == "doubt"


def test_the_order_of_results_does_not_matter() -> None:
    some = results([*"Aaaaaaaaaab"], [*"aaaaaaaaaab"])
    assert found(some) == found(some[::-1])


def test_answers_are_compared_without_upper_case_spaces_and_marks_around_them() -> None:
    assert normal("  **Routine** follow-up.\n") == normal('"routine** follow-up"')
    assert normal("no") != normal("not")


@pytest.mark.parametrize(
    ("same", "others", "references"),
    [(9, 0, 0), (10, 0, 0), (98, 2, 0), (97, 3, 0), (20, 0, 20), (20, 0, 9), (99, 1, 100)],
)
def test_counting_as_answers_come_finds_the_same(same: int, others: int, references: int) -> None:
    some = results(["Yes."] * same + [f"b{n}" for n in range(others)], ["yes"] * references)
    counts = AnswerCounts()
    for one in reversed(some):
        counts.add(one.response or "", one.reference or None)
    whole = found(some)
    assert (counts.finding, counts.count, counts.images) == (whole.finding, whole.count, whole.images)


def scored(named: Sequence[str], right: Sequence[str], kind: str = "choice") -> list[Result]:
    """Answers in words of their own, each with what it names and what is right."""
    return [
        result(
            f"A/{number}.png",
            "q1",
            response=f"In image {number} I see {value}.",
            score=Score(kind=kind, value=float(value == truth), **sides(value, truth)),
        )
        for number, (value, truth) in enumerate(zip(named, right, strict=True))
    ]


def sides(value: str, truth: str) -> dict[str, tuple[str, ...]]:
    if value == truth:
        return {"matched": (value,) if value else ()}
    return {"missed": (truth,), "extra": (value,) if value else ()}


def test_answers_that_name_the_same_in_different_words_are_one() -> None:
    one = found(scored(["breech"] * 49 + ["cephalic"], ["breech", "cephalic"] * 25))
    assert (one.finding, one.reworded, one.answer, one.count, one.images) == ("doubt", True, "breech", 49, 50)


def test_what_is_named_gives_no_reason_to_doubt_elsewhere() -> None:
    mixed = ["breech", "cephalic"] * 10
    for named, right, kind in (
        (mixed, mixed[::-1], "choice"),  # it varies
        (["breech"] * 20, ["breech"] * 20, "choice"),  # the right ones are as uniform
        ([""] * 20, mixed, "choice"),  # nothing is named
        (["breech"] * 20, mixed, "text"),  # words, no values
        (["breech"] * 9, mixed[:9], "choice"),  # too few
    ):
        assert found(scored(named, right, kind)).finding != "doubt"
    few = [*scored(["breech"] * 10, mixed[:10]), *results([f"answer {number}" for number in range(11)])]
    assert found(few).finding == "varies", "most have no score"
    same, reworded = scored(["breech"] * 20, mixed), False
    assert alike(["q1"], same, lambda _: None, reworded=reworded)[0].finding == "varies"
