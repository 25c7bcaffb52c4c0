"""Models behind a server in the dashboard: several answers at once, answers begun again, consent."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from fada_tui.core.paths import samples_dir
from fada_tui.core.records import ResultMemory
from fada_tui.images.decode import decode
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.new_run.screen import NewRunScreen
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.widgets.notice import Notice
from tests import endpoint_server as served
from tests.endpoint_server import Asked, Behaviour, Handler, serving
from tests.tui.dashboard import has_read, main_of, make_app, screen_text, wait_for
from tests.tui.test_runs_from_keys import begin, runs_in

pytestmark = pytest.mark.worker


NAMES = [f"Abdomen_00{number}.png" for number in range(1, 5)]


class Stage:
    """Lets the answers to some images come word by word, as the test says."""

    def __init__(self) -> None:
        pixels = {name: decode(samples_dir() / "Abdomen" / name).pixels.tobytes() for name in NAMES}
        self._names = {known: name for name, known in pixels.items()}
        self._said = dict.fromkeys(NAMES, 0)
        self._changed = threading.Condition()
        self.ask: Callable[[str, Asked], Behaviour | None] = lambda name, asked: None

    def say(self, name: str, words: int = 1) -> None:
        """Let so many more words of an image's answer come."""
        with self._changed:
            self._said[name] += words
            self._changed.notify_all()

    def __call__(self, asked: Asked) -> Behaviour:
        name = self._names[asked.image.tobytes()]
        return self.ask(name, asked) or self._word_by_word(name)

    def _word_by_word(self, name: str) -> Behaviour:
        def behave(handler: Handler, asked: Asked) -> None:
            handler.begin()
            for number, word in enumerate(answer(name).split(" ")):
                with self._changed:
                    self._changed.wait_for(lambda n=number: self._said[name] > n or handler.of.over.is_set())
                handler.event(served.piece(word + " "))
            handler.event(served.piece(finish="stop"))
            handler.chunk(b"data: [DONE]\n\n")
            handler.end()

        return behave


def answer(name: str) -> str:
    """What is answered about an image: no two answers share a word."""
    return " ".join(f"{name[:-4]}-{word}" for word in ("one", "two", "three"))


def seen(main: MainScreen) -> str:
    return main.workspace.review.answer_view().text


async def looks_at(pilot: Pilot[Any], main: MainScreen, name: str, text: str) -> None:
    await wait_for(
        pilot, lambda: main.workspace.review.slot and main.workspace.review.slot.image.image == name
    )
    await wait_for(pilot, lambda: seen(main).strip() == text)


async def test_one_of_several_answers_is_followed_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fada_tui.tui.actions.run_events.FOLLOW_SECONDS", 0.0)
    stage = Stage()
    with serving(stage) as server:
        app = make_app(
            tmp_path,
            model=(server.source,),
            category=("Abdomen",),
            limit=4,
            concurrency=3,
            question=("Plane?",),
        )
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: len(server.asked) == 3)
            run = await wait_for(pilot, lambda: main.workspace.review.run)
            await wait_for(pilot, lambda: len(run.in_flight) == 3)
            await pilot.press("f")
            first, second, third = (path.partition("/")[2] for path, _ in run.in_flight)
            fourth = next(name for name in NAMES if name not in (first, second, third))

            stage.say(second, 2)
            stage.say(first)
            await looks_at(pilot, main, first, f"{first[:-4]}-one")
            await wait_for(pilot, lambda: f"{first[:-4]}-one" in screen_text(app))
            assert f"{second[:-4]}-one" not in screen_text(app)

            stage.say(third, 3)  # ends while the first goes on, and the fourth begins
            await wait_for(pilot, lambda: run.counts()[1] == 1 and len(server.asked) == 4)
            await looks_at(pilot, main, first, f"{first[:-4]}-one")
            assert main.workspace.run_control.run_progress.view(0, hidden=False).at == first

            stage.say(first, 2)
            await looks_at(pilot, main, second, f"{second[:-4]}-one {second[:-4]}-two")
            await wait_for(pilot, lambda: f"{second[:-4]}-two" in screen_text(app))

            for name in (second, fourth):
                stage.say(name, 3)
            await wait_for(pilot, lambda: "4 answers:" in screen_text(app))
            assert not run.in_flight
    (made,) = runs_in(tmp_path)
    assert {result["image"]: result["response"] for result in made["results"]} == {
        name: answer(name) for name in NAMES
    }


async def test_while_it_runs_the_server_s_facts_stand_in_the_pane(tmp_path: Path) -> None:
    stage = Stage()
    with serving(stage) as server:
        server.listing = lambda handler: served.reply(
            handler, 200, {"data": [{"id": served.MODEL, "owned_by": "vllm", "max_model_len": 4096}],
                           "version": "0.32.0"})  # fmt: skip
        app = make_app(tmp_path, model=(server.source,), category=("Abdomen",), limit=1, question=("Plane?",))
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            assert "serves" not in screen_text(app)
            await begin(pilot, main)
            await wait_for(pilot, lambda: "Question 1" in screen_text(app))
            await pilot.press("v")
            await wait_for(pilot, lambda: "context  4,096 tokens" in screen_text(app))
            assert f"serves   {served.MODEL}" in screen_text(app) and "vLLM 0.32.0" in screen_text(app)
            await wait_for(pilot, lambda: server.asked)
            control = main.workspace.run_control
            await wait_for(pilot, lambda: (sample := control.telemetry.latest) and sample.worker_rss)
            gauges = control.gauges()
            assert gauges.run_peak == gauges.image_peak == ResultMemory(), "who asks a server is no model"
            stage.say(await asked_about(pilot, main), 3)
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
            await wait_for(pilot, lambda: "serves" not in screen_text(app))
            assert main.workspace.run_control.gauges().run_peak == ResultMemory()
    (made,) = runs_in(tmp_path)
    assert made["model"]["server"] == {"name": "vLLM", "version": "0.32.0", "context": 4096}
    (page,) = tmp_path.rglob("summary.md")
    assert "- **Server**: vLLM 0.32.0, a context of 4,096 tokens" in page.read_text()


async def asked_about(pilot: Pilot[Any], main: MainScreen) -> str:
    """The image that is asked about, once the dashboard was told of it, too."""
    in_flight = await wait_for(pilot, lambda: (run := main.workspace.review.run) and run.in_flight)
    return next(path.partition("/")[2] for path, _ in in_flight)


async def test_an_answer_begun_again_starts_from_nothing(tmp_path: Path) -> None:
    """The text that was cut off does not stand there as if it were the answer, nor before the real one."""
    stage, seen_lost = Stage(), threading.Event()

    def lose(handler: Handler, asked: Asked) -> None:
        handler.begin()
        for word in ("Lost ", "words "):
            handler.event(served.piece(word))
        while not (seen_lost.wait(0.05) or handler.of.over.is_set()):
            pass
        handler.sever()

    stage.ask = lambda name, asked: lose if asked.times == 1 else None
    with serving(stage) as server:
        app = make_app(tmp_path, model=(server.source,), category=("Abdomen",), limit=1, question=("Plane?",))
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: main.workspace.review.run and "Lost" in seen(main))
            seen_lost.set()
            await wait_for(pilot, lambda: "trying again in" in screen_text(app))
            assert "Lost" not in seen(main)
            await wait_for(pilot, lambda: len(server.asked) == 2)
            stage.say(NAMES[0], 2)
            await wait_for(pilot, lambda: "-two" in seen(main))
            assert seen(main).strip() == " ".join(answer(NAMES[0]).split(" ")[:2])
            stage.say(NAMES[0])
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
            assert answer(NAMES[0]) in " ".join(seen(main).split())


async def test_a_server_that_is_down_is_told_until_it_is_back(tmp_path: Path) -> None:
    stage = Stage()
    away = threading.Event()
    stage.ask = lambda name, asked: served.status(503) if away.is_set() else served.stream([answer(name)])
    away.set()
    with serving(stage) as server:
        settings = {"model": (server.source,), "category": ("Abdomen",), "limit": 4, "question": ("Plane?",)}
        app = make_app(tmp_path, concurrency=3, server_patience=200.0, **settings)
        async with app.run_test(size=(160, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            told = "all requests wait, and the server is asked again for 200 s"
            await wait_for(pilot, lambda: told in " ".join(screen_text(app).split()))
            await wait_for(pilot, lambda: "server down, asked for 1" in screen_text(app))
            assert " left" not in screen_text(app)
            away.clear()
            await wait_for(pilot, lambda: "4 answers:" in screen_text(app))
            assert "all requests wait" not in screen_text(app) and "server down" not in screen_text(app)
    (made,) = runs_in(tmp_path)
    assert not any(result["error"] for result in made["results"])


async def test_a_server_that_stays_down_leaves_a_run_to_be_resumed(tmp_path: Path) -> None:
    with serving(lambda asked: served.status(503)) as server:
        settings = {"model": (server.source,), "category": ("Abdomen",), "limit": 4, "question": ("Plane?",)}
        app = make_app(tmp_path, server_patience=0.5, **settings)
        async with app.run_test(size=(160, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            shown = lambda: " ".join(screen_text(app).split())  # noqa: E731
            await wait_for(pilot, lambda: "asked again for 0.5 s, in vain: 127.0.0.1:" in shown())
            assert "(w resumes it)" in shown()
            assert "all requests wait" not in shown()
    (made,) = runs_in(tmp_path)
    assert made["status"] == "interrupted" and not made["results"]


async def test_what_ended_a_run_stays_in_sight_while_the_next_one_goes_on(tmp_path: Path) -> None:
    stage = Stage()
    nowhere = f"http://127.0.0.1:{served.unused_port()}/v1#{served.MODEL}"
    with serving(stage) as server:
        settings = {"category": ("Abdomen",), "limit": 1, "question": ("Plane?",)}
        app = make_app(tmp_path, model=(nowhere, server.source), **settings)
        async with app.run_test(size=(160, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            await wait_for(pilot, lambda: (run := main.workspace.review.run) and run.in_flight)
            assert "cannot be reached" in screen_text(app) and "w tries again" not in screen_text(app)
            stage.say(await asked_about(pilot, main), 3)
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
            assert "cannot be reached" not in screen_text(app)


async def test_a_run_that_is_stopping_says_so_until_it_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Notice, "SECONDS", 0.1)
    stage = Stage()
    with serving(stage) as server:
        settings = {"model": (server.source,), "category": ("Abdomen",), "question": ("Plane?",)}
        app = make_app(tmp_path, concurrency=1, **settings)
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main)
            stage.say(NAMES[0], 3)
            stage.say(NAMES[1])
            run = await wait_for(pilot, lambda: main.workspace.review.run)
            await wait_for(pilot, lambda: run.counts()[1] == 1 and run.streaming and run.streaming.text)
            await wait_for(pilot, lambda: " left" in screen_text(app))

            await pilot.press("x")
            await wait_for(pilot, lambda: "stopping after what is in flight" in screen_text(app))
            await pilot.pause(0.5)
            assert "stopping after what is in flight" in screen_text(app) and " left" not in screen_text(app)

            stage.say(NAMES[1], 2)
            await wait_for(pilot, lambda: not main.workspace.run_control.queue.busy)
            await wait_for(pilot, lambda: "w resumes it" in " ".join(screen_text(app).split()))
            assert "stopping after" not in screen_text(app) and run.counts()[1] == 2
            await pilot.press("v", "shift+tab", "g", *"jjjj")
            await wait_for(pilot, lambda: "not answered in this run: w resumes it" in screen_text(app))
            await pilot.press("j", "j")
            await wait_for(pilot, lambda: "not asked in this run" in screen_text(app))


async def start_asked(pilot: Pilot[Any], place: str) -> None:
    """Begin a run, up to the question whether the images may be sent."""
    app = pilot.app
    await pilot.press("r")
    await wait_for(pilot, lambda: isinstance(app.screen, NewRunScreen) and "answer" in screen_text(app))
    await pilot.press("r")
    await wait_for(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    assert f"Send the images to {place}?" in screen_text(app)
    detail = str(app.screen.query_one(".detail", Static).content)
    assert "patients' names" in detail and f'allow_host = ["{place}"]' in detail


async def test_images_leave_only_after_yes_and_it_is_asked_once(tmp_path: Path) -> None:
    """0.0.0.0 is no address of this machine's own, though the system connects it to this machine."""
    with serving() as server:
        source = server.source.replace("127.0.0.1", "0.0.0.0")
        app = make_app(tmp_path, model=(source,), category=("Abdomen",), limit=1)
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: has_read(app))
            await start_asked(pilot, "0.0.0.0")
            await pilot.press("enter")  # stands on no
            await wait_for(pilot, lambda: "nothing was sent to 0.0.0.0" in screen_text(app))
            assert server.connections == 0 and not runs_in(tmp_path)

            await start_asked(pilot, "0.0.0.0")
            await pilot.press("y")
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
            asked = len(server.asked)
            assert asked == 1
            await begin(pilot, main)
            await wait_for(
                pilot, lambda: len(runs_in(tmp_path)) == 2 and not main.workspace.run_control.queue.busy
            )
            assert len(server.asked) == 2


async def test_taking_a_run_up_again_asks_too(tmp_path: Path) -> None:
    with serving(lambda asked: served.status(400)) as server:
        source = server.source.replace("127.0.0.1", "0.0.0.0")
        settings = {"model": (source,), "category": ("Abdomen",), "limit": 1}
        app = make_app(tmp_path, allow_host=("0.0.0.0",), **settings)
        async with app.run_test(size=(140, 40)) as pilot:
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await begin(pilot, main_of(app))
            await wait_for(pilot, lambda: "0 answers:" in screen_text(app))
        server.behave = lambda asked: served.stream()
        (run,) = runs_in(tmp_path)
        app = make_app(tmp_path, **settings)
        async with app.run_test(size=(140, 40)) as pilot:
            main = main_of(app)
            await wait_for(pilot, lambda: main.workspace.review.disk_index.runs)
            main.resume(run["id"])
            await wait_for(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert len(server.asked) == 1
            await pilot.press("y")
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
    (run,) = runs_in(tmp_path)
    assert run["status"] == "complete" and run["results"][0]["error"] is None


async def test_the_list_and_the_setup_call_it_a_server(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(
        '[[model]]\nname = "our-qwen"\nsource = "http://localhost:9/v1#q"\norder = 0\n'
    )
    app = make_app(tmp_path, model=("our-qwen",))
    async with app.run_test(size=(140, 40)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.disk_index.rows)
        rows = lambda: [line for line in screen_text(app).splitlines() if "our-qwen" in line]  # noqa: E731
        await wait_for(pilot, rows)
        assert " server " in rows()[0]
        await pilot.press("r")
        await wait_for(pilot, lambda: "it runs on a server" in screen_text(app))


async def test_what_a_server_serves_is_asked_of_it_by_a_worker_and_run(tmp_path: Path) -> None:
    with serving() as server:
        server.models = ("one", "two")
        app = make_app(tmp_path, category=("Abdomen",), limit=1)
        async with app.run_test(size=(120, 36)) as pilot:
            await wait_for(pilot, lambda: "Press r to ask" in screen_text(app))
            await pilot.press("r")
            await wait_for(
                pilot, lambda: isinstance(app.screen, NewRunScreen) and "answer" in screen_text(app)
            )
            app.screen.query_one("#server", Input).value = f"http://127.0.0.1:{server.port}"
            app.screen.query_one("#server", Input).focus()
            await pilot.press("enter")
            await wait_for(pilot, lambda: f"two@127.0.0.1:{server.port}" in screen_text(app))
            assert server.asked == []
            await pilot.press("j", "space", "g", "space", "r")
            await wait_for(pilot, lambda: "1 answer:" in screen_text(app))
    (run,) = runs_in(tmp_path)
    assert (run["model"]["source"], run["model"]["served"]) == (f"{server.url}#two", "two")
    assert [asked.body["model"] for asked in server.asked] == ["two"]
