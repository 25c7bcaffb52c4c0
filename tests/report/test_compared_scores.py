"""Scores of several runs side by side: one question in a column, never a mean over questions."""

import json
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import ConstantAnswer, ModelFacts, Question, Run, ScoredFigure, Scoring
from fada_tui.report.compared_scores import ERRORS, scores_briefly, scores_section
from fada_tui.report.comparison import render_comparison
from tests.examples import error_result, result, run

SIDE = Question(id="side", text="Which side?", short="Side | view", score="choice", values=("left", "right"))
PARTS = Question(id="parts", text="Which parts?", score="set")
LEFT, NONE = ConstantAnswer(answer="left", value=0.6), ConstantAnswer(answer="none", value=0.25)


def figure(question: str, key: str, name: str, value: float | None, **more: Any) -> ScoredFigure:
    return ScoredFigure(question_id=question, key=key, name=name, value=value, n=10, **more)


def scored(name: str, *figures: ScoredFigure, questions: tuple[Question, ...] = (SIDE, PARTS)) -> Run:
    return run(
        id=f"run-{name}",
        status="complete",
        plan=UNSET,
        model=ModelFacts(name=name),
        questions=questions,
        results=(result(),),
        scoring=Scoring(rubric="fada", rubric_sha256="", questions_sha256="", figures=figures),
    )


ONE = scored(
    "one",
    figure("side", "accuracy", "accuracy", 0.7, low=0.4, high=0.9, majority=LEFT),
    figure("side", "macro_f1", "macro F1", 0.65),
    figure("parts", "f_beta", "F2", 0.5, low=0.25, high=0.75, majority=NONE),
)
TWO = scored("two", figure("side", "accuracy", "accuracy", 0.5, low=0.2, high=0.8, majority=LEFT))


def rows(lines: list[str]) -> list[list[str]]:
    split = [line.replace("\\|", "¦").strip("|").split("|") for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in split]


def test_each_question_is_a_column_beside_the_majority_answers() -> None:
    head, _, *body = rows(scores_section([ONE, TWO, replace(ONE, id="x", scoring=UNSET)]))
    assert head == ["Model", "Side ¦ view (accuracy)", "parts (F2)"]
    assert body == [
        ["*majority answer*", "60%", "0.25"],
        ["one", "70% (40–90%), n = 10", "0.50 (0.25–0.75), n = 10"],
        ["two", "50% (20–80%), n = 10", "–"],
    ]


def test_other_references_have_other_constant_answers() -> None:
    other = replace(LEFT, value=0.4)
    three = scored("three", figure("side", "accuracy", "accuracy", None, majority=other))
    _, _, majority, _, last = rows(scores_section([ONE, three]))
    assert majority[1] == "differs" and last[1] == "–, n = 10"


def test_errors_that_a_figure_leaves_out_stand_beside_it() -> None:
    failed = replace(ONE, results=(*ONE.results, error_result("A/x.png", "side")))
    page = render_comparison([failed, TWO], "md")
    assert "| one | 70% (40–90%), n = 10, 1 error | 0.50 (0.25–0.75), n = 10 |" in page
    assert ERRORS in page and ERRORS not in render_comparison([ONE, TWO], "md")


def scored_by(made: Run, rubric: str, *references: str) -> Run:
    assert made.scoring is not UNSET
    return replace(made, scoring=replace(made.scoring, rubric_sha256=rubric, references_sha256=references))


def test_what_scores_other_than_the_row_beside_it_is_told() -> None:
    told = "Not all rows of a question are scored {}: compare its figures with care."
    terms = replace(PARTS, score="terms")
    a, b = (scored(one, figure("parts", "terms", "terms named", 0.5), questions=(terms,)) for one in "ab")

    def lines(*runs: Run) -> list[str]:
        return [line for line in scores_section(runs) if line.startswith("Not all")]

    assert lines(scored_by(ONE, "1", "x", "y"), scored_by(TWO, "2", "x"), scored_by(a, "3", "z")) == []
    assert lines(scored_by(ONE, "1", "x"), scored_by(TWO, "1", "y")) == [
        told.format("against the same file of references")
    ]
    assert lines(scored_by(a, "1"), scored_by(b, "2")) == [told.format("by the same rubric")]
    assert lines(scored_by(a, "1"), scored_by(b, "1", "x"), scored_by(ONE, "2", "y")) == []


def test_the_same_id_with_other_words_is_another_column() -> None:
    reworded = replace(SIDE, text="On which side?")
    three = scored("three", figure("side", "accuracy", "accuracy", 0.9), questions=(reworded,))
    head, _, _, *body = rows(scores_section([TWO, three]))
    assert head[1:] == ["Side ¦ view (accuracy), wording 1", "Side ¦ view (accuracy), wording 2"]
    assert [row[1:] for row in body] == [["50% (20–80%), n = 10", "–"], ["–", "90% (no interval), n = 10"]]


def test_runs_of_one_model_are_told_apart() -> None:
    again = replace(TWO, id="later")
    assert [row[0] for row in rows(scores_section([TWO, again]))[3:]] == ["two (run-two)", "two (later)"]


def test_many_questions_go_on_in_further_tables() -> None:
    questions = tuple(replace(SIDE, id=f"q{number}", short=UNSET) for number in range(20))
    figures = (figure(question.id, "accuracy", "accuracy", 0.5) for question in questions)
    lines = scores_section([scored("many", *figures, questions=questions)])
    assert [len(row) for row in rows(lines) if row[0] == "Model"] == [9, 9, 5]


def test_a_line_of_them_for_the_dashboard() -> None:
    assert scores_briefly(ONE) == "Side | view 70%, parts 0.50"
    assert scores_briefly(replace(ONE, scoring=UNSET)) == ""


def test_page_and_json_of_the_comparison_have_them() -> None:
    assert "## Scores by Question" in render_comparison([ONE, TWO], "md")
    assert "## Scores by Question" not in render_comparison([replace(ONE, scoring=UNSET)], "md")
    one, two = json.loads(render_comparison([ONE, TWO], "json"))
    assert [found["key"] for found in one["scores"]] == ["accuracy", "macro_f1", "f_beta"]
    assert one["scores"][0]["question"] == "Which side?" and one["scores"][0]["majority"]["answer"] == "left"
    assert len(two["scores"]) == 1
