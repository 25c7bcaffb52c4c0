"""The whole dashboard under Pilot: real folders, a real run queue and worker, no terminal."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App
from textual.pilot import Pilot

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import samples_dir
from fada_tui.core.records import Assessment, Dataset, ModelFacts, Question, Result, Run, Timing, Tokens, Tool
from fada_tui.images.catalogue import scan
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.store.folder import read_run, write_run
from fada_tui.tui.app import FadaApp
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.widgets.notice import Notice
from tests.conftest import LONG_ENOUGH

Ready = TypeVar("Ready")

SETTLING_TURNS = 200
"""How often a test looks whether the app has done what it had to: turns, which no busy machine uses up."""


def make_app(folder: Path, resume: str | None = None, **changes: object) -> FadaApp:
    """Return the dashboard on the samples, with its results below `folder`."""
    settings = Settings(**({"results": str(folder / "results"), "assessor": "ada"} | changes))  # type: ignore[arg-type]
    return FadaApp(
        AppContext(
            settings=settings,
            registry=load_registry(folder / "models.toml", SHIPPED),
            rubric=load_rubric(settings.rubric),
            graphics=Detected("half", "asked for"),
            resume=resume,
        )
    )


def main_of(app: FadaApp) -> MainScreen:
    """Return the main screen, whatever covers it."""
    return next(screen for screen in app.screen_stack if isinstance(screen, MainScreen))


def has_read(app: FadaApp) -> bool:
    """Whether the folders have been read without a run in them, and a line above the keys says what to do.

    Whatever a key says before that is hidden by this line.
    """
    return main_of(app).query_one(Notice)._standing.text.startswith("Press r")


async def wait_for(pilot: Pilot[object], ready: Callable[[], Ready]) -> Ready:
    """Let the app go on until something holds, and what follows from it is laid out; return it."""
    deadline = time.monotonic() + LONG_ENOUGH
    while not (found := ready()):
        late = time.monotonic() >= deadline
        assert not late, f"not so within {LONG_ENOUGH} s: {ready}\n{screen_text(pilot.app)}"
        await pilot.pause(0.02)
    await settle(pilot)
    return found


async def judge(pilot: Pilot[Any], main: MainScreen, key: str, judged: int) -> None:
    """Press a verdict's key until the picture has been in sight for long enough, and the run has so many."""
    run = main.workspace.review.run
    assert run
    while run.counts()[0] < judged:
        await pilot.press(key)
        await wait_for(pilot, lambda: not _has_keys(pilot.app))  # one more would judge the next answer
        await pilot.pause(0.05)


async def settle(pilot: Pilot[Any]) -> None:
    """Let the app do what it has to do now: keys typed ahead, messages, layouts and what follows from them.

    What comes by a thread, a timer or another process may be still to come. So may all that waits for a door
    which does not open.
    """
    calm, app = 0, pilot.app
    for turn in range(SETTLING_TURNS):
        if app._exit or not await pilot._wait_for_screen():
            return  # it is closing
        app.screen._on_timer_update()
        calm = 0 if _has_something_to_do(app) else calm + 1
        if calm == 2:
            return
        await asyncio.sleep(0 if turn < 20 else 0.02)


def _has_keys(app: App[Any]) -> bool:
    return isinstance(app, FadaApp) and app._key_queue._settling is not None


def _has_something_to_do(app: App[Any]) -> bool:
    screen = app.screen
    return (
        _has_keys(app)
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or bool(screen._dirty_widgets or screen._callbacks)
        or any(node._next_callbacks or not node._message_queue.empty() for node in (app, *app._registry))
    )


def screen_text(app: App[Any]) -> str:
    """Return what stands on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in strips)


def save_run(folder: Path, name: str = "20260101-000000_tiny", model: str = "tiny", **fields: object) -> Path:
    """Write a run over the samples with an answer to each, and return its folder."""
    root = samples_dir()
    images = scan(root).images
    questions = fields.pop("questions", (Question(id="q1", text="What do you see?"),))
    auto = fields.pop("auto", None)
    results = tuple(
        Result(
            image=image.image,
            category=image.category,
            path=image.path,
            question=question.text,
            question_id=question.id,
            response=f"{model} sees the {image.category}",
            time=0.5,
            timing=Timing(first_token=0.1, generate=0.5),
            tokens=Tokens(generated=10, per_second=20.0),
            finish="stop",
            auto=auto,  # type: ignore[arg-type]
        )
        for image in images
        for question in questions  # type: ignore[attr-defined]
    )
    run = Run(
        id=name,
        status="complete",
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:10:00Z",
        tool=Tool(name="fada-tui", version="0"),
        model=ModelFacts(name=model, source=f"/nowhere/{model}"),
        dataset=Dataset(
            name="samples",
            root=encode_name(str(root)),
            categories=dict(Counter(image.category for image in images)),
            images=len(images),
        ),
        **({"questions": questions, "results": results} | fields),  # type: ignore[arg-type]
    )
    place = folder / "results" / name
    place.mkdir(parents=True)
    write_run(place, run)
    return place


def assessments_of(place: Path) -> dict[str, tuple[Assessment, ...]]:
    """Return what the files say of each image now, by its path: journal and all."""
    return {result.path: result.assessments for result in read_run(place).results if result.assessments}
