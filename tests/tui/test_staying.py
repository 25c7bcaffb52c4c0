"""An answer that has ended stays on the screen until it is judged or left; then the next one comes up."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from fada_tui.store.queue_file import read_queue
from fada_tui.tui.main_screen import MainScreen
from tests.endpoint_server import serving
from tests.tui.dashboard import judge, main_of, make_app, save_run, screen_text, wait_for
from tests.tui.test_endpoint_dashboard import NAMES, Stage
from tests.tui.test_runs_from_keys import begin

pytestmark = pytest.mark.worker


def looked_at(main: MainScreen) -> str:
    return main.workspace.review.slot.image.image if main.workspace.review.slot else ""


async def shows(pilot: Pilot[object], main: MainScreen, name: str) -> None:
    await wait_for(pilot, lambda: looked_at(main) == name)


async def test_each_answer_stays_until_its_verdict_and_the_next_one_comes_by_itself(tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        app = make_app(
            tmp_path, model=(server.source,), category=("Abdomen",), concurrency=1, question=("Plane?",)
        )
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            one, two, three, four = NAMES
            await wait_for(pilot, lambda: len(server.asked) == 1)
            await shows(pilot, main, one)
            for name in (one, two):  # the worker goes on, the screen does not
                stage.say(name, 3)
            await wait_for(
                pilot, lambda: main.workspace.review.run and main.workspace.review.run.counts()[1] == 2
            )
            await wait_for(pilot, lambda: len(server.asked) == 3)
            await wait_for(pilot, lambda: "2 to judge" in screen_text(app))
            assert looked_at(main) == one

            await judge(pilot, main, "1", 1)
            assert looked_at(main) == two, "the next answer to judge"
            await judge(pilot, main, "2", 2)
            await shows(pilot, main, three)  # the one being made, as there is no other
            stage.say(three, 3)
            await wait_for(pilot, lambda: len(server.asked) == 4)
            assert looked_at(main) == three
            await judge(pilot, main, "3", 3)
            await shows(pilot, main, four)
            stage.say(four, 3)
            await wait_for(pilot, lambda: "4 answers:" in screen_text(app))
            await judge(pilot, main, "1", 4)
            assert "all judged" in screen_text(app)
    verdicts = {
        result.image: run.assessment(*result.key).verdict
        for run in [main.workspace.review.run]
        if run
        for result in run.results
    }
    assert verdicts == {one: "correct", two: "partial", three: "incorrect", four: "correct"}


async def test_the_next_run_of_the_queue_waits_until_the_answers_before_are_judged(tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        both = (server.source, f"{server.source}-2")
        server.models = (*server.models, f"{server.models[0]}-2")
        app = make_app(tmp_path, model=both, category=("Abdomen",), limit=1, question=("Plane?",))
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: len(server.asked) == 1)
            first = await wait_for(pilot, lambda: main.workspace.review.run)
            stage.say(NAMES[0], 3)
            await wait_for(pilot, lambda: len(server.asked) == 2)
            assert main.workspace.review.run is first and main.workspace.review.to_judge
            await judge(pilot, main, "1", 1)
            await wait_for(pilot, lambda: main.workspace.review.run is not first)
            assert looked_at(main) == NAMES[0]


async def test_a_run_that_ended_meanwhile_comes_up_when_the_answers_before_are_judged(tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        both = tuple(f"{server.source}{end}" for end in ("", "-2", "-3"))
        server.models = tuple(f"{server.models[0]}{end}" for end in ("", "-2", "-3"))
        app = make_app(tmp_path, model=both, category=("Abdomen",), limit=1, question=("Plane?",))
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            stage.say(NAMES[0], 3)
            await wait_for(pilot, lambda: len(server.asked) == 3)
            await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
            for source in both:
                assert main.workspace.review.run and main.workspace.review.run.run.model.source == source
                assert main.workspace.review.to_judge
                await judge(pilot, main, "1", 1)
            await wait_for(pilot, lambda: "all judged" in screen_text(app))


async def test_stopping_names_the_runs_that_wait_and_asks(tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        second = f"{server.models[0]}-2"
        server.models = (*server.models, second)
        both = (server.source, f"{server.source}-2")
        app = make_app(tmp_path, model=both, category=("Abdomen",), question=("Plane?",))
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            queue = main.workspace.run_control.queue
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: len(server.asked) == 4)
            for key, told in (("n", "nothing was stopped"), ("y", "1 run waits: Q starts it")):
                await pilot.press("x")
                await wait_for(pilot, lambda: "1 run waits behind it." in screen_text(app))
                assert len(queue.waiting) == 1 and second in screen_text(app)
                await pilot.press(key)
                await wait_for(pilot, lambda told=told: told in " ".join(screen_text(app).split()))
            assert queue.kept == 1 and queue.busy
            await pilot.press("x")  # What becomes of it is decided, so the run stops at once.
            await wait_for(pilot, lambda: not queue.busy)
            await pilot.press("q")
            await wait_for(pilot, lambda: "1 run waits in the queue. Leave?" in screen_text(app))
            await pilot.press("s")  # "Leave, and let it wait"
            await wait_for(pilot, lambda: app._exit)
    (waiting,) = read_queue(tmp_path / "results")
    assert waiting.kept
    assert len(list((tmp_path / "results").glob("*/run.json"))) == 2


async def test_an_image_that_is_broken_is_passed_by(tmp_path: Path) -> None:
    from tests.conftest import write_image

    (tmp_path / "images" / "A").mkdir(parents=True)
    (tmp_path / "images" / "A" / "a_1.png").write_text("no image")
    for number in (2, 3):
        write_image(tmp_path / "images" / "A" / f"a_{number}.png", number)
    app = make_app(tmp_path, images=str(tmp_path / "images"), max_new_tokens=5)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
        await begin(pilot, main)
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.run.counts()[1] == 2
        )
        await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
        if main.workspace.review.to_judge:
            assert looked_at(main) in ("a_2.png", "a_3.png")
        await pilot.press("]")
        assert main.workspace.review.to_judge


@pytest.mark.parametrize("text", ["waiting", "-answered"])
async def test_a_filter_takes_no_answer_away_at_the_moment_it_ends(text: str, tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        app = make_app(
            tmp_path, model=(server.source,), category=("Abdomen",), concurrency=1, question=("Plane?",)
        )
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: len(server.asked) == 1 and looked_at(main) == NAMES[0])
            await pilot.press("slash", *text, "enter")
            await wait_for(pilot, lambda: main.workspace.review.filter.words)
            stage.say(NAMES[0], 3)
            await wait_for(pilot, lambda: len(server.asked) == 2)
            stage.say(NAMES[1], 3)
            await wait_for(
                pilot,
                lambda: (
                    len(main.workspace.review.shown.slots) == len(main.workspace.review.image_rows.slots) - 1
                ),
            )
            assert looked_at(main) == NAMES[0] and main.workspace.review.to_judge
            await pilot.press("x", "x")
            await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)


async def test_opening_a_run_awaits_nothing(tmp_path: Path) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        assert not main.workspace.review.awaiting and not main.workspace.review.following
