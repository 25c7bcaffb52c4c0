"""Questions with one answer for every image, named in the dashboard's top line while answers come."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import (
    ClassSet,
    ImageClass,
    Looking,
    Plan,
    PlannedImage,
    Question,
    Ranked,
    Result,
    Run,
)
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.state.open_runs import OpenRun
from tests.examples import ENTRY, error_result, result, run
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

ONE = "1 of 2 questions: one answer for every image"
ASKED = (Question(id="q1", text="Fit?"), Question(id="q2", text="What is it?"))


def answers(images: int, first: int = 0) -> list[Result]:
    return [
        result(f"A/{number:02}.png", question.id, response="Yes." if question.id == "q1" else f"{number}")
        for number in range(first, first + images)
        for question in ASKED
    ]


def opened(some: Run, *, running: bool = False) -> OpenRun:
    one = OpenRun(Path("/nowhere"), some, None)
    one.running = running
    return one


def test_it_is_named_from_the_tenth_image_on() -> None:
    one = opened(run(questions=ASKED), running=True)
    for new in answers(9):
        one.put(new)
        assert one.one_answer == ""
    for new in answers(1, 9):
        one.put(new)
    assert one.one_answer == ONE
    one.put(result("B/other.png", "q1", response="No."))
    assert one.one_answer == ""
    for new in answers(60, 10):
        one.put(new)
    assert one.one_answer == "1 of 2 questions: one answer for nearly every image"


def test_an_answer_counts_once_and_an_error_not_at_all() -> None:
    some = answers(9)
    one = opened(run(questions=ASKED, results=tuple(some)), running=True)
    assert one.one_answer == ""
    for again in (*some, error_result("A/09.png")):
        one.put(again)
    assert one.one_answer == ""
    one.put(result("A/09.png", response="yes"))
    assert one.one_answer == ONE, "the error was answered"


@pytest.mark.parametrize(("others", "said"), [("Yes", ""), ("no", ONE)])
def test_references_of_the_plan_that_are_as_uniform_take_it_away(others: str, said: str) -> None:
    images = tuple(
        PlannedImage(
            image=f"{number:02}.png",
            category="A",
            path=f"A/{number:02}.png",
            references={"q1": others if number else "yes"},
        )
        for number in range(12)
    )
    plan = Plan(model=ENTRY, device="cpu", images=images)
    made = run(questions=ASKED, plan=plan, results=tuple(answers(12)))
    assert opened(made, running=True).one_answer == said


def test_one_class_for_images_of_one_folder_is_as_it_should_be() -> None:
    classes = ClassSet(
        name="c", sha256="0", classes=tuple(ImageClass(name=name, prompts=("x",)) for name in ("A", "B"))
    )
    some = [result(f"A/{number}.png", response="A") for number in range(10)]
    assert opened(run(classes=classes, results=tuple(some)), running=True).one_answer == ""
    more = [*some, *(result(f"B/{number}.png", response="A") for number in range(10))]
    ranked = [
        replace(one, response=f"Most likely A ({n}%).", ranking=(Ranked(label="A", probability=n / 100),))
        for n, one in enumerate(more)
    ]
    for some in (more, ranked):
        said = opened(run(classes=classes, results=tuple(some)), running=True).one_answer
        assert said == "1 of 1 question: one answer for every image"


def test_classes_that_are_known_once_the_model_is_loaded_count_from_then_on() -> None:
    classes = ClassSet(name="c", sha256="0", classes=(ImageClass(name="A", prompts=("x",)),))
    one = opened(run(), running=True)
    assert one.one_answer == ""
    one.ask(one.questions[:1], classes)
    for number in range(12):
        ranking = (Ranked(label="A", probability=number / 100),)
        one.put(result(f"A/{number}.png", response=f"Most likely A ({number}%).", ranking=ranking))
    assert one.one_answer == "", "so are the right answers"


def test_of_a_finished_run_its_record_says_it() -> None:
    recorded = (
        Looking(question_id="q1", finding="one_answer", count=50, images=50),
        Looking(question_id="q2", finding="evidence", count=1, images=50),
    )
    finished = run(questions=ASKED, looking=recorded, status="complete", plan=UNSET)
    assert opened(finished).one_answer == ONE
    assert opened(finished, running=True).one_answer == "", "while it goes on, its answers are counted"


async def test_the_top_line_names_it_and_blind_mode_does_not(tmp_path: Path) -> None:
    place = save_run(tmp_path, questions=ASKED)
    made = read_run(place)
    alike = (replace(one, response="Yes.") if one.question_id == "q1" else one for one in made.results)
    write_run(place, replace(made, results=tuple(alike)))
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        await wait_for(pilot, lambda: ONE in screen_text(app).splitlines()[0])
        await pilot.press("b")
        await wait_for(pilot, lambda: main_of(app).workspace.review.open_runs.blind)
        await wait_for(pilot, lambda: "BLIND" in screen_text(app).splitlines()[0])
        assert "one answer" not in screen_text(app)


async def test_it_appears_while_answers_come(tmp_path: Path) -> None:
    save_run(tmp_path, questions=ASKED)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        held: Any = await wait_for(pilot, lambda: main.workspace.review.run)
        assert "one answer" not in screen_text(app).splitlines()[0]
        held.running = True
        for number in range(1300):
            held.put(result(f"Z/{number}.png", "q1", response="tiny"))
        main.draw()
        await wait_for(pilot, lambda: "1 of 2 questions: one answer" in screen_text(app).splitlines()[0])
        held.running = False
