"""People's verdicts on the page: units named, by question first, how the judged were chosen."""

import re

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Assessment, Question, Result, Run, Verdict
from fada_tui.report.summary import render, render_summary
from tests.examples import error_result, result, run

QUESTIONS = tuple(Question(id=f"q{number}", text=f"text of q{number}") for number in range(3))


def judged(path: str, question: str, *verdicts: Verdict, **fields: bool) -> Result:
    given = tuple(
        Assessment(assessor=assessor, verdict=verdict, at="2026-01-01T10:00:00Z", **fields)
        for assessor, verdict in zip(("ann", "bob"), verdicts, strict=False)
    )
    return result(path, question, assessments=given)


def of(*results: Result, questions: tuple[Question, ...] = QUESTIONS) -> Run:
    return run(status="complete", questions=questions, results=results, plan=UNSET)


def mixed() -> Run:
    """120 results: 114 answers, of which 30 are judged, 18 of these by two people; 6 errors."""
    results = []
    for place in range(120):
        path, question = f"A/{place // 3:02}.png", f"q{place % 3}"
        if place % 20 == 19:
            results.append(error_result(path, question))
        elif place % 4 == 0:
            verdicts: tuple[Verdict, ...] = ("correct", "incorrect") if place < 72 else ("partial",)
            results.append(judged(path, question, *verdicts))
        else:
            results.append(result(path, question))
    return of(*results)


def rows(page: str, heading: str) -> list[list[str]]:
    part = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in re.findall(r"^\| .*\|$", part, re.MULTILINE)]


def test_verdicts_answers_and_errors_are_never_one_count() -> None:
    page = render_summary(mixed(), [], [], None)
    assert "- **Assessed**: 48 verdicts on 30 of 114 answers, 6 errors: ✅ 18 correct" in page
    assert "(verdicts of 2 assessors)" in page
    nobody = of(result("A/a.png", "q0"), error_result("A/b.png", "q0"))
    assert "- **Assessed**: 0 of 1 answer\n" in render_summary(nobody, [], [], None)


def test_each_question_has_its_row_and_all_come_last() -> None:
    results = [
        judged(f"A/{place}.png", question, "correct" if place < right else "incorrect")
        for question, right in (("q0", 0), ("q1", 2))
        for place in range(5)
    ]
    page = render_summary(of(*results, error_result("A/9.png", "q2")), [], [], None)
    found = rows(page, "Verdicts by Question")
    assert [row[:3] for row in found[2:]] == [
        ["q0", "5", "0% (0–43%)"],
        ["q1", "5", "40% (12–77%)"],
        ["all questions", "10 on 5 images", "20% (4–62%)"],
        ["all questions, errors as incorrect", "11 on 6 images", "18% (3–58%)"],
    ]
    first = [row[0] for row in rows(page, "Summary")[2:]]
    assert first == ["q0", "q1", "all questions"]
    assert "docs/figures.md" in page


def test_images_of_one_patient_are_not_called_one_image() -> None:
    results = [judged(f"A/{n}.png", "q0", "correct") for n in range(6)]
    patients = [replace(one, patient=f"P{n % 2}") for n, one in enumerate(results)]
    page = render_summary(of(*patients), [], [], None)
    assert "n = 6 on 2 independent images)" in page and "on 2 images" not in page
    both = [replace(one, question_id=id_) for one in results[:3] for id_ in ("q0", "q1")]
    assert "n = 6 on 3 images)" in render_summary(of(*both), [], [], None)


def test_the_methods_are_said_of_what_they_are_used_for() -> None:
    page = render_summary(of(*(judged(f"A/{n}.png", f"q{n % 2}", "partial") for n in range(6))), [], [], None)
    assert "where images have several answers or half points" in page and "elsewhere" not in page


def test_with_one_question_there_is_no_table_of_questions() -> None:
    page = render_summary(of(judged("A/a.png", "q0", "correct"), questions=QUESTIONS[:1]), [], [], None)
    assert "Verdicts by Question" not in page and "- **Correct**: 100% (95% interval 21–100%, n = 1)" in page


def test_of_very_many_questions_all_together_stay_on_the_first_screen() -> None:
    many = tuple(Question(id=f"q{number:02}", text=f"text {number}") for number in range(40))
    results = [judged("A/a.png", one.id, "correct") for one in many]
    made = render(of(*results, questions=many), [], [], None)
    first = rows(made.summary, "Summary")
    assert first[2][0] == "q00" and first[-1][0] == "all questions" and len(first) < 20
    assert made.summary.count("\n") <= 300


def test_errors_that_weigh_more_than_in_the_run_are_said() -> None:
    page = render_summary(mixed(), [], [], None)
    assert (
        "- **Errors as Incorrect**: all 6 errors of the run count, though 84 of its answers are not judged"
        in page
    )
    whole = of(
        judged("A/a.png", "q0", "correct"), judged("A/a.png", "q1", "correct"), error_result("A/b.png", "q1")
    )
    said = render_summary(whole, [], [], None)
    assert "weigh more" not in said
    assert ["q1", "quality by people", "1", "100% (21–100%); errors as incorrect 50% (9–91%), n = 2"] in [
        row[:4] for row in rows(said, "Summary")
    ]
    assert "errors as incorrect" not in page.split("## Model Specifications")[0]


def chosen(*results: Result) -> str:
    page = render_summary(of(*results), [], [], None)
    return page.split("- **How the Judged Were Chosen**: ")[1].split("\n")[0]


def test_how_the_judged_were_chosen_is_said() -> None:
    some = [judged(f"A/{place}.png", "q0", "correct", blind=place == 0) for place in range(3)]
    left = result("A/x.png", "q0")
    assert chosen(*some) == ("all 3 answers; judged in the run's order; 1 of 3 verdicts blind; by ann")
    assert chosen(*some, left).startswith("the first 3 of 4 answers in the run's order; ")
    assert chosen(left, *some[1:]) == (
        "2 of 3 answers, by no rule that is recorded; judged in the run's order; not blind; by ann"
    )
    backwards = [
        replace(one, assessments=(replace(one.assessments[0], at=f"2026-01-0{9 - place}"),))
        for place, one in enumerate(some)
    ]
    assert "judged in another order than the run's" in chosen(*backwards)
    both = chosen(judged("A/a.png", "q0", "correct", "partial", blind=True))
    assert both == "the only answer; blind; by ann and bob"


def test_an_assessor_s_name_cannot_change_the_page() -> None:
    odd = result("A/a.png", "q0", assessments=(Assessment(assessor="*x*\n# y", verdict="correct"),))
    assert chosen(odd) == "the only answer; not blind; by \\*x\\*␊\\# y"
