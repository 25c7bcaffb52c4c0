"""No byte of a terminal's reply becomes a key, and no key is lost: a small app on a real pty."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from fada_tui.tui.terminal.graphics.late import SievedDriver
from tests.conftest import LONG_ENOUGH
from tests.tui.terminal import Terminal

pytestmark = pytest.mark.long

APP = """
import json, os, sys
from pathlib import Path
import fada_tui.tui.terminal.graphics.detect as detection
import fada_tui.tui.terminal.graphics.late as late
import fada_tui.tui.terminal.graphics.replies as replies
detection.PATIENCE = float(os.environ["PATIENCE"])
# However long a busy machine keeps the pieces of a sequence apart, they are one.
replies.OWED_DELAY = float(os.environ["OWED_DELAY"])
replies.PATIENCE = replies.REPLY_PATIENCE = replies._ESCAPED_SECONDS = late.OWED_SECONDS = 600.0
detected = detection.detect("auto", os.environ, 0)
from textual.app import App
from textual.widgets import Label
from fada_tui.tui.terminal.graphics.late import driver

class Recorder(App):
    keys = []
    def compose(self):
        yield Label("recording")
    def on_key(self, event):
        self.keys.append(event.key)
        if event.key == "q":
            self.exit()
    def on_paste(self, event):
        self.keys.append("pasted " + event.text)

app = Recorder(driver_class=driver(detected))
app.run()
report = {"keys": app.keys, "graphics": detected.graphics, "owed": detected.owed}
Path(sys.argv[1]).write_text(json.dumps(report))
"""

QUESTION = b"\x1b[c"
KITTY_OK = b"\x1b_Gi=31;OK\x1b\\"
ATTRIBUTES = b"\x1b[?62;1;2;3;4;22c"
READY = b"recording"

Start = Callable[..., Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Start]:
    started: list[Terminal] = []

    def begin(patience: float = LONG_ENOUGH, **environ: str) -> Terminal:
        settings = {"TERM": "xterm-kitty", "PATIENCE": str(patience), "OWED_DELAY": "600", **environ}
        started.append(Terminal(APP, settings, tmp_path))
        return started[-1]

    yield begin
    for terminal in started:
        terminal.end()


def test_a_prompt_answer_is_no_key(opened: Start) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION)
    terminal.send(KITTY_OK + ATTRIBUTES)
    terminal.wait_for(READY)
    terminal.send(b"j1q")
    assert terminal.finish() == {"keys": ["j", "1", "q"], "graphics": "kitty", "owed": False}
    assert terminal.mended


def test_an_answer_in_pieces_is_no_key(opened: Start) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION)
    terminal.send(b"", b"\x1b", b"_Gi=3", b"1;OK\x1b", b"\\\x1b", b"[", b"?6", b"2;4", b"c", gap=0.15)
    terminal.wait_for(READY)
    terminal.send(b"3q")
    assert terminal.finish() == {"keys": ["3", "q"], "graphics": "kitty", "owed": False}


def test_a_late_answer_in_pieces_is_no_key(opened: Start) -> None:
    terminal = opened(patience=0.1)
    terminal.wait_for(READY)
    terminal.send(b"j", b"\x1b", b"_Gi=31;OK\x1b", b"\\\x1b", b"[", b"?62;1", b";2;4", b"ck1", gap=0.15)
    terminal.send(b"", b"2q", gap=0.15)
    assert terminal.finish() == {"keys": ["j", "k", "1", "2", "q"], "graphics": "sextant", "owed": True}
    assert terminal.mended


def test_an_answer_that_begins_before_the_app_and_ends_in_it_is_no_key(opened: Start) -> None:
    terminal = opened(patience=0.5)
    terminal.wait_for(QUESTION)
    terminal.send(b"j" + ATTRIBUTES[:6])
    terminal.wait_for(READY)
    terminal.send(ATTRIBUTES[6:] + b"q")
    assert terminal.finish() == {"keys": ["j", "q"], "graphics": "sextant", "owed": True}


@pytest.mark.slow
def test_without_an_answer_all_keys_arrive(opened: Start) -> None:
    terminal = opened(patience=0.1, OWED_DELAY="1.0")
    terminal.wait_for(READY)
    terminal.send(
        b"1", b"\x1b", b"\x1b[A", b"\x1b[1;5C", b"\x1bOq", b"\x1bb", b"\x1b[200~1\x1b[?2c\x1b[201~", gap=1.2
    )
    terminal.send(b"q")
    keys = ["1", "escape", "up", "ctrl+right", "1", "ctrl+left", "pasted 1[?2c", "q"]
    assert terminal.finish()["keys"] == keys


def test_what_is_typed_during_the_question_reaches_the_app(opened: Start) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION)
    terminal.send(b"j2\x1b[B", KITTY_OK, b"x", ATTRIBUTES + b"q", gap=0.05)
    assert terminal.finish() == {"keys": ["j", "2", "down", "x", "q"], "graphics": "kitty", "owed": False}


def test_other_programs_answers_and_textuals_own_are_no_keys(opened: Start) -> None:
    terminal = opened(TERM="xterm-256color")
    terminal.wait_for(READY)
    terminal.send(b"\x1b[>0;276;0c\x1b]11;rgb:1111/2222/3333\x07\x1bP>|XTerm(330)\x1b\\")
    terminal.send(b"\x1b[?2026;", b"2$y", b"\x1b[4;600;800t\x1b[?1u\x1b", b"[<35;12;3M", b"1", gap=0.4)
    terminal.send(b"q")
    keys = terminal.finish()["keys"]
    assert [key for key in keys if key != "escape"] == ["1", "q"]
    assert QUESTION not in terminal.written


REPLIES = {
    "kitty and DA1": KITTY_OK + ATTRIBUTES,
    "cell size": b"\x1b[6;20;10t" + ATTRIBUTES,
    "window size": b"\x1b[4;1200;1600t\x1b[8;24;80t",
    "name": b"\x1bP>|WezTerm 20240203\x1b\\\x1b[>1;4000;22c",
    "colours": b"\x1b]11;rgb:1111/2222/3333\x1b\\\x1b]4;1;rgb:0/1/2\x07",
}


@pytest.mark.parametrize("term", ["xterm-kitty", "xterm-256color"])
def test_an_answer_in_many_pieces_long_after_the_start_is_no_key(term: str, opened: Start) -> None:
    replies = b"".join(REPLIES.values())
    began = time.monotonic()
    # A lone escape byte is a key only long after a busy machine has sent and read the next piece.
    terminal = opened(patience=2.0, TERM=term, TEXTUAL_ESCDELAY="600000")
    terminal.wait_for(READY)
    terminal.send(b"1k")
    time.sleep(max(0.0, began + 2.5 - time.monotonic()))
    terminal.send(*(replies[at : at + 5] for at in range(0, len(replies), 5)), gap=0.01)
    terminal.send(b"2jq")
    assert terminal.finish()["keys"] == ["1", "k", "2", "j", "q"]
    assert (QUESTION in terminal.written) == (term == "xterm-kitty")


def test_typing_while_an_answer_comes_in_pieces(opened: Start) -> None:
    terminal = opened(patience=0.1)
    terminal.wait_for(READY)
    for key, reply in zip((b"1", b"2", b"3", b"0"), REPLIES.values(), strict=False):
        middle = len(reply) // 2
        terminal.send(key, reply[:middle], reply[middle:] + key, gap=0.1)
    terminal.send(b"q")
    assert terminal.finish()["keys"] == [*"11223300", "q"]


async def test_a_terminal_is_taken_once_more_if_the_program_was_stopped_while_it_took_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def start(_: LinuxDriver) -> None:
        done.append("starts")
        if len(done) == 1:
            signal.raise_signal(signal.SIGCONT)
        done.append("has started")

    monkeypatch.setattr(LinuxDriver, "start_application_mode", start)
    monkeypatch.setattr(SievedDriver, "stop_application_mode", lambda _: done.append("stops"))
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    try:
        SievedDriver(App(), size=(80, 24)).start_application_mode()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert done == ["starts", "has started", "stops", "starts", "has started"]
