"""What the screens look like, at three sizes and in two themes, beside pictures that were looked at and kept.

`FADA_SNAPSHOTS=write pytest tests/tui/test_snapshots.py` writes them anew: look at each before you commit it.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from fada_tui.core.records import Assessment, AutoScore, Question, ResultMemory
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.store.journal import JOURNAL_NAME, AssessmentLine, append
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.state.run_control import RunControl
from fada_tui.tui.state.views import GpuView
from fada_tui.tui.terminal.graphics.loader import Loaded
from fada_tui.tui.widgets.canvas import Canvas
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

KEPT = Path(__file__).parent / "snapshots"
GB = 10**9

TRIES = 12
"""How often a screen that looks otherwise is looked at again, half a second later."""


@pytest.fixture(autouse=True)
def gauges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gauges of another machine, and always the same ones: those of this machine move."""
    gpu = GpuReading(
        index=0,
        name="NVIDIA H200",
        memory_used=38 * GB,
        memory_total=150 * GB,
        process_memory=12 * GB,
        utilisation=87,
        temperature=51,
        problems={"power": "not supported"},
    )
    view = GpuView(
        sample=Sample(time="t", gpus=(gpu,), worker_rss=GB, memory_used=12 * GB, memory_total=128 * GB),
        gpus={0: tuple(int((20 + 18 * ((n % 40) / 40)) * GB) for n in range(120))},
        image_peak=ResultMemory(nvml_process=13 * GB),
        run_peak=ResultMemory(nvml_process=14 * GB),
    )
    monkeypatch.setattr(RunControl, "gauges", lambda *_: view)


def picture(app: App[Any]) -> str:
    """The screen as SVG, without the ids that differ from one picture to the next."""
    return re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="fada-tui"))


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the screen stays as it is."""
    before = ""
    while (seen := picture(pilot.app)) != before:
        before = seen
        await pilot.pause(0.5)


def has_picture(canvas: Canvas, name: str) -> bool:
    """Whether the picture of this image has come."""
    answer = canvas._answer
    return isinstance(answer, Loaded) and answer.request.path.name == name


def has_its_picture(main: MainScreen) -> bool:
    """Whether the picture of the image that is looked at has come."""
    image = main.workspace.review.image
    return image is not None and has_picture(main.query_one(Canvas), image.name)


async def compare(pilot: Pilot[Any], name: str, tmp_path: Path) -> None:
    """See that the screen looks as it was kept, also where that takes long."""
    kept, write = KEPT / f"{name}.svg", os.environ.get("FADA_SNAPSHOTS") == "write"
    for _ in range(TRIES):
        await settle(pilot)
        seen = picture(pilot.app)
        if write or not kept.exists() or kept.read_text(encoding="utf-8") == seen:
            break
    if write:
        KEPT.mkdir(exist_ok=True)
        kept.write_text(seen, encoding="utf-8")
    elif not kept.exists() or kept.read_text(encoding="utf-8") != seen:
        other = tmp_path / f"{name}.svg"
        other.write_text(seen, encoding="utf-8")
        pytest.fail(f"the screen looks otherwise than {kept}: see {other}")


def fill(folder: Path) -> None:
    """Two runs over the samples, one of them judged in part."""
    questions = (Question(id="q1", text="What anatomical structures can you see in this ultrasound image?"),)
    save_run(folder, "20260101-090000_tiny", "tiny", questions=questions)
    auto = AutoScore(
        rubric="fada",
        context=True,
        context_terms=("fetal",),
        maternal_terms=(),
        category_terms=("stomach",),
        other_categories=(),
        score=0.5,
    )
    place = save_run(folder, "20260102-090000_huge", "huge", questions=questions, auto=auto)
    said = [
        ("001", "correct", True, (), None),
        ("002", "incorrect", False, ("hallucination",), "no stomach here"),
    ]
    for number, verdict, context, tags, note in said:
        assessment = Assessment(
            assessor="ada",
            verdict=verdict,  # type: ignore[arg-type]
            context=context,
            tags=tags,
            note=note,
            at="2026-01-02T10:00:00.000Z",
        )
        path = f"Abdomen/Abdomen_{number}.png"
        append(place / JOURNAL_NAME, AssessmentLine(path=path, question_id="q1", assessment=assessment))


@pytest.mark.long
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_main_screen(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    fill(tmp_path)
    app = make_app(tmp_path, theme=theme)
    async with app.run_test(size=size) as pilot:
        main = main_of(app)
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.progress().judged == 2
        )
        await pilot.press("v")
        await wait_for(pilot, lambda: "fada-demo" in screen_text(app) or "Models · GPU" in screen_text(app))
        await pilot.press("left_square_bracket", "k")
        main.draw_gauges()
        await wait_for(pilot, lambda: has_its_picture(main))
        await wait_for(pilot, lambda: "384 × 288" in screen_text(app))
        await wait_for(pilot, lambda: size[0] < 100 or "H200" in screen_text(app))
        await compare(pilot, f"main_{size[0]}x{size[1]}_{theme}", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    "size", [(60, 15), (80, 24), (120, 36), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_desk(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    fill(tmp_path)
    app = make_app(tmp_path, theme=theme)
    async with app.run_test(size=size) as pilot:
        main = main_of(app)
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.progress().judged == 2
        )
        await pilot.press("left_square_bracket")
        main.draw_gauges()
        await wait_for(pilot, lambda: "huge sees the Heart" in screen_text(app))
        canvas = main.query_one(Canvas)
        await wait_for(pilot, lambda: has_picture(canvas, "Heart_004.png"))
        await compare(pilot, f"desk_{size[0]}x{size[1]}_{theme}", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "name", "there"),
    [
        ("m", "models_on_image", "384 × 288 · Abd"),
        ("question_mark", "help", "Everywhere"),
        ("t", "tags", "hallucination"),
        ("C", "comparison", "2 runs · by quality"),
        ("R", "runs", "Runs · 2 runs"),
    ],
)
async def test_other_screens(
    tmp_path: Path, key: str, name: str, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    app = make_app(tmp_path)
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(
            pilot, lambda: main.workspace.review.run and main.workspace.review.progress().judged == 2
        )
        main.draw_gauges()
        await wait_for(pilot, lambda: "384 × 288" in screen_text(app))
        await pilot.press(key)
        await wait_for(pilot, lambda: app.screen is not main and there in screen_text(app))
        await compare(pilot, name, tmp_path)
