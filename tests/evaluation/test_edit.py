"""Editing an assessment, and the history of edits."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.edit import (
    edited_alike,
    mine,
    now_ms,
    stamped,
    with_next_context,
    with_note,
    with_tag_toggled,
    with_verdict,
)
from fada_tui.evaluation.assessment.history import Change, History
from tests import examples

FULL = Assessment(
    assessor="ada", verdict="partial", context=True, tags=("a", "b"), note="n", at="then", blind=True
)


def change(number: int) -> Change:
    said = [Assessment(note=str(note)) for note in (number, number + 1)]
    return Change("run", "A/a.png", "q1", said[0], said[1])


def test_mine_is_the_last_of_mine_whatever_others_said_later() -> None:
    said = (
        Assessment(assessor="ada", verdict="correct"),
        Assessment(assessor="ada", verdict="partial"),
        Assessment(assessor="ben", verdict="incorrect"),
        Assessment(verdict="correct"),
    )
    result = examples.result(assessments=said)
    assert mine(result, "ada") == said[1]
    assert mine(result, "ben") == said[2]
    assert mine(result, None) == said[3], "no name is a name of its own"
    assert mine(result, "cyd") == Assessment(assessor="cyd")


def test_what_was_taken_back_is_mine_still() -> None:
    taken_back = Assessment(assessor="ada")
    said = (Assessment(assessor="ada", verdict="correct"), taken_back)
    assert mine(examples.result(assessments=said), "ada") == taken_back


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (lambda before: with_verdict(before, "correct"), {"verdict": "correct"}),
        (lambda before: with_verdict(before, None), {"verdict": None}),
        (with_next_context, {"context": False}),
        (lambda before: with_tag_toggled(before, "a"), {"tags": ("b",)}),
        (lambda before: with_tag_toggled(before, "c"), {"tags": ("a", "b", "c")}),
        (lambda before: with_note(before, "else"), {"note": "else"}),
        (lambda before: with_note(before, ""), {"note": None}),
        (lambda before: with_note(before, None), {"note": None}),
        (
            lambda before: stamped(before, assessor="ben", at="now", blind=False),
            {"assessor": "ben", "at": "now", "blind": False},
        ),
    ],
)
def test_an_edit_changes_its_own_and_nothing_else(
    edit: Callable[[Assessment], Assessment], changed: dict[str, object]
) -> None:
    after = edit(FULL)
    for name in Assessment.__struct_fields__:
        assert getattr(after, name) == changed.get(name, getattr(FULL, name)), name


def test_context_comes_round() -> None:
    said = Assessment()
    seen = [(said := with_next_context(said)).context for _ in range(3)]
    assert seen == [True, False, None]


def test_a_tag_toggled_twice_is_as_before() -> None:
    assert with_tag_toggled(with_tag_toggled(FULL, "c"), "c") == FULL
    twice = Assessment(tags=("a", "b", "a"))
    assert with_tag_toggled(twice, "a").tags == ("b",), "one that a file holds twice is gone at once"


def test_the_time_is_utc_to_the_millisecond_and_sorts_as_text() -> None:
    before = datetime.now(UTC)
    times = [now_ms() for _ in range(50)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times)
    assert times == sorted(times)
    read = datetime.fromisoformat(times[0])
    assert before - timedelta(milliseconds=1) <= read <= datetime.now(UTC)


def test_the_time_is_later_than_that_before_it_whatever_the_clock_says() -> None:
    assert now_ms(after="2999-12-31T23:59:59.999Z") == "3000-01-01T00:00:00.000Z"
    assert now_ms(after=now_ms(after="2999-01-01T00:00:00.000Z")) == "2999-01-01T00:00:00.002Z"
    for odd in ("", "yesterday", "2999-01-01T00:00:00.000", "9999-12-31T23:59:59.999Z"):
        assert now_ms(after=odd) < "2999", odd


def test_undo_swaps_before_and_after_and_redo_does_not() -> None:
    history = History()
    history.push(change(1))
    undo = history.undo()
    assert undo == (Change("run", "A/a.png", "q1", change(1).after, change(1).before),)
    history.undone()
    assert history.undo() is None
    assert history.redo() == (change(1),)


def test_a_change_that_was_not_written_is_offered_again() -> None:
    history = History()
    history.push(change(1))
    assert history.undo() == history.undo() is not None
    assert history.redo() is None
    history.undone()
    assert history.redo() == history.redo() is not None
    assert history.undo() is None


def test_a_new_change_clears_what_could_be_made_again() -> None:
    history = History()
    for number in range(3):
        history.push(change(number))
    history.undone()
    history.undone()
    history.push(change(7))
    assert history.redo() is None
    assert history.undo() == (change(7).reversed,)
    history.undone()
    assert history.undo() == (change(0).reversed,)


def test_any_walk_ends_where_a_list_and_an_index_end() -> None:
    dice, history = random.Random(0), History()
    made: list[Change] = []
    at = 0
    for number in range(5000):
        match dice.choice(("push", "undo", "redo")):
            case "push":
                history.push(change(number))
                made[at:] = [change(number)]
                at += 1
            case "undo":
                assert history.undo() == ((made[at - 1].reversed,) if at else None)
                if at:
                    history.undone()
                    at -= 1
            case _:
                assert history.redo() == ((made[at],) if at < len(made) else None)
                if at < len(made):
                    history.redone()
                    at += 1


def test_a_step_of_several_is_taken_back_from_its_end() -> None:
    history = History()
    history.push(change(1), change(2), change(3))
    assert history.undo() == (change(3).reversed, change(2).reversed, change(1).reversed)
    history.undone()
    assert history.undo() is None
    assert history.redo() == (change(1), change(2), change(3))


def test_of_a_step_written_in_part_the_rest_is_a_step_of_its_own() -> None:
    history = History()
    history.push(change(1), change(2), change(3))
    history.undo()
    history.undone(1)
    assert history.redo() == (change(3),)
    assert history.undo() == (change(2).reversed, change(1).reversed)
    history.undone()
    assert history.redo() == (change(1), change(2))
    history.redone(1)
    assert history.redo() == (change(2),)
    assert history.undo() == (change(1).reversed,)


def test_assessments_of_equal_answers_are_edited_as_the_first_is() -> None:
    first = Assessment(tags=("a",), context=True)
    others = [Assessment(verdict="partial", tags=("b",), note="mine"), Assessment(tags=("a", "b"))]
    judged = edited_alike(lambda one: with_verdict(one, "correct"), [first, *others])
    assert [one.verdict for one in judged] == ["correct"] * 3
    assert [(one.tags, one.note) for one in judged[1:]] == [(("b",), "mine"), (("a", "b"), None)]
    untagged = edited_alike(lambda one: with_tag_toggled(one, "a"), [first, *others])
    assert [one.tags for one in untagged] == [(), ("b",), ("b",)]
    tagged = edited_alike(lambda one: with_tag_toggled(one, "b"), [first, *others])
    assert [one.tags for one in tagged] == [("a", "b"), ("b",), ("a", "b")]
    assert [one.context for one in edited_alike(with_next_context, [first, *others])] == [False] * 3
    again = edited_alike(lambda one: with_verdict(one, "partial"), [others[0], first])
    assert [one.verdict for one in again] == ["partial"] * 2, "also where the first has it already"
