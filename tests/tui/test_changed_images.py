"""An image that was changed after its answer: no picture, no verdict until the user says so, and a record."""

import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.pilot import Pilot

from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import samples_dir
from fada_tui.images.decode import decode
from fada_tui.store.folder import read_run
from fada_tui.tui.main_screen import MainScreen
from fada_tui.tui.screens.confirm import ConfirmScreen
from fada_tui.tui.screens.models_on_image import ModelsOnImage
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.terminal.graphics.loader import Loaded
from fada_tui.tui.widgets.canvas import Canvas
from tests.tui.dashboard import assessments_of, main_of, make_app, save_run, screen_text, wait_for

FIRST, SECOND = "Abdomen/Abdomen_001.png", "Abdomen/Abdomen_002.png"
CHANGED = "was changed since it was asked about"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A copy of the samples, to be changed."""
    return Path(shutil.copytree(samples_dir(), tmp_path / "images"))


def a_run(folder: Path, images: Path, name: str = "20260101-000000_tiny", *, by_bytes: bool = True) -> Path:
    """A run over these images as they are, in the second schema or the first."""
    place = save_run(folder, name, name.partition("_")[2])
    run = json.loads((place / "run.json").read_text())
    run["dataset"]["root"] = encode_name(str(images))
    for result in run["results"]:
        data = (images / result["path"]).read_bytes()
        result["sha256"] = decode(images / result["path"]).sha256
        if by_bytes:
            result["file"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if not by_bytes:
        run["schema"] = "fada-tui/run/1"
    (place / "run.json").write_text(json.dumps(run))
    return place


def change(path: Path) -> bytes:
    """Draw another picture in an image's file; return what was there."""
    before = path.read_bytes()
    Image.new("RGB", (90, 70), (200, 30, 60)).save(path)
    return before


@asynccontextmanager
async def opened(
    folder: Path, images: Path, width: int = 140
) -> AsyncIterator[tuple[Pilot[Any], MainScreen]]:
    app = make_app(folder, images=str(images))
    async with app.run_test(size=(width, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        yield pilot, main


def words(pilot: Pilot[Any]) -> str:
    return " ".join(screen_text(pilot.app).split())


def picture_of(pilot: Pilot[Any]) -> Canvas:
    return pilot.app.screen.query_one(Canvas)


def said_in_place_of_the_picture(pilot: Pilot[Any]) -> str:
    return " ".join(picture_of(pilot)._message(400)[0])


@pytest.mark.long
@pytest.mark.parametrize("by_bytes", [True, False])
async def test_words_in_place_of_the_picture_and_no_verdict_until_the_user_says_so(
    tmp_path: Path, images: Path, by_bytes: bool
) -> None:
    place = a_run(tmp_path, images, by_bytes=by_bytes)
    before = change(images / FIRST)
    what = CHANGED if by_bytes else "decodes differently than when it was asked about"
    async with opened(tmp_path, images) as (pilot, main):
        await wait_for(pilot, lambda: what in said_in_place_of_the_picture(pilot))
        assert isinstance(picture_of(pilot)._answer, Loaded) and picture_of(pilot)._rendered is None
        assert "Abdomen_001.png" in said_in_place_of_the_picture(pilot)
        await wait_for(pilot, lambda: read_run(place).images_found)
        (found,) = read_run(place).images_found
        assert (found.path, found.state) == (FIRST, "changed" if by_bytes else "decodes_differently")
        assert found.file.size == (images / FIRST).stat().st_size

        await pilot.press("1")
        await wait_for(pilot, lambda: "not judged: Abdomen_001.png" in words(pilot))
        await pilot.press("c", "y")
        assert not assessments_of(place)
        assert main.workspace.review.slot.image.path == FIRST
        await pilot.press("A")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("enter")  # "No" has the focus
        await wait_for(pilot, lambda: pilot.app.screen is main)
        await pilot.press("A")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await wait_for(pilot, lambda: "can be judged" in words(pilot))
        await wait_for(pilot, lambda: "are judged anyway" in said_in_place_of_the_picture(pilot))
        assert "or A" not in said_in_place_of_the_picture(pilot)
        await pilot.press("1")
        await wait_for(pilot, lambda: assessments_of(place))
        (given,) = assessments_of(place)[FIRST]
        assert (given.verdict, given.image_changed) == ("correct", True)

        await wait_for(pilot, lambda: main.workspace.review.slot.image.path == SECOND)
        await wait_for(pilot, lambda: picture_of(pilot)._rendered)
        await pilot.press("2")
        await wait_for(pilot, lambda: SECOND in assessments_of(place))
        assert not assessments_of(place)[SECOND][0].image_changed
        assert len(read_run(place).images_found) == 1

        (images / FIRST).write_bytes(before)
        await pilot.press("u", "u")
        await wait_for(pilot, lambda: main.workspace.review.slot.image.path == FIRST)
        await wait_for(pilot, lambda: picture_of(pilot)._rendered)
        await pilot.press("3")
        await wait_for(pilot, lambda: assessments_of(place)[FIRST][-1].verdict == "incorrect")
        assert not assessments_of(place)[FIRST][-1].image_changed
        assert [one.state for one in read_run(place).images_found][1:] == ["as_asked"]


async def test_an_image_that_changes_while_it_is_seen_is_not_judged(tmp_path: Path, images: Path) -> None:
    place = a_run(tmp_path, images)
    async with opened(tmp_path, images) as (pilot, _):
        await wait_for(pilot, lambda: picture_of(pilot)._rendered)
        change(images / FIRST)
        await pilot.press("1")
        await wait_for(pilot, lambda: "not judged: Abdomen_001.png" in words(pilot))
        assert not assessments_of(place)
        assert read_run(place).images_changed


async def test_a_missing_image_is_not_a_changed_one(tmp_path: Path, images: Path) -> None:
    place = a_run(tmp_path, images)
    async with opened(tmp_path, images) as (pilot, main):
        await wait_for(pilot, lambda: picture_of(pilot)._rendered)
        (images / FIRST).unlink()
        await pilot.press("right_square_bracket")
        await wait_for(pilot, lambda: main.workspace.review.slot.image.path == SECOND)
        await pilot.press("left_square_bracket")
        await wait_for(pilot, lambda: "no such file" in said_in_place_of_the_picture(pilot))
        await pilot.press("1")
        await wait_for(pilot, lambda: assessments_of(place))
        assert not read_run(place).images_found


async def test_an_image_that_was_damaged_since_is_a_changed_one(tmp_path: Path, images: Path) -> None:
    place = a_run(tmp_path, images)
    (images / FIRST).write_bytes((images / FIRST).read_bytes()[:900])
    async with opened(tmp_path, images) as (pilot, _):
        await wait_for(pilot, lambda: CHANGED in said_in_place_of_the_picture(pilot))
        await wait_for(pilot, lambda: read_run(place).images_changed)


@pytest.mark.long
async def test_side_by_side_and_zoom_show_no_changed_image_either(tmp_path: Path, images: Path) -> None:
    old = a_run(tmp_path, images, "20260101-000000_old")
    change(images / FIRST)
    new = a_run(tmp_path, images, "20260102-000000_new")
    async with opened(tmp_path, images) as (pilot, main):
        await wait_for(pilot, lambda: picture_of(pilot)._rendered)
        await pilot.press("m")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))
        await wait_for(pilot, lambda: CHANGED in said_in_place_of_the_picture(pilot))
        await wait_for(pilot, lambda: read_run(old).images_changed)
        assert not read_run(new).images_changed
        await pilot.press("3", "1")
        await wait_for(pilot, lambda: "not judged" in words(pilot))
        assert assessments_of(new) and not assessments_of(old)
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ZoomScreen))
        await wait_for(pilot, lambda: CHANGED in said_in_place_of_the_picture(pilot))
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ModelsOnImage))
        await pilot.press("A")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await wait_for(pilot, lambda: "can be judged" in words(pilot))
        await wait_for(pilot, lambda: "are judged anyway" in said_in_place_of_the_picture(pilot))
        await pilot.press("1")
        await wait_for(pilot, lambda: assessments_of(old))
        assert assessments_of(old)[FIRST][0].image_changed is True
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is main)


async def test_a_picture_out_of_sight_is_compared_before_a_verdict(tmp_path: Path, images: Path) -> None:
    place = a_run(tmp_path, images)
    change(images / FIRST)
    async with opened(tmp_path, images, width=70) as (pilot, main):
        main.show_answer()
        await pilot.press("1")
        await wait_for(pilot, lambda: "not judged" in words(pilot))
        assert not assessments_of(place) and read_run(place).images_changed
