"""Which way pictures are drawn: by the environment, and by asking a terminal at the other end of a pty."""

import os
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from fcntl import ioctl

import pytest

from fada_tui.core.terminal_symbols import drawn_symbols
from fada_tui.tui.terminal.graphics import detect as detection
from fada_tui.tui.terminal.graphics.detect import (
    CELL,
    PATIENCE,
    Choice,
    Detected,
    cell_size,
    current_cell,
    detect,
)
from tests.conftest import LONG_ENOUGH

DA1 = b"\x1b[c"
ASK_CELL = b"\x1b[16t"
KITTY_OK = b"\x1b_Gi=31;OK\x1b\\"
SIXEL = b"\x1b[?62;4;22c"
PLAIN = b"\x1b[?62;22c"


class Tty:
    """A pty whose terminal answers the question for DA1."""

    def __init__(self) -> None:
        self.terminal, self.program = os.openpty()
        self.asked = b""
        self._thread: threading.Thread | None = None

    def answer(self, *pieces: bytes, gap: float = 0.0) -> None:
        """Answer in pieces once the question was asked."""
        self._thread = threading.Thread(target=self._serve, args=(pieces, gap), daemon=True)
        self._thread.start()

    def _serve(self, pieces: tuple[bytes, ...], gap: float) -> None:
        while not self.asked.endswith(DA1):
            self.asked += os.read(self.terminal, 4096)
        for index, piece in enumerate(pieces):
            time.sleep(gap if index else 0)
            os.write(self.terminal, piece)

    def close(self) -> None:
        """Close both ends."""
        os.close(self.terminal)
        os.close(self.program)

    def left_over(self) -> bytes:
        """What was not read of what the terminal sent."""
        mode = termios.tcgetattr(self.program)
        mode[3] &= ~termios.ICANON
        termios.tcsetattr(self.program, termios.TCSANOW, mode)
        ready = select.select([self.program], [], [], 0)[0]
        return os.read(self.program, 4096) if ready else b""

    def written(self) -> bytes:
        """What was asked, if nobody answers."""
        ready = select.select([self.terminal], [], [], 0.05)[0]
        return os.read(self.terminal, 4096) if ready else b""


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tty]:
    monkeypatch.setattr(detection, "PATIENCE", LONG_ENOUGH)
    pair = Tty()
    yield pair
    pair.close()


GENERIC: list[Mapping[str, str]] = [
    {},
    {"TERM": "xterm-256color"},
    {"TERM": "xterm"},
    {"TERM": "linux"},
    {"TERM": "dumb"},
    {"TERM": "vt100", "NO_COLOR": "1"},
    {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal", "KITTY_WINDOW_ID": "1"},
]


@pytest.mark.parametrize("environ", GENERIC, ids=str)
def test_an_unknown_terminal_is_asked_nothing(environ: Mapping[str, str], tty: Tty) -> None:
    began = time.monotonic()
    detected = detect("auto", environ, tty.program)
    assert time.monotonic() - began < detection.PATIENCE / 2
    assert (detected.graphics, detected.typed, detected.owed) == ("half", b"", False)
    assert not tty.written()


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "KITTY_WINDOW_ID": "1"}, "tmux"),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts", "TERM_PROGRAM": "WezTerm"}, "screen"),
        ({"TERM": "screen-256color"}, "screen"),
        ({"TERM": "xterm-kitty", "MOSH_CONNECTION": "1"}, "mosh"),
    ],
)
def test_what_passes_no_pictures_on_gets_half_blocks(environ: Mapping[str, str], name: str, tty: Tty) -> None:
    detected = detect("auto", environ, tty.program)
    assert detected.graphics == "half"
    assert name in detected.reason
    assert not tty.written()


@pytest.mark.parametrize("choice", ["kitty", "sixel", "octant", "sextant", "half", "off"])
def test_a_choice_is_obeyed_without_asking(choice: Choice, tty: Tty) -> None:
    for environ in ({"TERM": "xterm-kitty"}, {"TERM": "dumb"}, {"TMUX": "x", "TERM": "tmux"}):
        assert detect(choice, environ, tty.program).graphics == choice
    assert detect(choice, {}, None).graphics == choice
    assert not tty.written()


KITTIES: list[Mapping[str, str]] = [
    {"TERM": "xterm-kitty"},
    {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "3"},
    {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"},
]
SIXELS: list[Mapping[str, str]] = [
    {"TERM": "foot"},
    {"TERM": "foot-extra"},
    {"TERM": "mlterm"},
    {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"},
    {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"},
    {"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"},
    {"TERM": "xterm-256color", "WT_SESSION": "1"},
    {"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(390)"},
]


@pytest.mark.parametrize("environ", KITTIES, ids=str)
def test_a_terminal_with_kittys_protocol_is_asked(environ: Mapping[str, str], tty: Tty) -> None:
    tty.answer(KITTY_OK + PLAIN)
    detected = detect("auto", environ, tty.program)
    assert (detected.graphics, detected.owed) == ("kitty", False)
    assert b"\x1b_Gi=31" in tty.asked
    assert not tty.left_over()


@pytest.mark.parametrize("environ", SIXELS, ids=str)
def test_a_terminal_with_sixel_is_asked(environ: Mapping[str, str], tty: Tty) -> None:
    tty.answer(SIXEL)
    detected = detect("auto", environ, tty.program)
    assert (detected.graphics, detected.owed) == ("sixel", False)
    assert not tty.left_over()


@pytest.mark.parametrize("environ", [KITTIES[0], SIXELS[-1]], ids=str)
def test_a_terminal_that_says_no_gets_the_characters_that_it_draws(
    environ: Mapping[str, str], tty: Tty
) -> None:
    tty.answer(b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\" + PLAIN)
    detected = detect("auto", environ, tty.program)
    assert (detected.graphics, detected.owed) == (drawn_symbols(environ), False)
    assert "neither" in detected.reason
    assert not tty.left_over()


def test_a_slow_answer_in_pieces_is_read_whole(tty: Tty) -> None:
    tty.answer(b"\x1b", b"_Gi=31;O", b"K\x1b", b"\\\x1b[?6", b"2;22c", gap=0.15)
    assert detect("auto", KITTIES[0], tty.program).graphics == "kitty"
    assert not tty.left_over()


def test_no_answer_is_waited_for_no_longer_than_that(tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PATIENCE == 2.0
    monkeypatch.setattr(detection, "PATIENCE", 0.2)
    before = termios.tcgetattr(tty.program)
    began = time.monotonic()
    detected = detect("auto", KITTIES[0], tty.program)
    assert 0.2 <= time.monotonic() - began < LONG_ENOUGH / 2
    assert (detected.graphics, detected.owed, detected.typed) == ("sextant", True, b"")
    assert termios.tcgetattr(tty.program) == before


class Clock:
    """A clock that goes on only when somebody looks at it, by a twentieth of a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Return the time."""
        self.now += 0.05
        return self.now


def test_what_is_typed_is_kept_although_no_answer_comes(tty: Tty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "PATIENCE", 0.2)
    monkeypatch.setattr(detection, "time", Clock())
    os.write(tty.terminal, b"j1")
    detected = detect("auto", KITTIES[0], tty.program)
    assert (detected.owed, detected.typed) == (True, b"j1")


def test_what_is_typed_meanwhile_is_kept(tty: Tty) -> None:
    tty.answer(b"r" + SIXEL[:4], SIXEL[4:] + b"\x1b[B", gap=0.05)
    detected = detect("auto", SIXELS[0], tty.program)
    assert detected.typed + tty.left_over() == b"r\x1b[B"


def test_the_cell_is_taken_from_the_driver_where_it_knows(tty: Tty) -> None:
    assert cell_size(tty.program) is None
    ioctl(tty.program, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 900, 540))
    assert cell_size(tty.program) == (9, 18)
    tty.answer(SIXEL)
    assert detect("auto", SIXELS[0], tty.program).cell == (9, 18)
    assert ASK_CELL not in tty.asked


@pytest.mark.parametrize(
    ("answer", "cell"),
    [
        (b"\x1b[6;17;8t", (8, 17)),
        (b"", CELL),
        (b"\x1b[6;0;0t", CELL),
        (b"\x1b[6;9999;9999t", CELL),
        (b"\x1b[4;600;800t", CELL),
    ],
)
def test_the_terminal_is_asked_for_its_cell_where_the_driver_does_not_know(
    answer: bytes, cell: tuple[int, int], tty: Tty
) -> None:
    tty.answer(answer + SIXEL)
    assert detect("auto", SIXELS[0], tty.program).cell == cell
    assert ASK_CELL in tty.asked


def test_no_terminal_and_a_closed_one_are_no_error(tty: Tty) -> None:
    assert detect("auto", SIXELS[-1], None).graphics == "half"
    read, write = os.pipe()
    assert detect("auto", SIXELS[-1], read).graphics == "half"
    os.close(read)
    os.close(write)
    assert detect("auto", SIXELS[-1], read).graphics == "half"


def test_the_cell_is_asked_for_again_only_for_sixel() -> None:
    assert current_cell(Detected("kitty", "", (7, 13))) == (7, 13)
    assert current_cell(Detected("half", "", (7, 13))) == (7, 13)


def test_neither_numpy_nor_pillow_is_imported_at_the_start() -> None:
    script = (
        "import sys, fada_tui.tui.terminal.graphics.detect, fada_tui.tui.widgets.picture;"
        "import fada_tui.tui.terminal.graphics.late, fada_tui.tui.screens.zoom;"
        "sys.exit(', '.join(sorted({'numpy', 'PIL', 'rich.markdown'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
