"""Pictures over a slow link: none is sent while one is on its way, and then the last that was wanted."""

from pathlib import Path

from PIL import Image

from fada_tui.tui.terminal.graphics.tone import Tone
from tests.tui.terminal import Terminal

APP = """
import json, os, sys
from pathlib import Path
from textual.app import App
from textual.widgets import Label
from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.late import driver
from fada_tui.tui.terminal.graphics.tone import Tone
from fada_tui.tui.terminal.graphics.view import View
from fada_tui.tui.themes import DARK
from fada_tui.tui.widgets.picture import Picture

class Main(App):
    CSS = "Picture { width: 40; height: 20; }"
    BINDINGS = [("b", "begin"), ("g", "brighter"), ("q", "quit")]
    pressed = 0
    def __init__(self, **options):
        super().__init__(**options)
        self.register_theme(DARK)
        self.theme = DARK.name
    def compose(self):
        yield Label("ready" + " " * 20)
        yield Picture(detected)
    def on_mount(self):
        self._driver.ask(lambda: None)
    def action_begin(self):
        self.query_one(Picture).show(Path(os.environ["IMAGE"]), [], "Brain")
    def action_brighter(self):
        self.pressed += 1
        self.query_one(Picture).look(View(Tone(gamma=1 + self.pressed / 10)), whole_told=False)
        self.query_one(Label).update(f"pressed {self.pressed}", layout=False)

detected = Detected("half", "")
app = Main(driver_class=driver(detected))
app.run()
json.dump({}, open(sys.argv[1], "w"))
"""
ASKED, ARRIVED = b"\x1b[5n", b"\x1b[0n"
CELL = "▀".encode()
GREY = 100
GREYS = [b"%d;" % Tone(gamma=1 + number / 10).table()[GREY] * 2 for number in range(1, 6)]
"""What that becomes with each press, as a colour is written."""


def test_a_picture_waits_until_the_last_one_has_arrived(tmp_path: Path) -> None:
    image = tmp_path / "grey.png"
    Image.new("L", (64, 64), GREY).save(image)
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "IMAGE": str(image)}
    terminal = Terminal(APP, environ, tmp_path)
    try:
        terminal.wait_for(ASKED)
        terminal.wait_for(b"ready")
        terminal.send(ARRIVED, b"b")
        terminal.wait_for(lambda written: CELL in written and written.count(ASKED) == 2)
        before = len(terminal.written)
        for number in range(1, 6):
            terminal.send(b"g")
            terminal.wait_for(b"pressed %d" % number, before)
        terminal.wait_for(b"gamma 1.5", before)
        assert not any(map(terminal.written[before:].count, GREYS))
        terminal.send(ARRIVED)
        terminal.wait_for(lambda written: GREYS[-1] in written and written.count(ASKED) == 3)
        assert not any(map(terminal.written[before:].count, GREYS[:-1]))
        terminal.send(ARRIVED, b"q")
        terminal.finish()
    finally:
        terminal.end()
