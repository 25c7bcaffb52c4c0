"""What is said of whether a model looks at the images: on the page, in tables, for a terminal."""

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Looking, Question, Run
from fada_tui.report.comparison import render_comparison
from fada_tui.report.looking import constant_answers, constant_told
from fada_tui.report.overview import LINES
from fada_tui.report.sections import PAGE_LINES
from fada_tui.report.summary import render, render_summary
from tests.examples import result, run

FIGURES = {"by": "score", "observed": 0.7312, "expected": 0.3444, "p": 0.0001, "deals": 9999, "dealt": 20}


def looked(question_id: str, finding: str, **fields: Any) -> Looking:
    return Looking(question_id=question_id, finding=finding, answer="yes", count=9, images=20, **fields)


def found(*looking: Looking, images: int = 20, **fields: Any) -> Run:
    """A complete run whose questions were found so; their answers vary but where they are found alike."""
    return run(
        status="complete",
        plan=UNSET,
        questions=tuple(
            Question(id=one.question_id, short=one.question_id.upper(), text="?") for one in looking
        ),
        results=tuple(
            result(
                f"C{image % 2}/{image:02}.png",
                one.question_id,
                response="Yes." if one.finding == "one_answer" else f"answer {image % 3}",
            )
            for one in looking
            for image in range(images)
        ),
        looking=looking,
        **fields,
    )


SOME = found(
    looked("a", "evidence", **FIGURES),
    looked("b", "evidence", **FIGURES | {"by": "category", "observed": 1.25}),
    looked("c", "no_evidence", **FIGURES | {"p": 0.4}),
    looked("d", "untestable", reason="there is one category"),
    looked("e", "one_answer"),
)


def first_screen(of: Run) -> str:
    return "\n".join(render_summary(of, [], [], None).splitlines()[:LINES])


def test_the_first_screen_names_questions_with_one_answer_and_then_the_evidence() -> None:
    assert (
        "- **Does It Look at the Image**: ⚠️ 1 of 5 questions: one answer for every image\n"
        '  - **E**: "Yes." for 20 of 20 images\n'
        "- Evidence of looking in 2 of 5 questions; not shown in C; cannot be tested in D\n"
    ) in first_screen(SOME)


def test_nearly_every_image_is_told_from_every_image() -> None:
    results = [*SOME.results]
    results[-1] = replace(results[-1], response="No.")
    more = [replace(one, path=f"C9/{n}{one.image}") for n in range(4) for one in SOME.results[-20:-1]]
    nearly = replace(SOME, results=(*results, *more))
    assert "1 of 5 questions: one answer for nearly every image" in first_screen(nearly)


def test_no_evidence_accuses_nobody() -> None:
    text = render_summary(found(looked("c", "no_evidence", **FIGURES | {"p": 0.4})), [], [], None)
    assert "No evidence of looking; not shown in C\n" in text
    assert "no reason to doubt" in text and "⚠️" not in text
    assert "Not shown accuses nobody" in text


def test_what_was_never_tested_has_no_line() -> None:
    few = replace(found(looked("d", "untestable", reason="fewer than 10 images have an answer"), images=4))
    assert "vidence of looking" not in render_summary(few, [], [], None)
    assert "vidence of looking" not in render_summary(replace(SOME, looking=UNSET), [], [], None)


def test_where_nothing_can_be_tested_no_evidence_is_not_said() -> None:
    text = first_screen(found(looked("d", "untestable", reason="there is one category")))
    assert "- Evidence of looking: cannot be tested in D (there is one category)\n" in text
    assert "No evidence" not in text
    unlike = found(looked("d", "untestable", reason="there is one category"), looked("e", "untestable"))
    assert "- Evidence of looking: cannot be tested in D, E\n" in first_screen(unlike)


def test_a_section_has_the_figures_of_each_question() -> None:
    text = render_summary(SOME, [], [], None)
    section = text[text.index("## Does It Look at the Image") : text.index("## Detailed Results")]
    for row in (
        "| A | evidence of looking | score | 0.731 | 0.344 | 0.0001 | 20 |",
        "| B | evidence of looking | category | 1.250 bits | 0.344 bits | 0.0001 | 20 |",
        "| C | not shown | score | 0.731 | 0.344 | 0.4000 | 20 |",
        "| D | cannot be tested: there is one category | – | – | – | – | – |",
        "| E | one answer for 9 of 20 images | – | – | – | – | – |",
    ):
        assert row in section


def test_a_finding_of_a_newer_version_is_shown_as_it_is() -> None:
    newer = found(looked("a", "evidence", **FIGURES), looked("b", "dreams|of it"))
    assert "| B | dreams\\|of it | – |" in render_summary(newer, [], [], None)


def test_many_questions_keep_within_the_page() -> None:
    many = found(*(looked(f"q{number:03}", "evidence", **FIGURES) for number in range(300)), images=10)
    pages = render(many, [], [], None)
    assert len(pages.summary.splitlines()) <= PAGE_LINES + 10
    assert pages.details is not None and "| Q299 | evidence of looking |" in pages.details
    assert "Evidence of looking in 300 of 300 questions" in first_screen(many)


def test_the_comparison_marks_models_with_one_answer() -> None:
    others = replace(SOME, id="other", looking=SOME.looking and SOME.looking[:4])
    table = render_comparison([SOME, others], "md")
    assert "One Answer" in table and "| 1 of 5 |" in table
    assert "One Answer" not in render_comparison([others], "md")


@pytest.mark.parametrize("recorded", [True, False])
def test_a_terminal_is_told_in_one_line(recorded: bool) -> None:
    some = SOME if recorded else replace(SOME, looking=UNSET)
    assert constant_told(some) == "1 of 5 questions: one answer for every image (E)"
    assert [one.question_id for one in constant_answers(some)] == ["e"]
    assert constant_told(found(looked("a", "evidence"))) == ""
