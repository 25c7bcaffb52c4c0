"""The section Scores: figures of each question beside constant answers', by its kind, never averaged."""

from typing import Any

from markdown_it import MarkdownIt
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Assessment, ConstantAnswer, Question, Score, Verdict
from fada_tui.evaluation.constant_answers import Alike
from fada_tui.evaluation.scoring import (
    NO_VALUE,
    SEVERAL_VALUES,
    Confusion,
    ExpertScores,
    Measured,
    QuestionScores,
    ScoreFigure,
)
from fada_tui.evaluation.statistics import Interval
from fada_tui.evaluation.verdicts import tally
from fada_tui.report.figures import figures
from fada_tui.report.overview import figure_rows
from fada_tui.report.question_figures import QuestionFigures
from fada_tui.report.scores import section
from fada_tui.report.summary import render_summary
from tests.examples import result, run

RUN = run(status="complete", plan=UNSET, results=(result(),))


def measured(value: float | None = 0.5, n: int = 20, **fields: Any) -> Measured:
    if value is not None:
        fields.setdefault("interval", Interval(value - 0.1, value + 0.1))
    return Measured(value=value, n=n, **fields)


def figure(key: str = "f_beta", name: str = "F2", **fields: Any) -> ScoreFigure:
    fields.setdefault("answered", measured())
    fields.setdefault("asked", measured(0.25, 40))
    fields.setdefault("majority", ConstantAnswer(answer="a | b", value=0.375))
    fields.setdefault("commonest", None)
    fields.setdefault("unit", "share")
    return ScoreFigure(key=key, name=name, **fields)


def confusion(*values: str) -> Confusion:
    answers = (*values, NO_VALUE, SEVERAL_VALUES)
    counts = tuple(tuple(10 * row + column for column in range(len(values))) for row in range(len(answers)))
    return Confusion(references=values, answers=answers, counts=counts)


def question(id: str = "q1", *shown: ScoreFigure, **fields: Any) -> QuestionFigures:
    scores: dict[str, Any] = {
        "question_id": id,
        "kind": "set",
        "figures": shown or (figure(),),
        "references": 40,
        "unusable": 0,
        "errors": 0,
        "confusion": None,
        "experts": (),
    }
    return QuestionFigures(
        question=Question(id=id, short=f"short *{id}*", text="?"),
        scores=QuestionScores(**scores | fields),
        tally=tally(()),
        alike=Alike(question_id=id, finding="varies", answer="a", count=1, images=20),
    )


def text(*questions: QuestionFigures, form: int = 0, first: tuple[str, ...] = ()) -> str:
    found = section(RUN, figures(RUN), questions, first)
    assert found is not None
    return "\n".join(found.lines(form))


def test_a_row_has_n_the_interval_and_what_constant_answers_have() -> None:
    asked = question("q1", figure(commonest=ConstantAnswer(answer="x" * 60, value=0.125)))
    (row,) = figure_rows(RUN, figures(RUN), [asked])
    assert row[:4] == ("short \\*q1\\*", "F2", "20", "0.50 (0.40–0.60)")
    assert row[4] == '0.38 ("a \\| b")' and row[5] == f'0.12 ("{"x" * 39}…")'


def test_with_errors_both_ways_of_counting_them_are_shown() -> None:
    asked = question("q1", errors=20)
    (row,) = figure_rows(RUN, figures(RUN), [asked])
    assert row[2:4] == ("20 of 40", "0.50 (0.40–0.60); of all asked 0.25 (0.15–0.35)")
    assert "| F2 | 20 | 0.50 (0.40–0.60) | 0.25 (0.15–0.35) | 0.38" in text(asked)
    assert "| F2 | 20 | 0.50 (0.40–0.60) | the same | 0.38" in text(question())


def test_shares_of_right_answers_are_in_percent_and_distances_in_steps() -> None:
    steps = figure(
        "mean_distance",
        "mean distance",
        unit="steps",
        answered=measured(1.25),
        majority=ConstantAnswer(answer="b", value=1.5),
    )
    shown = text(question("age", figure("exact", "exact"), steps, kind="ordered"))
    assert "### short \\*age\\* (ordered)" in shown
    assert "| exact | 20 | 50% (40–60%) |" in shown
    assert '| mean distance | 20 | 1.25 (1.15–1.35) steps | the same | 1.50 ("b") | – |' in shown
    assert "- mean distance: places between the answer and the right value; fewer are better" in shown
    assert "F2:" not in shown, "only what is there is defined"


def test_what_is_not_known_has_its_reason() -> None:
    nothing = figure(answered=Measured(value=None, n=0, reason="no <reference>"))
    assert "| – (no \\<reference\\>) |" in text(question("q1", nothing))
    alone = figure(answered=Measured(value=0.5, n=1, reason="one image"))
    assert "| 0.50 (one image) |" in text(question("q1", alone))


def test_agreement_with_verdicts_is_a_line_of_its_question() -> None:
    def page(*verdicts: Verdict) -> str:
        results = tuple(
            result(
                f"A/{place}.png",
                assessments=(Assessment(verdict=verdict),),
                score=Score(kind="set", value=place / 4),
            )
            for place, verdict in enumerate(verdicts)
        )
        asked = Question(id="q1", text="?", score="set")
        one = replace(question(), question=asked, tally=tally(results))
        judged = replace(RUN, questions=(asked,), results=results)
        found = section(judged, figures(judged), [one], ())
        assert found is not None
        return "\n".join(found.lines(0))

    line = "- Agreement of F2 with verdicts: rank correlation 1.00 (no interval: fewer than 10 images), n = 3"
    assert line in page("incorrect", "partial", "correct")
    assert "verdicts: cannot be told, all verdicts are alike, n = 2" in page("correct", "correct")
    assert "with verdicts" not in text(question())


def test_experts_have_lines_of_their_own() -> None:
    expert = ExpertScores(name="dr. *b*", model=measured(0.3, 9), agreement=measured(0.8, 10))
    shown = text(question("q1", experts=(expert,)))
    assert "- Against dr. \\*b\\*: F2 0.30 (0.20–0.40), n = 9\n" in shown
    assert "- Agreement of dr. \\*b\\* with the first expert: F2 0.80 (0.70–0.90), n = 10\n" in shown


def test_answers_without_a_value_and_useless_references_are_counted() -> None:
    shown = text(question("q1", confusion=confusion("no", "yes"), unusable=3))
    assert "- References that cannot be used: 3, with no value or several" in shown
    assert "- Answers without a value: 41; with several: 61; all are wrong" in shown


def test_a_confusion_is_a_table_and_large_ones_are_left_to_the_details() -> None:
    few = question("few", confusion=confusion("no", "<b>"))
    many = question("many", confusion=confusion(*"abcdefgh"))
    whole, page, without = (text(few, many, form=form) for form in range(3))
    assert "| **no** | **0** | 1 |" in whole and "| **\\<b\\>** | 10 | **11** |" in whole
    assert "| **no value** | 20 | 21 |" in page and "| **no value** |" not in without
    assert "| **h** |" in whole and "| **h** |" not in page
    for shown in (whole, page, without):
        kinds = [token.type for token in MarkdownIt("commonmark").enable("table").parse(shown)]
        assert kinds.count("table_open") == 2 + shown.count("**no value**") + 1
        assert kinds.count("heading_open") == 3


def test_with_little_room_there_is_a_table_of_all_questions_and_the_way_to_the_rest() -> None:
    some = [question(f"q{number:02}") for number in range(40)]
    shown = text(*some, form=3)
    assert shown.count("| F2 |") == 20 and "in [details.md](details.md)." in shown
    assert text(*some).count("| F2 |") == 2 * 40
    rows = tuple(text(*some).split("### ")[0].splitlines())
    assert text(*some, first=rows).count("| F2 |") == 40, "the first screen has the table already"


def test_without_scores_there_is_no_section() -> None:
    assert section(RUN, figures(RUN), [], ()) is None
    assert "## Scores" not in render_summary(RUN, [], [], None)
