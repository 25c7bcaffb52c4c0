"""The answer pane where there is little room: what must be there, and what gives way."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Assessment, AutoScore, Question, Score, Scoring
from fada_tui.tui.state.answer import answer_view
from fada_tui.tui.state.open_runs import OpenRun
from fada_tui.tui.state.views import AnswerView
from fada_tui.tui.widgets.answer import AnswerPane, auto_line, figures_line
from tests.examples import result, run
from tests.tui.stage import Stage, lines_of

LONG = "many words of which each stands for itself, " * 30
AUTO = AutoScore(
    rubric="r",
    context=False,
    context_terms=(),
    maternal_terms=(),
    category_terms=(),
    other_categories=(),
    score=0.5,
)
FULL = AnswerView(
    state="answered",
    question=f"Which? {LONG}",
    text=f"An answer: {LONG}",
    thoughts="hm",
    time=1.0,
    assessment=Assessment(verdict="incorrect", context=True, note=LONG),
    others=(LONG, LONG),
    auto=AUTO,
    reference=f"right: {LONG}",
    score=Score(kind="text", value=0.25, matched=("a",) * 50, missed=("b",) * 50),
)


def pane(view: AnswerView) -> AnswerPane:
    class Filled(AnswerPane):
        def on_mount(self) -> None:
            self.show(view)

    return Filled("fetal context")


@pytest.mark.parametrize("size", [(32, 9), (34, 9), (46, 16), (56, 14), (100, 40)])
async def test_whatever_stands_beneath_an_answer_its_verdict_and_it_are_there(size: tuple[int, int]) -> None:
    app = Stage(pane(FULL))
    async with app.shown(*size) as pilot:
        await pilot.pause()
        *above, last = lines_of(app)
        assert "Which?" in above[0] and any("An answer:" in line for line in above)
        assert last.startswith("1 ✓") and "3[✗" in last and last.rstrip().endswith("yes")


async def test_the_verdict_is_spelled_out_where_the_row_has_room() -> None:
    for width, shown in ((38, "3[✗ incorrect] c context yes"), (37, "3[✗] c context yes")):
        app = Stage(pane(FULL))
        async with app.shown(width, 20) as pilot:
            await pilot.pause()
            assert lines_of(app)[-1].rstrip() == f"1 ✓  2 ◐  {shown}"


def test_terms_are_counted_only_where_the_question_is_scored_by_them() -> None:
    assert auto_line(FULL, "fetal context") == "auto score: 50% of the terms, no fetal context named"
    context = AnswerView(auto=AUTO, by_terms=False)
    assert auto_line(context, "fetal context") == "computed: no fetal context named"
    assert auto_line(AnswerView(), "fetal context") == ""


def test_an_answer_that_other_words_score_is_not_rated_by_terms() -> None:
    questions = (
        Question(id="free", text="?"),
        Question(id="side", text="?", score="choice", values=("a", "b")),
        Question(id="list", text="?", score="set", context=True),
        Question(id="seen", text="?", score="terms"),
    )
    judged = (Assessment(verdict="correct"),)
    score = Score(kind="choice", value=1.0)
    some = {
        "free": result("A/a.png", "free", auto=AUTO, assessments=judged),
        "side": result("A/a.png", "side", auto=AUTO, score=score),
        "list": result("A/a.png", "list", auto=AUTO, assessments=judged),
        "seen": result("A/a.png", "seen", auto=AUTO),
    }
    by = Scoring(rubric="r", rubric_sha256="0", questions_sha256="0")
    made = run(questions=questions, results=tuple(some.values()), scoring=by)
    assert [name for name in some if OpenRun(Path(), made, None).by_terms(name)] == ["free", "seen"]

    def seen(question: str, *said: Assessment) -> AnswerView:
        one = replace(some[question], assessments=said)
        opened = OpenRun(Path(), replace(made, results=(one,)), None)
        return answer_view(opened, ("A/a.png", question), "tiny", blind=False)

    assert seen("side", *judged).auto is None and seen("side").withheld
    assert seen("list", *judged).auto is AUTO and not seen("list", *judged).by_terms
    assert seen("free", *judged).auto is AUTO and seen("free", *judged).by_terms


def test_little_room_has_how_an_answer_ended_before_its_other_figures() -> None:
    view = AnswerView(time=4.0, tokens=9, per_second=2.0, first_token=0.1, finish="length", batch_size=2)
    assert figures_line(view, "brief") == "4.00 s  ·  cut at the token limit"
    assert figures_line(view, "end") == "cut at the token limit"
    assert figures_line(replace(view, finish="stop"), "end") == ""
