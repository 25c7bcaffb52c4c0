"""The picture beside the answer: what it asks for, what it draws, and what it says."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.geometry import Region
from textual.widgets import Static

from fada_tui.tui.terminal.graphics.detect import Detected, Graphics
from fada_tui.tui.terminal.graphics.loader import Loader, Request
from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets import canvas
from fada_tui.tui.widgets.canvas import Canvas
from fada_tui.tui.widgets.picture import Picture
from tests.tui.dashboard import wait_for


class Show(App[None]):
    """A picture in a pane whose size can be changed."""

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = "fada-dark"
        self.detected = Detected(graphics, "")

    def compose(self) -> ComposeResult:
        with Container():
            yield Picture(self.detected)

    @property
    def picture(self) -> Picture:
        return self.query_one(Picture)

    @property
    def canvas(self) -> Canvas:
        return self.query_one(Canvas)

    def lines(self) -> list[str]:
        """What is drawn in the picture's place."""
        strips = self.canvas.render_lines(Region(0, 0, *self.canvas.size))
        return ["".join(segment.text for segment in strip) for strip in strips]


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"image_{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        Image.new("RGB", (80, 60), (number * 40, 90, 20)).save(path)
    return paths


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What is asked of loaders."""
    requests: list[Request] = []
    original = Loader.ask

    def spy(self: Loader, request: Request, ahead: tuple[Request, ...] = ()) -> None:
        requests.append(request)
        original(self, request, ahead)

    monkeypatch.setattr(Loader, "ask", spy)
    return requests


class Waiting:
    """A timer of the canvas that ends when the test says so."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[Waiting]:
    """The canvas's timers; to it no time goes by, so that a slow machine is as quick as any."""
    timers: list[Waiting] = []
    original = Canvas.set_timer

    def set_timer(self: Canvas, delay: float, callback: Callable[[], None]) -> object:
        if delay != canvas.CALM_SECONDS:
            return original(self, delay, callback)
        timers.append(Waiting(callback))
        return timers[-1]

    monkeypatch.setattr(canvas, "time", SimpleNamespace(monotonic=lambda: 1.0))
    monkeypatch.setattr(Canvas, "set_timer", set_timer)
    return timers


def has_picture(app: Show) -> bool:
    return any("▀" in line for line in app.lines())


def caption(app: Show) -> str:
    return str(app.picture.query_one(Static).render())


async def test_a_picture_is_drawn_in_the_middle_with_its_line(images: list[Path]) -> None:
    app = Show("half")
    async with app.run_test(size=(80, 25)) as pilot:
        app.picture.show(images[0], images[1:3], "Brain")
        await wait_for(pilot, lambda: "80 × 60" in caption(app))
        lines = app.lines()
        drawn = [line for line in lines if "▀" in line]
        assert len(lines) == len(drawn) == 24
        assert {line.count("▀") for line in drawn} == {64}
        assert all(line.startswith(" " * 8 + "▀") for line in drawn)
        assert caption(app) == "image_0.png · 80 × 60 · Brain"


@pytest.mark.long
@pytest.mark.parametrize("graphics", ["half", "kitty", "sixel", "off"])
async def test_browsing_quickly_loads_only_the_first_and_the_last(
    graphics: Graphics, images: list[Path], asked: list[Request], waiting: list[Waiting]
) -> None:
    app = Show(graphics)
    async with app.run_test() as pilot:
        await pilot.pause()
        for path in images:
            app.picture.show(path, [], "")
            await asyncio.sleep(0)
        assert [timer.stopped for timer in waiting] == [True] * (len(images) - 2) + [False]
        waiting[-1].callback()
        await wait_for(pilot, lambda: "80 × 60" in caption(app))
        assert [request.path for request in asked] == [images[0], images[-1]]


async def test_no_picture_stays_beside_the_name_of_the_next(images: list[Path]) -> None:
    app = Show("half")
    async with app.run_test() as pilot:
        app.picture.show(images[0], [], "Brain")
        await wait_for(pilot, lambda: has_picture(app))
        app.picture.show(images[1], [], "Brain")
        assert not has_picture(app)
        assert caption(app) == "image_1.png · Brain"


@pytest.mark.long
@pytest.mark.parametrize("graphics", ["half", "kitty", "sixel", "off"])
async def test_what_is_shown_already_is_left_alone(
    graphics: Graphics, images: list[Path], asked: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Show(graphics)
    async with app.run_test() as pilot:
        app.picture.show(images[0], images[1:], "Brain")
        await wait_for(pilot, lambda: "80 × 60" in caption(app))
        await pilot.pause()
        drawn: list[object] = []
        original = Canvas.refresh

        def spy(self: Canvas, *regions: Region, **how: bool) -> Canvas:
            drawn.append(regions)
            return original(self, *regions, **how)

        monkeypatch.setattr(Canvas, "refresh", spy)
        for _ in range(20):
            app.picture.show(images[0], images[1:], "Brain")
            await pilot.pause()
        await pilot.pause(0.2)
        assert not drawn
        assert len(asked) == 1


async def test_another_size_is_loaded_once_it_is_calm(
    images: list[Path], asked: list[Request], waiting: list[Waiting]
) -> None:
    app = Show("half")
    async with app.run_test(size=(80, 25)) as pilot:
        app.picture.show(images[0], [], "Brain")
        await wait_for(pilot, lambda: has_picture(app))
        asked.clear()
        for width in (75, 70, 60, 50, 40):
            await pilot.resize_terminal(width, 20)
            await wait_for(pilot, lambda width=width: all(len(line) == width for line in app.lines()))
        assert not asked
        assert [timer.stopped for timer in waiting[-2:]] == [True, False]
        waiting[-1].callback()
        await wait_for(pilot, lambda: {line.count("▀") for line in app.lines()} == {0, 40})
        assert [request.columns for request in asked] == [40]


@pytest.mark.parametrize("graphics", ["octant", "sextant", "half", "kitty", "sixel", "off"])
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 2)])
async def test_the_smallest_terminal_is_no_error(
    graphics: Graphics, size: tuple[int, int], images: list[Path]
) -> None:
    app = Show(graphics)
    async with app.run_test(size=(30, 10)) as pilot:
        app.picture.show(images[0], images[1:], "Brain")
        await wait_for(pilot, lambda: "80 × 60" in caption(app))
        await pilot.resize_terminal(*size)
        await pilot.pause(0.2)
        app.picture.styles.height = 0
        await pilot.pause()
        app.picture.show(images[1], [], "Brain")
        app.picture.styles.height = "1fr"
        await pilot.pause(0.2)
        app.export_screenshot()


async def test_a_picture_shown_before_there_is_room_comes_with_it(images: list[Path]) -> None:
    app = Show("half")
    async with app.run_test() as pilot:
        app.picture.display = False
        await pilot.pause()
        app.picture.show(images[0], [], "Brain")
        app.picture.display = True
        await wait_for(pilot, lambda: has_picture(app))


async def test_pictures_off_leave_name_and_measures(images: list[Path]) -> None:
    app = Show("off")
    async with app.run_test(size=(40, 10)) as pilot:
        app.picture.show(images[0], [], "Brain")
        await wait_for(pilot, lambda: "80 × 60" in caption(app))
        assert any("pictures are off" in line for line in app.lines())
        await pilot.resize_terminal(80, 1)
        app.picture.show(images[1], [], "Brain")
        await wait_for(pilot, lambda: "pictures are off" in caption(app))


async def test_what_is_wrong_is_said_in_the_picture_s_place(tmp_path: Path, images: list[Path]) -> None:
    broken = tmp_path / "bro\x1b[2Jken.png"
    broken.write_bytes(images[0].read_bytes()[:60])
    app = Show("half")
    async with app.run_test(size=(40, 12)) as pilot:
        app.picture.show(broken, [], "[bold]x[/]")
        await wait_for(pilot, lambda: any("! bro\\x1b[2Jken.png:" in line for line in app.lines()))
        assert caption(app) == "bro\\x1b[2Jken.png · [bold]x[/]"
        app.picture.show(tmp_path / "gone.png", [], "")
        await wait_for(pilot, lambda: any("no such file" in line for line in app.lines()))
        app.picture.show(images[0], [], "")
        await wait_for(pilot, lambda: has_picture(app))
        app.picture.show(None, [], "Brain")
        assert not has_picture(app)
        assert caption(app) == ""


@pytest.mark.parametrize("graphics", ["half", "kitty", "sixel"])
async def test_no_colours_are_no_error(
    graphics: Graphics, images: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Show(graphics)
    async with app.run_test(size=(40, 12)) as pilot:
        app.picture.show(images[3], [], "Brain")
        await wait_for(pilot, lambda: has_picture(app))
        colours = {
            style.color.triplet
            for strip in app.canvas.render_lines(Region(0, 0, *app.canvas.size))
            for text, style, _ in strip
            if style and style.color and style.color.triplet and "▀" in text
        }
        assert colours
        assert all(len(set(triplet)) == 1 for triplet in colours)
