"""Categories are ranked where they can be told apart, and else it is said that none can."""

from fada_tui.core.records import Result, Score
from fada_tui.report.summary import render_summary
from tests.examples import result
from tests.report.test_verdicts import judged, of


def categories(numbers: dict[str, tuple[int, int]], question: str = "q0") -> list[Result]:
    """For each category so many right answers of so many."""
    return [
        judged(f"{name}/{place}.png", question, "correct" if place < right else "incorrect")
        for name, (right, total) in numbers.items()
        for place in range(total)
    ]


def test_categories_that_cannot_be_told_apart_are_not_ranked() -> None:
    sizes = [2, 3, *range(5, 16), 30]
    numbers = {f"C{place:02}": (size // 2, size) for place, size in enumerate(sizes)}
    page = render_summary(of(*categories(numbers)), [], [], None)
    assert "By verdicts no category can be told apart (14 categories, n from 2 to 30)." in page
    assert "Best category" not in page and "Worst category" not in page


def test_best_and_worst_category_are_named_where_they_can_be_told_apart() -> None:
    page = render_summary(of(*categories({"A": (28, 30), "B": (15, 30), "C": (4, 30)})), [], [], None)
    assert "Best category by verdicts: A (n = 30), 93% (computed)" in page
    assert "Worst category by verdicts: C (n = 30), 13% (computed)" in page
    assert "By verdicts best and worst category can be told apart: 80 points better (" in page
    assert "adjusted over 3 pairs of categories (Bonferroni); of all pairs 3 can." in page


def test_where_the_extremes_are_too_few_the_others_are_still_told_apart() -> None:
    page = render_summary(of(*categories({"A": (1, 1), "B": (28, 30), "C": (4, 30)})), [], [], None)
    assert "By verdicts B (n = 30) and C (n = 30) can be told apart: 80 points better (" in page
    assert "Best category" not in page


def scored(numbers: dict[str, tuple[int, int]], question: str, response: str = "") -> list[Result]:
    """For each category so many answers with a score of 1 of so many; all different, or the same one."""
    return [
        result(
            f"{name}/{place}.png",
            question,
            score=Score(kind="choice", value=float(place < right)),
            response=response or f"{name} {place}",
        )
        for name, (right, total) in numbers.items()
        for place in range(total)
    ]


def test_scores_tell_categories_apart_within_a_question_alone() -> None:
    clear, even = {"A": (28, 30), "B": (4, 30)}, {"A": (15, 30), "B": (15, 30)}
    page = render_summary(of(*scored(clear, "q0"), *scored(even, "q1")), [], [], None)
    assert "Best category by scores of q0: A (n = 30), 93% (computed)" in page
    assert "Worst category by scores of q0: B (n = 30), 13% (computed)" in page
    assert "By scores of q1 no category can be told apart (2 categories, n = 30)." in page
    assert "by scores of q1:" not in page
    none = render_summary(of(*scored(even, "q0"), *scored(even, "q1")), [], [], None)
    assert "By scores no category can be told apart in any of 2 questions." in none


def test_one_answer_for_every_image_has_no_best_category() -> None:
    clear = {"A": (30, 30), "B": (0, 30)}
    page = render_summary(of(*scored(clear, "q0", "abdomen"), *scored(clear, "q1")), [], [], None)
    assert "Best category by scores of q1: A (n = 30), 100% (computed)" in page
    assert "by scores of q0" not in page and "By scores of q0" not in page
    assert "Categories are not compared in 1 question with one answer for (nearly) every image." in page
