"""What a terminal with pictures is sent: each once, nothing while text streams, nothing left behind."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from fada_tui.tui.terminal.graphics.kitty import PLACEHOLDER
from tests.tui.pictures import kitty_commands, kitty_image, sixel_pixels
from tests.tui.terminal import Terminal

APP = """
import json, os, sys
from pathlib import Path
from textual.app import App
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widgets import Label
from fada_tui.tui.terminal.graphics.detect import detect
from fada_tui.tui.terminal.graphics.late import driver
from fada_tui.tui.terminal.sanitise import Wall
from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets.picture import Picture

IMAGES = [Path(path) for path in json.loads(os.environ["IMAGES"])]

class Cover(Screen):
    BINDINGS = [("b", "app.pop_screen")]
    def compose(self):
        yield Label("covered")

class Over(ModalScreen):
    CSS = "Over { align: center middle; } Over Label { width: 20; height: 5; background: red; }"
    BINDINGS = [("b", "app.pop_screen")]
    def compose(self):
        yield Label("asking")

class Main(App):
    CSS = "Picture { width: 40; } Label { width: 1fr; }"
    BINDINGS = [("c", "cover"), ("o", "over"), ("s", "stream"), ("n", "show(1)"), ("p", "show(0)"),
        ("h", "hide"), ("q", "quit")]
    def get_line_filters(self):
        return [*super().get_line_filters(), Wall()]
    def compose(self):
        with Horizontal():
            yield Picture(detected)
            yield Label("begun", id="text")
    def __init__(self, **options):
        super().__init__(**options)
        self.register_theme(DARK)
        self.theme = DARK.name
    def on_mount(self):
        self.action_show(0)
    def action_show(self, number):
        self.query_one(Picture).show(IMAGES[number], [IMAGES[1 - number]], "Brain")
    def action_cover(self):
        self.push_screen(Cover())
    def action_over(self):
        self.push_screen(Over())
    def action_hide(self):
        self.query_one(Picture).display = False
    def action_stream(self):
        self.count = 0
        self.timer = self.set_interval(0.02, self.more)
    def more(self):
        self.count += 1
        self.query_one("#text").update("word " * self.count)
        self.action_show(0)
        if self.count == 20:
            self.timer.stop()
            self.query_one("#text").update("ended")

detected = detect(os.environ["GRAPHICS"], os.environ, 0)
app = Main(driver_class=driver(detected))
app.run()
Path(sys.argv[1]).write_text("{}")
"""

SIXEL = re.compile(rb"\x1bP0;1;0q[^\x1b]*\x1b\\")
MARK = PLACEHOLDER.encode()

Start = Callable[[str], Terminal]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    paths = [tmp_path / "dark.png", tmp_path / "light.png"]
    for path, grey in zip(paths, (40, 220), strict=True):
        Image.new("L", (300, 300), grey).save(path)
    started: list[Terminal] = []

    def begin(graphics: str) -> Terminal:
        environ = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "GRAPHICS": graphics,
            "IMAGES": json.dumps([str(path) for path in paths]),
        }
        started.append(Terminal(APP, environ, tmp_path))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.end()


def sent(written: bytes) -> int:
    """How many pictures were sent in whole."""
    return len(SIXEL.findall(written)) + sum(
        keys.get("a") == "T" for keys, _ in kitty_commands(written.decode(errors="replace"))
    )


def rows(written: bytes) -> int:
    """How many lines of kitty's placeholders were written."""
    return len(re.findall(MARK + rb"[^\n]*?\x1b\[0m", written))


def settle(terminal: Terminal, what: bytes, key: bytes, also: bytes = b"") -> bytes:
    """Press a key, wait for something to be written, or for two things, and return all that was since."""
    before = len(terminal.written)
    terminal.send(key)
    terminal.wait_for(what, after=before)
    terminal.wait_for(also, after=before)
    return terminal.written[before:]


@pytest.mark.parametrize("graphics", ["kitty", "sixel"])
def test_a_picture_is_sent_once_while_text_streams(graphics: str, start: Start) -> None:
    terminal = start(graphics)
    terminal.wait_for(lambda written: sent(written) == 1 and (graphics == "sixel" or rows(written) >= 20))
    before = len(terminal.written)
    streamed = settle(terminal, b"ended", b"s")
    assert MARK not in streamed
    assert b"\x1bP" not in streamed
    assert b"\x1b_G" not in streamed
    assert "▀".encode() not in streamed
    assert len(terminal.written) - before < 20_000
    terminal.send(b"q")
    terminal.finish()
    assert sent(terminal.written) == 1


def test_kitty_is_sent_a_picture_once_and_redraws_it_by_text(start: Start) -> None:
    terminal = start("kitty")
    terminal.wait_for(lambda written: rows(written) == 20)
    first = terminal.written.decode(errors="replace")
    begin = first.index("\x1b_G")
    keys, image = kitty_image(re.match(r"(?:\x1b_G[^\x1b]*\x1b\\)+", first[begin:])[0])  # type: ignore[index]
    assert (image.mode, image.getpixel((5, 5))) == ("L", 40)
    number = int(keys["i"])
    colour = f"\x1b[38;2;{number >> 16};{number >> 8 & 255};{number & 255}m{PLACEHOLDER}"
    assert first.count(colour) == 20
    covered = settle(terminal, b"covered", b"c")
    assert MARK not in covered
    assert b"\x1b_G" not in covered
    before = len(terminal.written)
    terminal.send(b"b")
    terminal.wait_for(lambda written: rows(written[before:]) == 20)
    assert sent(terminal.written) == 1
    terminal.send(b"q")
    terminal.finish()
    ((keys, _),) = kitty_commands(terminal.written[before:].decode(errors="replace"))
    assert (keys["a"], keys["d"], keys["i"]) == ("d", "I", str(number))


def test_sixel_is_drawn_over_blank_cells_and_again_after_a_cover(start: Start) -> None:
    terminal = start("sixel")
    terminal.wait_for(lambda written: sent(written) == 1)
    (drawn,) = SIXEL.findall(terminal.written)
    pixels = sixel_pixels(drawn.decode())
    assert pixels.shape[1] == 400
    assert pixels.shape[0] <= 400
    assert abs(int(pixels.mean()) - 40) <= 2
    assert re.search(rb"\x1b7\x1b\[\d+;1H\x1bP0;1;0q[^\x1b]*\x1b\\\x1b8", terminal.written)
    covered = settle(terminal, b"covered", b"c")
    assert sent(covered) == 0
    before = len(terminal.written)
    terminal.send(b"b")
    terminal.wait_for(lambda written: sent(written[before:]) == 1)
    terminal.send(b"q")
    terminal.finish()
    assert sent(terminal.written) == 2


@pytest.mark.parametrize("graphics", ["kitty", "sixel"])
def test_a_question_over_the_picture_shows_it_as_half_blocks(graphics: str, start: Start) -> None:
    terminal = start(graphics)
    terminal.wait_for(lambda written: sent(written) == 1 and (graphics == "sixel" or rows(written) >= 20))
    over = settle(terminal, b"asking", b"o", also="▀".encode())
    assert sent(over) == 0
    assert MARK not in over
    before = len(terminal.written)
    terminal.send(b"b")
    if graphics == "sixel":
        terminal.wait_for(lambda written: sent(written[before:]) == 1)
    else:
        terminal.wait_for(lambda written: rows(written[before:]) >= 20)
    terminal.send(b"q")
    terminal.finish()


@pytest.mark.parametrize("graphics", ["kitty", "sixel"])
def test_the_next_picture_takes_the_place_of_the_last(graphics: str, start: Start) -> None:
    terminal = start(graphics)
    terminal.wait_for(lambda written: sent(written) == 1)
    terminal.send(b"n")
    terminal.wait_for(lambda written: sent(written) == 2)
    terminal.wait_for(b"light.png")
    before = len(terminal.written)
    terminal.send(b"p")
    if graphics == "sixel":
        terminal.wait_for(lambda written: sent(written) == 3)
    else:
        terminal.wait_for(lambda written: rows(written[before:]) >= 20)
        assert sent(terminal.written) == 2
    terminal.send(b"q")
    terminal.finish()


@pytest.mark.parametrize("graphics", ["kitty", "sixel"])
def test_a_hidden_picture_is_overwritten(graphics: str, start: Start) -> None:
    terminal = start(graphics)
    terminal.wait_for(lambda written: sent(written) == 1 and (graphics == "sixel" or rows(written) >= 20))
    before = len(terminal.written)
    terminal.send(b"h")
    terminal.wait_for(lambda written: len(re.findall(rb"\x1b\[\d+;\d+H", written[before:])) > 20)
    hidden = terminal.written[before:]
    assert sent(hidden) == 0
    assert MARK not in hidden
    assert rb" " * 40 in hidden
    terminal.send(b"q")
    terminal.finish()
