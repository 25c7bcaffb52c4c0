"""Whether answers go with the images: found where they do, said of nobody where that does not show."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import FileFacts, Looking, Question, Ranked, Result
from fada_tui.evaluation.deals import DEALS
from fada_tui.evaluation.looking import MOST_DEALT, looking_of
from fada_tui.evaluation.rubric import Category
from tests.evaluation.scoring.questions import NORMAL, question
from tests.examples import error_result, result

VALUES = ("red", "green", "blue", "grey")
CHOICE = question("choice", values=VALUES)
PLAIN = question("none")


def asked(
    answer: Callable[[int], str],
    images: int = 40,
    *,
    reference: Callable[[int], str] | None = None,
    categories: int = 4,
    **fields: Any,
) -> list[Result]:
    """Results of the question `q`: of image n in category n modulo `categories`."""
    return [
        result(
            f"{n % categories}/{n:04}.png",
            "q",
            response=answer(n),
            **({"reference": reference(n)} if reference else {}),
            **fields,
        )
        for n in range(images)
    ]


def found(
    asked_: Question, results: Sequence[Result], category_of: Callable[[str], Category | None] | None = None
) -> Looking:
    (one,) = looking_of([asked_], results, lambda one: one.reference or None, category_of)
    return one


def value(n: int) -> str:
    """A value that does not go with the category."""
    return VALUES[n // 4 % 4]


def anything(n: int) -> str:
    return Random(f"{n} 7").choice(VALUES)


def test_answers_that_score_better_than_dealt_ones_are_evidence() -> None:
    one = found(CHOICE, asked(lambda n: value(n) if n % 2 else anything(n), reference=value))
    assert (one.finding, one.by, one.deals, one.dealt, one.reason) == ("evidence", "score", DEALS, 40, None)
    assert one.observed is not None and one.observed > 0.5
    assert one.expected == pytest.approx(0.25, abs=0.05)
    assert one.p is not None and 1 / (1 + DEALS) <= one.p < 0.01


def test_answers_that_go_with_the_categories_are_evidence_where_there_is_no_score() -> None:
    one = found(PLAIN, asked(lambda n: f" {VALUES[n % 4]}." if n % 3 else VALUES[n % 4].upper()))
    assert (one.finding, one.by, one.observed, one.p) == ("evidence", "category", 2.0, 1 / (1 + DEALS))


def test_either_suffices() -> None:
    """It tells the categories apart, and has the values wrong."""
    one = found(CHOICE, asked(lambda n: VALUES[n % 4], 64, reference=value))
    assert (one.finding, one.by) == ("evidence", "category")
    same = found(CHOICE, asked(value, 64, reference=value))
    assert (same.finding, same.by) == ("evidence", "score")


@pytest.mark.parametrize("asked_", [CHOICE, PLAIN])
def test_answers_that_go_with_nothing_are_no_evidence_and_no_accusation(asked_: Question) -> None:
    one = found(asked_, asked(anything, reference=value))
    assert one.finding == "no_evidence"
    assert one.by == ("score" if asked_ is CHOICE else "category")
    assert one.p is not None and one.p > 0.05


def test_where_there_are_two_tests_each_has_half_of_the_level() -> None:
    random = Random(122)
    said = [random.choice(VALUES) for _ in range(40)]
    by_two, by_one = (
        found(CHOICE, asked(said.__getitem__, reference=value, categories=number)) for number in (4, 1)
    )
    assert by_two.p == pytest.approx(0.042, abs=0.003) and by_one.p == pytest.approx(0.042, abs=0.003)
    assert (by_two.by, by_two.finding) == ("score", "no_evidence")
    assert (by_one.by, by_one.finding) == ("score", "evidence"), "of one category there is one test"


def test_one_answer_for_all_images_is_named_and_not_tested() -> None:
    one = found(CHOICE, asked(lambda n: "Red." if n else "red", reference=value))
    assert (one.finding, one.answer, one.count, one.images) == ("one_answer", "Red.", 40, 40)
    assert (one.by, one.p, one.deals, one.reason) == (None, None, None, None)
    alike = found(CHOICE, asked(lambda _: "red", reference=lambda _: "Red"))
    assert (alike.finding, alike.reason) == ("untestable", "the right answers are as uniform as the model's")


def test_fewer_than_ten_images_cannot_be_tested() -> None:
    for images, finding in ((9, "untestable"), (12, "evidence")):
        one = found(CHOICE, asked(value, images, reference=value, categories=1))
        assert one.finding == finding
    few = found(CHOICE, asked(value, 9, reference=value))
    assert few.reason == "fewer than 10 images have an answer"
    none = found(CHOICE, [error_result(f"A/{n}.png", "q") for n in range(20)])
    assert (none.finding, none.answer, none.images) == ("untestable", None, 0)


def test_one_category_and_no_score_cannot_be_tested() -> None:
    one = found(PLAIN, asked(anything, categories=1))
    assert (one.finding, one.by) == ("untestable", None)
    assert one.reason == "fewer than 10 answers have a score; there is one category"


def test_of_ranked_labels_the_first_is_dealt() -> None:
    def ranked(n: int) -> Result:
        ranking = (Ranked(label=VALUES[n % 4], probability=n / 50),)
        return result(
            f"{n % 4}/{n}.png", "q", response=f"Most likely {VALUES[n % 4]} ({n}%).", ranking=ranking
        )

    one = found(PLAIN, [ranked(n) for n in range(40)])
    assert (one.finding, one.by, one.observed) == ("evidence", "category", pytest.approx(2.0))


def test_answers_that_are_nearly_all_unlike_are_tested_by_their_score_alone() -> None:
    text = question("text")
    half = found(PLAIN, asked(lambda n: f"{n}" if n % 2 else VALUES[n % 4]))
    assert (half.finding, half.by) == ("evidence", "category"), "half of them is not more than half"
    wordy = asked(lambda n: f"number {n} is {value(n)}" if n else "red", reference=value)
    assert found(PLAIN, wordy).reason == (
        "fewer than 10 answers have a score; more than half of the answers come only once"
    )
    assert (found(text, wordy).finding, found(text, wordy).by) == ("evidence", "score")


def test_where_dealing_changes_nothing_the_question_cannot_be_tested() -> None:
    one = found(CHOICE, asked(anything, reference=lambda _: "red", categories=1))
    assert one.reason == "every answer scores the same for all images; there is one category"
    alone = found(PLAIN, asked(lambda n: VALUES[n % 2], 20, categories=20))
    assert alone.reason == "fewer than 10 answers have a score; no two images share a category"


def test_references_that_cannot_be_used_and_missing_ones_are_left_out() -> None:
    binary = question("yes_no", values=NORMAL)
    some = asked(lambda n: NORMAL[n % 2], 30, reference=lambda n: NORMAL[n % 2] if n < 12 else "who knows")
    one = found(binary, some)
    assert (one.finding, one.by, one.images, one.dealt) == ("evidence", "score", 30, 12)


def test_terms_are_those_of_the_category_that_the_answer_is_dealt_to() -> None:
    words = ("heart", "skull", "femur", "liver")
    rubric = {f"{n}": Category(name=f"{n}", terms=((word,),)) for n, word in enumerate(words[:3])}
    terms = question("terms")
    one = found(terms, asked(lambda n: f"case {n}: the {words[n % 4]}"), rubric.get)
    assert (one.finding, one.by, one.observed, one.dealt) == ("evidence", "score", 1.0, 30)
    assert one.expected == pytest.approx(1 / 3, abs=0.01)
    assert found(terms, asked(lambda n: f"case {n}: the {words[n % 4]}")).finding == "untestable"


def test_frames_of_a_file_files_of_the_same_bytes_and_images_of_a_patient_are_one() -> None:
    too_few = "of the images with an answer fewer than 10 are independent"
    frames = [
        result(f"{n // 5 % 4}/{n // 5}.mp4#{n % 5 + 1}", "q", response=VALUES[n % 4]) for n in range(40)
    ]
    assert found(PLAIN, frames).reason == too_few
    copies = asked(lambda n: VALUES[n % 4], 40)
    alike = [
        *copies[:8],
        *(
            result(one.path, "q", response=one.response, file=FileFacts(size=1, sha256="ab"))
            for one in copies[8:]
        ),
    ]
    assert found(PLAIN, alike).reason == too_few
    assert found(PLAIN, copies).dealt == 40
    patients = [replace(one, patient=f"P{number // 5}") for number, one in enumerate(copies)]
    assert found(PLAIN, patients).reason == too_few
    assert found(PLAIN, [replace(one, patient=f"P{n // 2}") for n, one in enumerate(copies)]).dealt == 20


def test_of_very_many_images_some_are_drawn() -> None:
    one = found(CHOICE, asked(value, MOST_DEALT + 50, reference=value))
    assert (one.images, one.dealt, one.observed) == (MOST_DEALT + 50, MOST_DEALT, 1.0)


def test_the_order_of_results_makes_no_difference() -> None:
    some = asked(lambda n: value(n) if n % 3 else anything(n), reference=value)
    more = [result(one.path, "r", response=VALUES[int(one.category)]) for one in some]
    questions = [question("choice", values=VALUES), Question(id="r", text="What of it?")]
    mixed = Random(3).sample([*some, *more], len(some) * 2)
    right: Callable[[Result], str | None] = lambda one: None if one.reference is UNSET else one.reference  # noqa: E731
    assert looking_of(questions, [*some, *more], right) == looking_of(questions, mixed, right)


def test_a_model_that_looks_at_nothing_is_seldom_said_to_look() -> None:
    """At most one time in twenty, although there are two tests."""
    random = Random(1)
    some = [asked(lambda _: random.choice(VALUES), 24, reference=value) for _ in range(60)]
    said = sum(found(CHOICE, one).finding == "evidence" for one in some)
    assert said <= 8, "with a chance of a twentieth, more come once in 200 times"
