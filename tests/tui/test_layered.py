"""What is written for a screen that goes on beneath others: what has changed and is seen, and no more."""

from pathlib import Path

import pytest
from pyte import ByteStream
from pyte import Screen as Shown

from tests.tui.terminal import Terminal

SIZE = (30, 100)

APP = """
import json, os, sys
from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.widgets import Label, Static
from fada_tui.tui.screens.layered import LayeredScreen

LINES = "\\n".join(f"line {number} stays as it is, whatever changes" for number in range(24))

class Beneath(LayeredScreen):
    def compose(self):
        yield Label("count 0", id="count")
        yield Static(LINES)

class Above(Screen):
    BINDINGS = [("b", "app.pop_screen"), ("c", "app.count")]
    def compose(self):
        yield Static("above " + LINES)

class Over(ModalScreen):
    BINDINGS = [("b", "app.pop_screen"), ("c", "app.count")]
    CSS = "Over { align: center bottom; background: transparent; } Over Label { height: 1; width: 100%; }"
    def compose(self):
        yield Label("a strip")

class Main(App):
    BINDINGS = [("c", "count"), ("q", "quit")]
    counted = 0
    def get_default_screen(self):
        return Beneath()
    def on_mount(self):
        self.set_timer(0.01, self.cover)
    def cover(self):
        self.push_screen(Above() if os.environ["KIND"] == "opaque" else Over())
        self.set_timer(0.3, lambda: self.mark("covered"))
    def action_count(self):
        self.counted += 1
        self.screen_stack[0].query_one("#count", Label).update(f"count {self.counted}", layout=False)
        self.set_timer(0.3, lambda: self.mark(f"counted {self.counted}"))
    def mark(self, name):
        self._driver.write(f"\\x1b]99;{name}\\x07")
        self._driver.flush()

app = Main()
app.run()
json.dump({}, open(sys.argv[1], "w"))
"""


def shown(written: bytes) -> str:
    screen = Shown(SIZE[1], SIZE[0])
    ByteStream(screen).feed(written)
    return "\n".join(screen.display)


@pytest.mark.parametrize("kind", ["opaque", "strip"])
def test_only_what_has_changed_and_is_seen_is_written(tmp_path: Path, kind: str) -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "KIND": kind}
    terminal = Terminal(APP, environ, tmp_path, SIZE)
    try:
        terminal.wait_for(b"]99;covered")
        for number in (1, 2):
            before = len(terminal.written)
            terminal.send(b"c")
            terminal.wait_for(b"]99;counted %d" % number)
            written = terminal.written[before:]
            assert len(written) < 1000
            assert b"line 7" not in written
            assert (f"count {number}" in shown(terminal.written)) is (kind == "strip")
        terminal.send(b"b")
        terminal.wait_for(lambda written: "count 2" in shown(written))
        before = len(terminal.written)
        terminal.send(b"c")
        terminal.wait_for(lambda written: "count 3" in shown(written), before)
        terminal.send(b"q")
        terminal.finish()
    finally:
        terminal.end()
