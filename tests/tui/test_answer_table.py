"""The rows of the answers table: listed, sorted, kept up, in all runs and in blind mode."""

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from fada_tui.core.records import Assessment, Question, Score
from fada_tui.evaluation.assessment.filters import parse
from fada_tui.tui.state.answer_table import SORTABLE, AnswerTable, Order, Row
from fada_tui.tui.state.blind import BlindList
from fada_tui.tui.state.open_runs import OpenRun
from tests.examples import error_result, result, run

QUESTIONS = (
    Question(id="q1", text="text of q1", short="plane"),
    Question(id="q2", text="text of q2", short="organs", score="text"),
)
PATHS = ("B/c.png", "A/a.png", "A/b.png")
Outcome = TypeVar("Outcome")


def said(**fields: Any) -> Assessment:
    return Assessment(assessor="ada", **fields)


def whole(steps: Generator[None, None, Outcome]) -> Outcome:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def opened(*results: Any, name: str = "one") -> OpenRun:
    made = run(PATHS, questions=QUESTIONS, results=results, id=name)
    return OpenRun(Path(), replace(made, model=replace(made.model, name=f"model {name}")), "ada")


def some() -> OpenRun:
    judged = said(verdict="correct", tags=("blur",), flagged=True)
    return opened(
        result("A/b.png", "q2", response="zebra", score=Score(kind="text", value=0.25)),
        result("A/a.png", "q1", response="a stomach", assessments=(judged,)),
        result(
            "A/a.png",
            "q2",
            response="Aorta",
            score=Score(kind="text", value=0.75),
            assessments=(said(verdict="partial"),),
        ),
        error_result("B/c.png", "q1"),
        result(
            "B/c.png", "q2", score=Score(kind="text", value=0.5), assessments=(said(verdict="incorrect"),)
        ),
    )


def table_of(*runs: OpenRun, blind: BlindList | None = None) -> AnswerTable:
    table = AnswerTable(runs[0].planned_images(), blind)
    for one in runs:
        whole(table.take(one))
    arranged(table)
    return table


def arranged(table: AnswerTable, column: str = "image", text: str = "", **order: Any) -> list[str]:
    wanted = parse(text, in_texts=True)
    assert not wanted.error
    table.arrange(whole(table.arranged(Order(column, wanted=wanted, **order))))
    return names(table)


def names(table: AnswerTable) -> list[str]:
    return [f"{row.image.image[0]}{row.question.id[1]}" for row in table]


def test_rows_stand_in_the_order_of_the_images_and_sort_by_any_column() -> None:
    table = table_of(some())
    assert names(table) == ["c1", "c2", "a1", "a2", "b2"]
    assert arranged(table, descending=True) == ["b2", "a2", "a1", "c2", "c1"]
    assert arranged(table, "question") == ["c1", "a1", "c2", "a2", "b2"]
    assert arranged(table, "verdict") == ["b2", "c2", "a2", "a1", "c1"]
    assert arranged(table, "flag", descending=True)[0] == "a1"
    assert arranged(table, "tags")[0] == "a1" and arranged(table, "tags", descending=True)[0] == "a1"
    assert arranged(table, "answer") == ["c2", "a1", "a2", "b2", "c1"]
    for column in SORTABLE:
        assert sorted(arranged(table, column)) == ["a1", "a2", "b2", "c1", "c2"]


def test_scores_are_sorted_by_and_told_once_ones_verdict_stands() -> None:
    made = some()
    table = table_of(made)
    assert arranged(table, "score")[:2] == ["c2", "a2"]
    assert arranged(table, "score", descending=True)[:2] == ["a2", "c2"]
    hidden = next(row for row in table if row.image.image == "b.png")
    assert table.score(hidden) is None
    made.assess("A/b.png", "q2", said(verdict="correct"))
    assert table.score(hidden) == 0.25
    assert arranged(table, "score")[0] == "b2"


def test_the_filter_is_held_against_each_answer_and_its_text() -> None:
    table = table_of(some())
    assert arranged(table, text="correct -tag:blur") == []
    assert arranged(table, text="aorta") == ["a2"], "words of its text"
    assert arranged(table, text="error") == ["c1"]
    assert arranged(table, text="q:organs second") == ["a2"]
    table.marked = {row.key for row in table} | {("one", "A/b.png", "q2")}
    assert arranged(table, text="marked") == ["a2", "b2"]
    assert [row.key[1] for row in table.marked_rows()] == ["A/a.png", "A/b.png"]
    assert (len(table), table.total, table.hidden_marks) == (2, 5, 0)
    arranged(table, text="q:q1")
    assert table.hidden_marks == 2 and not table.marked_rows()


def test_what_comes_stands_at_its_place_and_what_is_judged_stays() -> None:
    made = some()
    table = table_of(made)
    arranged(table, "verdict", text="-flagged")
    assert names(table) == ["b2", "c2", "a2", "c1"]
    entry = table.entry(1)
    assert entry and not table.keep_up()
    made.put(result("A/b.png", "q1"))
    made.assess("A/a.png", "q2", said(verdict="correct", flagged=True))
    assert table.keep_up()
    assert names(table) == ["b1", "b2", "c2", "a2", "c1"]
    assert table.find(entry) == 2
    made.put(result("B/c.png", "q1"))
    table.keep_up()
    assert names(table) == ["b1", "b2", "c2", "a2", "c1"] and table[4].answered
    assert arranged(table, "verdict", text="-flagged") == ["c1", "b1", "b2", "c2"]


def test_what_comes_while_rows_are_sorted_is_not_lost() -> None:
    made = some()
    table = table_of(made)
    for descending in (False, True):
        steps = table.arranged(Order("answer", descending))
        next(steps)
        made.put(result("A/b.png", "q1", response="an aorta"))
        table.keep_up()
        table.arrange(whole(steps))
        assert "b1" in names(table) and len(table) == 6
        at = table.index_of(("one", "A/b.png", "q1"))
        assert at is not None and table[at].image.image == "b.png"


def test_answers_of_several_runs_stand_beside_each_other() -> None:
    one, other = (
        opened(result("A/a.png", "q1")),
        opened(result("A/a.png", "q1"), result("X/x.png", "q1"), name="other"),
    )
    table = table_of(one, other)
    assert [(row.image.path, row.run.id) for row in table] == [
        ("A/a.png", "one"),
        ("A/a.png", "other"),
        ("X/x.png", "other"),
    ]
    assert arranged(table, text="model:other") == ["a1", "x1"]
    assert table.models == ("model one", "model other")


def test_blind_mode_tells_no_model_no_score_and_no_error() -> None:
    one, other = some(), opened(result("A/a.png", "q2", response="Heart"), name="other")
    blind = BlindList("ada", "/nowhere")
    for each in (one, other):
        blind.take_run(each)
    table = table_of(one, other, blind=blind)
    assert len(table) == 5 and all(row.answered for row in table)
    assert table.models == ()
    assert all(table.model(row).removeprefix("Model ") in ("A", "B") for row in table)
    assert not any(table.score(row) for row in table)
    first = names(table)
    assert first == names(table_of(other, one, blind=blind)), "the order of the runs tells nothing"


def test_many_rows_are_looked_at_in_short_steps() -> None:
    dice = random.Random(1)
    made = opened(*(result(f"A/{dice.random()}.png", "q1", response=f"{dice.random()}") for _ in range(3000)))
    table = AnswerTable(made.planned_images())
    assert sum(1 for _ in table.take(made)) >= 10
    steps = sum(1 for _ in table.arranged(Order("answer", descending=True)))
    assert steps >= 20
    arranged(table, "answer", descending=True)
    texts = [str(row.result.response) for row in table]
    assert texts == sorted(texts, reverse=True)
    rows: list[Row] = table[5:8]
    assert [table.index_of(row.key) for row in rows] == [5, 6, 7]
