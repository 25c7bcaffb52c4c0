"""Pictures of terminals that know kitty's protocol without placeholders: placed, and taken off in time."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from textual.geometry import Region

from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.fit import LIMIT
from fada_tui.tui.terminal.graphics.render import render
from fada_tui.tui.terminal.graphics.shelf import Shelf
from fada_tui.tui.terminal.sanitise import TerminalGraphics
from tests.tui.pictures import kitty_commands, kitty_image, sixel_pixels
from tests.tui.terminal import Terminal

CELL = (10, 20)
PLACED = Detected("kitty", "", CELL, placed=True)
THEME = (13, 17, 23)

APP = """
import os, sys
from pathlib import Path
from textual.app import App
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widgets import Label
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.late import driver
from fada_tui.tui.themes import DARK, LIGHT
from fada_tui.tui.widgets.picture import Picture

IMAGES = [Path(path) for path in os.environ["IMAGES"].split(":")]

class Cover(Screen):
    BINDINGS = [("b", "app.pop_screen")]
    def compose(self):
        yield Label("covered")

class Over(ModalScreen):
    CSS = "Over { align: center middle; } Over Label { width: 70; height: 22; background: red; }"
    BINDINGS = [("b", "app.pop_screen")]
    def compose(self):
        yield Label("asking")

class Main(App):
    CSS = "Picture { width: 40; } Label { width: 1fr; } Toast { width: 60; }"
    BINDINGS = [("c", "cover"), ("o", "over"), ("n", "show(1)"), ("p", "show(0)"), ("h", "hide"),
        ("t", "told"), ("d", "no_longer_told"), ("l", "light"), ("e", "empty"), ("q", "quit")]
    def compose(self):
        with Horizontal():
            yield Label("begun", id="text")
            yield Picture(detected)
    def __init__(self, **options):
        super().__init__(**options)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
    def on_mount(self):
        self.action_show(0)
    def action_show(self, number):
        self.query_one(Picture).show(IMAGES[number], [], "Brain")
    def action_cover(self):
        self.push_screen(Cover())
    def action_over(self):
        self.push_screen(Over())
    def action_hide(self):
        self.query_one(Picture).display = False
    def action_told(self):
        self.notify("a notice " * 60, timeout=600)
    def action_no_longer_told(self):
        self.clear_notifications()
    def action_light(self):
        self.theme = LIGHT.name
    def action_empty(self):
        self.query_one(Picture).show(None, [], "")

detected = Detected("kitty", "", (10, 20), placed=True)
app = Main(driver_class=driver(detected))
app.run()
Path(sys.argv[1]).write_text("{}")
"""

PLACE = re.compile(rb"\x1b7\x1b\[(\d+);(\d+)H((?:\x1b_G[^\x1b]*\x1b\\)+)\x1b8")
REMOVE = re.compile(rb"\x1b_Ga=d,d=I,i=(\d+),q=2;\x1b\\")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    paths = [tmp_path / "dark.png", tmp_path / "light.png"]
    for path, grey in zip(paths, (40, 220), strict=True):
        Image.new("L", (300, 290), grey).save(path)
    environ = {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "IMAGES": ":".join(map(str, paths)),
    }
    terminal = Terminal(APP, environ, tmp_path)
    yield terminal
    terminal.end()


def standing(written: bytes) -> list[str]:
    """Return the numbers of the pictures that stand on the terminal's screen after what was written."""
    found = [
        (match.start(), True, kitty_commands(match[3].decode())[0][0]["i"])
        for match in PLACE.finditer(written)
    ]
    found += [(match.start(), False, match[1].decode()) for match in REMOVE.finditer(written)]
    numbers: list[str] = []
    for _, placed, number in sorted(found):
        numbers = [one for one in numbers if one != number] + ([number] if placed else [])
    return numbers


def settle(terminal: Terminal, key: bytes, holds: Callable[[bytes], bool]) -> bytes:
    """Press a key, wait until something holds of all that was written; return what was since."""
    before = len(terminal.written)
    terminal.send(key)
    terminal.wait_for(lambda written: len(written) > before and holds(written))
    return terminal.written[before:]


def gone(written: bytes) -> bool:
    return not standing(written)


def stands(written: bytes) -> bool:
    return len(standing(written)) == 1


@pytest.mark.long
def test_a_placed_picture_is_taken_off_by_whatever_comes_above_it(terminal: Terminal) -> None:
    terminal.wait_for(stands)
    _row, column, sent = PLACE.findall(terminal.written)[0]
    keys, image = kitty_image(sent.decode())
    assert (keys["a"], keys["C"], image.getpixel((0, 0))) == ("T", "1", (40, 40, 40))
    assert image.size == (int(keys["c"]) * 10, int(keys["r"]) * 20)
    assert image.getpixel((image.width // 2, image.height - 1)) == THEME
    assert int(column) > 40

    other = settle(terminal, b"n", lambda written: stands(written) and standing(written) != [keys["i"]])
    assert other.index(b"a=d,d=I,i=" + keys["i"].encode()) < other.index(b"a=T")
    for key, text in ((b"c", b"covered"), (b"o", b"asking")):
        before, cells = len(terminal.written), b"" if key == b"c" else "▀".encode()
        over = settle(
            terminal,
            key,
            lambda written, at=before, there=(text, cells): (
                all(one in written[at:] for one in there) and gone(written)
            ),
        )
        assert over.index(b"a=d") < over.index(text), "nothing is written below a picture"
        back = settle(terminal, b"b", stands)
        assert back.count(b"\x1b7") == 1

    before = len(terminal.written)
    noted = settle(terminal, b"t", lambda written: b"a notice" in written[before:] and gone(written))
    assert noted.index(b"a=d") < noted.index(b"a notice")
    settle(terminal, b"d", stands)

    settle(terminal, b"e", gone)
    settle(terminal, b"p", stands)
    before = len(terminal.written)
    light = settle(terminal, b"l", lambda written: b"a=T" in written[before:] and stands(written))
    _, image = kitty_image(PLACE.findall(light)[-1][2].decode())
    assert image.getpixel((image.width // 2, image.height - 1)) == (251, 252, 253)
    settle(terminal, b"h", gone)


@pytest.mark.long
def test_nothing_is_left_on_the_shells_screen(terminal: Terminal) -> None:
    terminal.wait_for(stands)
    terminal.send(b"q")
    terminal.finish()
    assert gone(terminal.written)
    assert REMOVE.search(terminal.written).start() < terminal.written.rindex(b"\x1b[?1049l")  # type: ignore[union-attr]


def test_a_picture_fills_whole_cells() -> None:
    image = Image.new("RGB", (301, 199), (90, 90, 90))
    rendered = render(image, (33, 40), CELL, PLACED, background=THEME)
    keys, sent = kitty_image(rendered.payload)
    placement = rendered.placement
    assert (keys["c"], keys["r"]) == (str(placement.columns), str(placement.rows))
    assert sent.size == (placement.columns * 10, placement.rows * 20)
    assert sent.getpixel((placement.width - 1, placement.height - 1)) == (90, 90, 90)
    assert sent.getpixel((sent.width // 2, placement.height)) == THEME
    assert "U=1" not in rendered.payload
    assert not rendered.placeholders
    sixel = render(image, (33, 40), CELL, Detected("sixel", "", any_height=True), background=THEME)
    drawn = sixel_pixels(sixel.payload)
    assert drawn.shape[:2] == (placement.rows * 20, placement.columns * 10)
    assert abs(drawn[-1].astype(int) - THEME).max() <= 2


def test_a_sixel_of_whole_bands_keeps_its_shape() -> None:
    image = Image.new("RGB", (301, 200), (90, 90, 90))
    rendered = render(image, (80, 10), CELL, Detected("sixel", ""), background=THEME)
    drawn = sixel_pixels(rendered.payload)
    assert drawn.shape[:2] == (198, rendered.placement.columns * 10)
    width = int((abs(drawn[0].astype(int) - 90).max(axis=1) <= 2).sum())
    assert abs(width / 198 - 301 / 200) < 0.01


@pytest.mark.long
def test_a_large_placed_picture_keeps_its_shape_within_the_limit() -> None:
    noise = Image.effect_noise((1500, 1000), 90).convert("RGB")
    rendered = render(noise, (150, 60), CELL, PLACED)
    assert len(rendered.payload) <= LIMIT
    keys, sent = kitty_image(rendered.payload)
    assert abs(sent.width / sent.height - int(keys["c"]) / int(keys["r"]) / 2) < 0.01


def test_pictures_make_room_for_each_other() -> None:
    shelf = Shelf()
    removals = {number: TerminalGraphics(f"<{number}>") for number in (1, 2, 3)}
    assert shelf.place(1, Region(0, 0, 10, 5), removals[1]) == ""
    assert shelf.place(2, Region(10, 0, 10, 5), removals[2]) == ""
    assert shelf.place(1, Region(0, 5, 10, 5), removals[1]) == "<1>"
    assert shelf.place(3, Region(9, 4, 2, 2), removals[3]) == "<2><1>"
    assert not shelf.lift(1)
    assert shelf.lift(3)
    assert (shelf.due(), shelf.due()) == ("<3>", "")
    shelf.place(2, Region(0, 0, 1, 1), removals[2])
    assert (shelf.clear(), shelf.clear()) == ("<2>", "")
