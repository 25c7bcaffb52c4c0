"""Frames of files that hold several, in the list, in the picture, judged and found again."""

from pathlib import Path

import numpy as np
import pytest

from fada_tui.core.records import decode_run
from fada_tui.images.formats import BURNED_IN
from fada_tui.tui.actions.judging import GUARD_SECONDS
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.notice import Notice
from tests.conftest import write_image
from tests.media import COLOURS, plain, save_dicom, save_frames
from tests.tui.dashboard import assessments_of, main_of, make_app, screen_text, wait_for

pytestmark = pytest.mark.worker


def loops(root: Path) -> Path:
    save_frames(root / "A" / "moves.gif", plain(COLOURS, (40, 40)))
    write_image(root / "A" / "still.png", 1)
    values = np.stack([np.full((40, 40), grey, np.uint8) for grey in (10, 80, 160, 240)])
    save_dicom(root / "B" / "loop.dcm", values, frames=True)
    return root


def listed(app: object) -> list[str]:
    return [slot.image.path for slot in main_of(app).workspace.review.shown.slots]  # type: ignore[arg-type]


def drawn(app: object) -> set[tuple[int, int, int]]:
    """The colours of the picture."""
    canvas = main_of(app).query_one(Canvas)  # type: ignore[arg-type]
    found = set()
    for y in range(canvas.size.height):
        for segment in canvas.render_line(y):
            for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                if colour is not None and "▀▄█".find(segment.text[:1]) >= 0 and colour.triplet:
                    found.add(tuple(colour.triplet))
    return found


async def test_frames_are_listed_drawn_asked_about_and_judged(tmp_path: Path) -> None:
    root = loops(tmp_path / "loops")
    app = make_app(tmp_path, images=str(root), frames=2, max_new_tokens=3)
    async with app.run_test(size=(140, 40)) as pilot:
        await wait_for(pilot, lambda: "moves.gif#2" in screen_text(app))
        assert listed(app) == [
            "A/moves.gif#2", "A/moves.gif#6", "A/still.png", "B/loop.dcm#2", "B/loop.dcm#4",
        ]  # fmt: skip
        await wait_for(pilot, lambda: COLOURS[1] in drawn(app))
        await pilot.press("j")
        await wait_for(pilot, lambda: COLOURS[5] in drawn(app))
        await pilot.press("z")
        await wait_for(pilot, lambda: "moves.gif#6  │" in screen_text(app) and "40 × 40" in screen_text(app))
        await pilot.press("escape")
        await pilot.press("r")
        await wait_for(pilot, lambda: "5 images × 1 question" in screen_text(app))
        assert "burned into the pixels" in screen_text(app)
        await pilot.press("r")
        main = main_of(app)
        await wait_for(
            pilot, lambda: any(BURNED_IN[:40] in one.text for one in main.query_one(Notice)._passing)
        )
        await wait_for(
            pilot,
            lambda: (
                main.workspace.review.run
                and not main.workspace.review.run.running
                and main.workspace.review.run.run.finished
            ),
        )
        assert main.workspace.review.run is not None
        place = main.workspace.review.run.folder
        assert [result.path for result in decode_run((place / "run.json").read_bytes()).results] == listed(
            app
        )
        await wait_for(pilot, lambda: "Question 1 of 1" in screen_text(app))
        await pilot.press(*["right"] * 4)
        await wait_for(
            pilot,
            lambda: main.workspace.review.slot and main.workspace.review.slot.image.path == "B/loop.dcm#4",
        )
        await wait_for(pilot, lambda: (240, 240, 240) in drawn(app))
        await wait_for(pilot, lambda: main._visibility.seconds > GUARD_SECONDS)
        await pilot.press("1")
        await wait_for(pilot, lambda: assessments_of(place))
        judged = assessments_of(place)
        assert list(judged) == ["B/loop.dcm#4"]
        assert judged["B/loop.dcm#4"][-1].verdict == "correct"


async def test_a_run_s_frames_are_in_reach_though_the_list_has_others(tmp_path: Path) -> None:
    root = loops(tmp_path / "loops")
    first = make_app(tmp_path, images=str(root), frames=2, max_new_tokens=3)
    async with first.run_test(size=(140, 40)) as pilot:
        await wait_for(pilot, lambda: "moves.gif#2" in screen_text(first))
        await pilot.press("r")
        await wait_for(pilot, lambda: "5 images × 1 question" in screen_text(first))
        await pilot.press("r")
        main = main_of(first)
        await wait_for(
            pilot,
            lambda: (
                main.workspace.review.run
                and not main.workspace.review.run.running
                and main.workspace.review.run.run.finished
            ),
        )
    plainly = make_app(tmp_path, images=str(root))
    async with plainly.run_test(size=(140, 40)) as pilot:
        await wait_for(pilot, lambda: main_of(plainly).workspace.review.run)
        assert listed(plainly) == [
            "A/moves.gif", "A/moves.gif#2", "A/moves.gif#6", "A/still.png",
            "B/loop.dcm", "B/loop.dcm#2", "B/loop.dcm#4",
        ]  # fmt: skip
        await wait_for(pilot, lambda: COLOURS[1] in drawn(plainly))
