"""Answers side by side: which columns there are, which is in front, and where it goes on."""

from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.protocol import Item
from fada_tui.core.records import Assessment, Question, Result, Run
from fada_tui.tui.state.columns import ColumnView, differences
from fada_tui.tui.state.disk_index import DiskIndex
from fada_tui.tui.state.image_rows import ImageRows, Slot
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns, Streaming
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.side_by_side import SideBySide
from tests import examples

PATHS = ("A/a.png", "A/b.png", "B/c.png")
QUESTIONS = tuple(Question(id=name, text=f"text of {name}") for name in ("q1", "q2"))


def answers(**responses: str) -> tuple[Result, ...]:
    """Answers to both questions about all images: of an image, of a question, or any."""
    return tuple(
        examples.result(
            path,
            question,
            response=responses.get(
                f"{path[2]}_{question}", responses.get(path[2], responses.get("any", "?"))
            ),
        )
        for path in PATHS
        for question in ("q1", "q2")
    )


def a_run(model: str, results: tuple[Result, ...], day: int = 1) -> Run:
    facts = examples.ModelFacts(name=model)
    name = f"202601{day:02}-000000_{model}"
    return examples.run(PATHS, id=name, model=facts, questions=QUESTIONS, results=results)


def review_of(*runs: Run) -> Review:
    """A review of runs, the last one current, all on disk."""
    open_runs = OpenRuns("ada")
    review = Review(open_runs, QUESTIONS)
    opened = [open_runs.open(Path(run.id), run) for run in runs]
    review.disk_index = DiskIndex(
        runs=runs, answered={path: frozenset(run.id for run in runs) for path in PATHS}
    )
    review.choose_run(opened[-1])
    return review


def names(side: SideBySide) -> list[str]:
    return [view.name for view in views(side)]


def views(side: SideBySide) -> list[ColumnView]:
    return side.views(range(len(side.columns)))


def judge(review: Review, verdict: str | None) -> None:
    """Judge what the position says is judged."""
    for run, key in review.targets:
        run.assess(*key, Assessment(assessor="ada", verdict=verdict))  # type: ignore[arg-type]


def place(review: Review) -> tuple[str, str, str]:
    assert review.run is not None and review.key is not None
    return (review.run.run.model.name, *review.key)


@pytest.fixture
def review() -> Review:
    """Three models, of which two say the same of the first image."""
    return review_of(
        a_run("one", answers(any="a femur", a="a head")),
        a_run("two", answers(any="a heart", a=" a head\n"), 2),
        a_run("three", answers(any="a spine"), 3),
    )


def test_equal_answers_are_one_column_and_judged_together(review: Review) -> None:
    side = SideBySide(review)
    assert names(side) == ["three", "2 models"]
    assert place(review)[0] == "three" and review.equal == ()
    side.turn(1)
    assert [run.run.model.name for run, _ in review.targets] == ["two", "one"]
    assert views(side)[1].models == ("two", "one")
    assert (side.front().model, side.front().question) == ("2 models", "text of q1")
    judge(review, "correct")
    assert side.counts == (3, 2) and views(side)[1].differs == ""
    assert side.kinds == ["unjudged", "correct"]
    side.turn(1)
    assert place(review)[0] == "three"


def test_it_goes_on_to_what_is_to_be_judged(review: Review) -> None:
    side = SideBySide(review)
    for model, question in (("three", "q1"), ("two", "q1"), ("three", "q2"), ("two", "q2")):
        assert place(review) == (model, "A/a.png", question)
        judge(review, "correct")
        column = side.next_to_judge(side.column + 1)
        if column is not None:
            side.choose(column)
        else:
            found = side.next_unassessed(1)
            assert found is not None
            side.look(*found)
    assert place(review) == ("three", "A/b.png", "q1") and len(side.columns) == 3
    back = side.next_unassessed(-1)
    assert back is not None and (back[0].image.path, back[1]) == ("B/c.png", "text of q2")
    for run in review.open_runs.runs.values():
        for result in list(run.results):
            if result.key != ("A/b.png", "q2"):
                run.assess(*result.key, Assessment(assessor="ada", verdict="partial"))
    left = side.next_unassessed(1)
    assert left is not None and (left[0].image.path, left[1]) == ("A/b.png", "text of q2")
    side.look(*left)
    assert side.next_unassessed(1) is None


def test_images_and_questions_in_turn_and_back_where_one_was(review: Review) -> None:
    side = SideBySide(review)
    side.turn(1)
    side.step_question(1)
    assert place(review)[1:] == ("A/a.png", "q2")
    side.step_image(-1)
    assert place(review)[1:] == ("B/c.png", "q2"), "around the end, at the same question"
    side.step_image(1)
    side.step_image(1)
    side.turn(-1)
    assert place(review) == ("one", "A/b.png", "q2")
    side.close()
    assert place(review) == ("three", "A/b.png", "q2"), "the run is the one that it was"
    assert review.slot is review.shown.find("A/b.png") and not review.beside


def test_a_verdict_on_one_of_equal_answers_shows_that_they_differ(review: Review) -> None:
    one = next(run for run in review.open_runs.runs.values() if run.run.model.name == "one")
    one.assess("A/a.png", "q1", Assessment(assessor="ada", verdict="partial", tags=("x",)))
    side = SideBySide(review)
    merged = views(side)[1]
    assert merged.differs == "differs: 1 partial, 1 not judged, tags"
    assert merged.answer.assessment.verdict is None
    side.turn(1)
    judge(review, "incorrect")
    assert views(side)[1].answer.assessment.verdict == "incorrect"


def test_differences_are_told_by_what_differs() -> None:
    said = Assessment(verdict="correct", context=True, note="n")
    assert differences([said, said]) == ""
    others = [Assessment(verdict="correct", flagged=True), said]
    assert differences(others) == "differs: context, notes, flags"


def test_what_is_computed_of_equal_answers_shows_once_all_are_judged() -> None:
    scored = tuple(
        examples.result(path, question, response="a head", reference="the brain")
        for path in PATHS
        for question in ("q1", "q2")
    )
    review = review_of(a_run("one", scored), a_run("two", scored, 2))
    run = review.open_runs.runs["20260102-000000_two"]
    run.assess("A/a.png", "q1", Assessment(assessor="ada", verdict="correct"))
    side = SideBySide(review)
    (merged,) = views(side)
    assert merged.answer.reference is None and merged.answer.withheld
    judge(review, "correct")
    (merged,) = views(side)
    assert merged.answer.reference == "the brain" and not merged.answer.withheld


def test_the_words_that_one_answer_has_alone_are_marked(review: Review) -> None:
    side = SideBySide(review)
    side.step_image(1)
    marked = [
        [view.answer.text[mark.start : mark.end] for mark in view.answer.marks if mark.kind == "alone"]
        for view in views(side)
    ]
    assert marked == [["spine"], ["heart"], ["femur"]]


def stream(run: OpenRun, path: str, question: str, text: str) -> Streaming:
    item = Item(path=path, image=path, category="A", question_id=question, question="?")
    streaming = run.in_flight[item.key] = Streaming(item)
    streaming.add(text, 3)
    return streaming


def finish(run: OpenRun, path: str, question: str, text: str) -> None:
    run.in_flight.pop((path, question))
    run.put(examples.result(path, question, response=text))


def test_an_answer_that_comes_joins_the_others_and_moves_none(review: Review) -> None:
    four = review.open_runs.open(Path("four"), a_run("four", (), 4))
    side = SideBySide(review)
    side.turn(1)
    here = place(review)
    stream(four, "A/a.png", "q1", "a he")
    side.update()
    assert names(side) == ["three", "four", "2 models"] and place(review) == here
    assert views(side)[1].answer.state == "running" and side.kinds[1] == "running"
    finish(four, "A/a.png", "q1", "a head")
    side.update()
    assert names(side) == ["three", "3 models"] and place(review) == here
    assert len(review.targets) == 3


def test_while_one_looks_no_later_run_of_the_model_takes_its_place(review: Review) -> None:
    side = SideBySide(review)
    again = review.open_runs.open(Path("again"), a_run("three", (), 9))
    stream(again, "A/a.png", "q1", "some")
    side.update()
    assert [run.id for run, _ in review.targets] == ["20260103-000000_three"]
    finish(again, "A/a.png", "q1", "something else")
    side.update()
    assert views(side)[0].answer.text == "a spine"


def test_in_blind_mode_letters_in_their_order_and_nobody_who_comes_is_told(review: Review) -> None:
    review.go_blind([*review.open_runs.runs.values()])
    side = SideBySide(review)
    assert all(not {"one", "two", "three"} & {view.name, *view.models} for view in views(side))
    letters = [review.model_name(column.answers[0][0]) for column in side.columns]
    assert letters == sorted(letters)
    before, slot = names(side), review.slot
    late = review.open_runs.open(Path("late"), a_run("late", answers(any="late"), 5))
    assert review.blind_list is not None
    review.blind_list.take_run(late)
    side.update()
    assert names(side) == before
    side.step_image(1)
    assert side.counts[0] == 4
    side.step_image(-1)
    assert slot is not None and review.slot is not None and review.slot.image == slot.image
    assert side.counts[0] == 4
    side.close()
    assert review.slot.run is not None and review.image_rows.find(review.slot.image.path, review.slot.run)


def test_blind_mode_that_begins_or_ends_here_changes_what_models_are_called(review: Review) -> None:
    side = SideBySide(review)
    review.go_blind([*review.open_runs.runs.values()])
    side.update()
    assert all("Model " in name or name == "2 models" for name in names(side))
    two = review.open_runs.runs["20260102-000000_two"]
    review.choose_run(two)
    review.look(review.shown.find("A/a.png"))
    side.update()
    assert names(side) == ["three", "2 models"]
    side.close()
    assert review.run is not None and review.run.run.model.name == "three"


def test_runs_that_are_not_read_are_asked_for_once_for_each_model(review: Review) -> None:
    runs = (
        a_run("five", (), 5),
        a_run("five", (), 6),
        a_run("two", (), 7),
        *(run.run for run in review.open_runs.runs.values()),
    )
    index = review.disk_index
    answered = {"A/a.png": frozenset(run.id for run in runs)}
    review.disk_index = DiskIndex(runs=runs, answered=answered, figures=index.figures)
    side = SideBySide(review)
    assert side.unread() == ["20260106-000000_five"], "of two, the one current is the latest of all"
    side.unreadable.add("20260106-000000_five")
    assert side.unread() == ["20260105-000000_five"]


def test_what_was_undone_elsewhere_is_shown(review: Review) -> None:
    side = SideBySide(review)
    side.show([("20260103-000000_three", "A/a.png", "q1")])
    assert place(review) == ("three", "A/a.png", "q1")
    side.show([("gone", "A/a.png", "q1"), ("20260101-000000_one", "B/c.png", "q2")])
    assert place(review) == ("one", "B/c.png", "q2")


def test_an_image_without_answers_has_no_column() -> None:
    review = review_of(a_run("one", ()))
    side = SideBySide(review)
    assert side.columns == () and side.next_unassessed(1) is None and side.counts == (0, 0)
    side.turn(1)
    side.step_image(1)
    assert review.slot is not None and review.slot.image.path == "A/b.png"


def test_a_list_that_is_filtered_is_followed_as_it_is(review: Review) -> None:
    review.shown = ImageRows.flat(
        [Slot(slot.image) for slot in review.shown.slots if slot.image.path != "A/b.png"]
    )
    side = SideBySide(review)
    side.step_image(1)
    assert place(review)[1] == "B/c.png"
    found: Any = side.next_unassessed(1)
    assert found[0].image.path == "B/c.png" and found[1] == "text of q2"
