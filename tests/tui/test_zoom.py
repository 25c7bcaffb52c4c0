"""The picture on the whole screen: larger, to the side, and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Static

from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.state.views import AnswerView, ZoomView
from fada_tui.tui.terminal.graphics.detect import Detected, Graphics
from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets.canvas import Canvas
from tests.tui.dashboard import wait_for


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image, red on the left, green in the middle, blue on the right."""
    pixels = Image.new("RGB", (600, 400), (0, 200, 0))
    pixels.paste((200, 0, 0), (0, 0, 200, 400))
    pixels.paste((0, 0, 200), (400, 0, 600, 400))
    path = tmp_path / "[b]three.png"
    pixels.save(path)
    return path


@asynccontextmanager
async def zoomed(
    path: Path, graphics: Graphics = "half", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    app: App[None] = App()
    app.register_theme(DARK)
    app.theme = "fada-dark"
    async with app.run_test(size=size) as pilot:
        view = ZoomView(image=path, answer=AnswerView(state="answered", text="a line\n" * 20 + "the last"))
        app.push_screen(ZoomScreen(Detected(graphics, ""), lambda: view, app.screen, "context"))
        await wait_for(pilot, lambda: bool(app.screen.query(Canvas)))
        yield pilot


def colours(pilot: Pilot[None]) -> set[tuple[int, int, int]]:
    """The colours of most of the picture's upper halves."""
    canvas = pilot.app.screen.query_one(Canvas)
    found: dict[tuple[int, int, int], int] = {}
    for strip in canvas.render_lines(Region(0, 0, *canvas.size)):
        for text, style, _ in strip:
            if "▀" in text and style and style.color and style.color.triplet:
                red, green, blue = style.color.triplet
                found[red, green, blue] = found.get((red, green, blue), 0) + len(text)
    return {colour for colour, count in found.items() if count > 50}


def title(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".title", Static).render())


RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


@pytest.mark.long
async def test_larger_to_the_sides_and_all_of_it_again(image: Path) -> None:
    async with zoomed(image) as pilot:
        await wait_for(pilot, lambda: colours(pilot) == {RED, GREEN, BLUE})
        await wait_for(pilot, lambda: title(pilot) == "[b]three.png  │  600 × 400  │  all of it")
        await pilot.press(*["plus"] * 5)
        await wait_for(pilot, lambda: colours(pilot) == {GREEN})
        assert "7.6×" in title(pilot)
        await pilot.press(*["l"] * 8, "right")
        await wait_for(pilot, lambda: colours(pilot) == {BLUE})
        await pilot.press(*["left"] * 20)
        await wait_for(pilot, lambda: colours(pilot) == {RED})
        await pilot.press("k", "up", "j", "down", "h")
        await pilot.press("underscore")
        await wait_for(pilot, lambda: colours(pilot) == {RED, GREEN, BLUE})
        assert title(pilot).endswith("all of it")


@pytest.mark.long
async def test_steps_down_end_at_all_of_it_and_steps_up_at_a_few_pixels(image: Path) -> None:
    async with zoomed(image) as pilot:
        await wait_for(pilot, lambda: "600 × 400" in title(pilot))
        await pilot.press(*["plus"] * 12)
        assert "37.5×" in title(pilot)
        await pilot.press(*["minus"] * 12)
        assert title(pilot).endswith("all of it")


@pytest.mark.long
async def test_another_size_of_the_terminal_keeps_the_place(image: Path) -> None:
    async with zoomed(image) as pilot:
        await wait_for(pilot, lambda: "600 × 400" in title(pilot))
        await pilot.press(*["plus"] * 7, *["l"] * 12)
        await wait_for(pilot, lambda: colours(pilot) == {BLUE})
        await pilot.resize_terminal(60, 15)
        await wait_for(pilot, lambda: colours(pilot) == {BLUE})


@pytest.mark.parametrize("key", ["z", "escape", "q"])
async def test_back(key: str, image: Path) -> None:
    async with zoomed(image) as pilot:
        await pilot.press(key)
        await wait_for(pilot, lambda: not isinstance(pilot.app.screen, ZoomScreen))


@pytest.mark.long
@pytest.mark.parametrize("graphics", ["half", "kitty", "sixel", "off"])
@pytest.mark.parametrize("size", [(1, 1), (5, 2), (60, 15)])
async def test_no_size_is_an_error(graphics: Graphics, size: tuple[int, int], image: Path) -> None:
    async with zoomed(image, graphics, size) as pilot:
        await pilot.press("plus", "l", "minus", "underscore", "i", "j", "i")
        await pilot.pause(0.2)
        pilot.app.export_screenshot()


async def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    async with zoomed(tmp_path / "gone.png") as pilot:
        canvas = pilot.app.screen.query_one(Canvas)

        def said() -> str:
            strips = canvas.render_lines(Region(0, 0, *canvas.size))
            return "".join(segment.text for strip in strips for segment in strip)

        await wait_for(pilot, lambda: "no such file" in said())
        await pilot.press("plus", "l")
        assert title(pilot) == "gone.png"
