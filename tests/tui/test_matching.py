"""The filter held against each answer: what is listed, stepped through, and looked at again."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.protocol import Item
from fada_tui.core.records import Assessment, AutoScore, Question, Score
from fada_tui.tui.actions import judging
from fada_tui.tui.state import stepping
from fada_tui.tui.state.image_rows import Mark
from fada_tui.tui.state.matching import subject_of, turned
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns, Streaming
from fada_tui.tui.state.review import Review
from tests.examples import error_result, result, run
from tests.tui.dashboard import save_run, screen_text, wait_for
from tests.tui.test_assessing import opened

QUESTIONS = (
    Question(id="q1", text="text of q1", short="plane"),
    Question(id="q2", text="text of q2", short="organs", score="text"),
)
PATHS = ("A/a.png", "A/b.png", "B/c.png")


def said(**fields: object) -> Assessment:
    return Assessment(assessor="ada", **fields)  # type: ignore[arg-type]


def reviewed(*results: object) -> tuple[Review, OpenRun]:
    review = Review(OpenRuns("ada"), ())
    opened = review.open_runs.open(Path(), run(PATHS, questions=QUESTIONS, results=results))
    review.choose_run(opened)
    return review, opened


def listed(review: Review, text: str) -> list[str]:
    review.filter_by(text)
    assert not review.filter.error
    review.refilter()
    return [slot.image.path for slot in review.shown.slots]


def two_answers() -> tuple[Review, OpenRun]:
    """To the first image's questions: correct with a tag, and incorrect without; nothing of the last."""
    return reviewed(
        result("A/a.png", "q1", assessments=(said(verdict="correct", tags=("blur",)),)),
        result("A/a.png", "q2", assessments=(said(verdict="incorrect"),), response="a stomach"),
        result("A/b.png", "q1", assessments=(said(verdict="correct"),)),
        error_result("A/b.png", "q2"),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("correct -tag:blur", ["A/b.png"]),
        ("incorrect tag:blur", []),
        ("-tag:blur", [*PATHS]),
        ("incorrect text:stomach", ["A/a.png"]),
        ("correct text:stomach", []),
        ("question:organs answered", ["A/a.png"]),
        ("q:q2 error", ["A/b.png"]),
        ("error answered", []),
        ("waiting", ["B/c.png"]),
        ("model:tiny correct", ["A/a.png", "A/b.png"]),
        ("model:other", []),
        ("unassessed", []),
    ],
)
def test_one_answer_must_meet_all_words(text: str, found: list[str]) -> None:
    review, _ = two_answers()
    assert listed(review, text) == found


def test_questions_turn_among_the_answers_that_the_filter_lets_through() -> None:
    review, _ = two_answers()
    assert listed(review, "incorrect") == ["A/a.png"]
    assert review.key == ("A/a.png", "q2"), "the answer itself is looked at"
    assert not review.turn(1) and review.key == ("A/a.png", "q2")
    listed(review, "")
    assert review.turn(1) and review.key == ("A/a.png", "q1")
    listed(review, "assessed")
    slots = review.shown.slots
    review.look(slots[1])
    assert review.key == ("A/b.png", "q1") and not review.turn(-1)


def test_turning_goes_round_both_ways() -> None:
    assert [turned(range(4), 3, 4, 1), turned(range(4), 0, 4, -1)] == [0, 3]
    assert [turned((0, 2), 1, 4, 1), turned((0, 2), 1, 4, -1), turned((0, 2), 3, 4, -1)] == [2, 0, 2]
    assert turned((1,), 1, 4, 1) is None and turned((), 1, 4, -1) is None


def test_steps_stay_on_answers_that_the_filter_lets_through() -> None:
    review, opened = reviewed(*(result(path, name) for path in PATHS for name in ("q1", "q2")))
    listed(review, "question:organs")
    assert review.key == ("A/a.png", "q2")
    place = stepping.next_place(review, 1)
    assert place and (place[0].image.path, place[1]) == ("A/b.png", 1)
    place = stepping.next_place(review, -1)
    assert place and (place[0].image.path, place[1]) == ("B/c.png", 1)
    for path in PATHS:
        opened.assess(path, "q2", said(verdict="partial"))
    assert stepping.next_place(review, 1) is None
    place = stepping.next_match(review, 1)
    assert place and (place[0].image.path, place[1]) == ("A/b.png", 1)


def test_what_changes_is_looked_at_again_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    review, opened = reviewed(*(result(path, name) for path in PATHS for name in ("q1", "q2")))
    looked: list[str] = []
    monkeypatch.setattr(
        "fada_tui.tui.state.matching.subject_of",
        lambda run, image, question, **fields: (
            looked.append(image.path),
            subject_of(run, image, question, **fields),
        )[1],
    )
    assert listed(review, "flagged") == [] and len(looked) == 6
    opened.assess("A/b.png", "q2", said(flagged=True))
    looked.clear()
    assert listed(review, "flagged") == ["A/b.png"] and looked == ["A/b.png"] * 2
    opened.put(result("B/c.png", "q1", assessments=(said(flagged=True),)))
    assert listed(review, "flagged") == ["A/b.png", "B/c.png"]
    review.marked = frozenset({"A/a.png"})
    assert listed(review, "marked") == ["A/a.png"]


def test_scores_are_the_questions_own_and_hidden_in_blind_mode() -> None:
    auto = AutoScore(
        rubric="fada",
        context=False,
        context_terms=(),
        maternal_terms=(),
        category_terms=(),
        other_categories=(),
        score=0.75,
    )
    results = (
        result("A/a.png", "q1", auto=auto),
        result("A/a.png", "q2", auto=auto, score=Score(kind="text", value=0.25)),
        result("A/b.png", "q2", auto=auto),
    )
    opened = OpenRun(Path(), run(PATHS, questions=QUESTIONS, results=results), "ada")
    images = list(opened.planned_images())
    scores = [
        subject_of(opened, image, question, blind=blind).score
        for image, question, blind in (
            (images[0], QUESTIONS[0], False),
            (images[0], QUESTIONS[1], False),
            (images[1], QUESTIONS[1], False),
            (images[0], QUESTIONS[1], True),
        )
    ]
    assert scores == [0.75, 0.25, None, None]
    hidden = subject_of(opened, images[0], QUESTIONS[0], blind=True)
    assert (hidden.model, hidden.auto) == ("", None)


def test_an_image_has_a_mark_for_each_question() -> None:
    _, opened = two_answers()
    assert opened.mark("A/a.png") == Mark(("correct", "incorrect"), time=2.0)
    assert opened.mark("A/b.png") == Mark(("correct", "error"), time=1.0)
    assert opened.mark("B/c.png") == Mark(("waiting", "waiting"))
    opened.assess("A/a.png", "q2", said(flagged=True))
    assert opened.mark("A/a.png") == Mark(("correct", "unjudged"), flagged=True, time=2.0)
    opened.in_flight["B/c.png", "q2"] = Streaming(
        Item(path="B/c.png", image="c.png", category="B", question_id="q2", question="?")
    )
    assert opened.mark("B/c.png").kinds == ("waiting", "running")


@pytest.mark.long
async def test_escape_leaves_the_filter_wherever_one_is(tmp_path: Path) -> None:
    save_run(tmp_path, questions=tuple(replace(one, score="none") for one in QUESTIONS))
    async with opened(tmp_path, auto_advance=False) as (pilot, main):
        review = main.workspace.review
        await pilot.press("1", "slash", *"q:organs category:heart", "enter", "tab")
        await wait_for(pilot, lambda: {slot.image.category for slot in review.shown.slots} == {"Heart"})
        assert review.key and review.key[1] == "q2"
        await wait_for(pilot, lambda: "filter: q:organs category:heart" in screen_text(pilot.app))
        await pilot.press("full_stop")
        assert review.key[1] == "q2"
        await wait_for(pilot, lambda: "esc leaves it" in screen_text(pilot.app))
        await pilot.press("escape")
        await wait_for(pilot, lambda: len(review.shown.slots) == 24)
        assert "filter:" not in screen_text(pilot.app)
        await pilot.press("slash", *"correct")
        await wait_for(pilot, lambda: len(review.shown.slots) == 1)
        judging.step(main.workspace, 1)
        assert review.key == ("Abdomen/Abdomen_001.png", "q1")
