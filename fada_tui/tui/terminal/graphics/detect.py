"""Which way this terminal draws pictures: by choice, by its environment, and by asking it where that helps.

Only a terminal whose environment names one that is known to draw pictures is asked, so that no other delays
the first frame. It is asked before the app starts; the question ends with DA1, which every terminal answers,
so that the end of its answers is known. What was typed meanwhile is kept for the app.
"""

import fcntl
import os
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.core.terminal_symbols import drawn_symbols
from fada_tui.core.text import printable
from fada_tui.tui.terminal.graphics import tmux
from fada_tui.tui.terminal.graphics.known_terminals import KnownTerminal, known_terminal, multiplexer
from fada_tui.tui.terminal.graphics.replies import CELL_SIZE, DEVICE_ATTRIBUTES, Sieve

Graphics = Literal["kitty", "sixel", "octant", "sextant", "half", "off"]
Choice = Literal["auto", "kitty", "sixel", "octant", "sextant", "half", "off"]

PATIENCE = 2.0
"""Seconds that a terminal may take to answer."""

CELL = (10, 20)
"""Width and height of a cell in pixels where the terminal doesn't say."""

LARGEST_CELL = (128, 256)
"""A larger one is a mistake of the terminal's: pictures of that size would need all memory there is."""

SIXEL = "4"
"""The number among a terminal's device attributes that stands for sixel."""

_ASK = "\x1b[c"
_ASK_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_ASK_PLACEHOLDERS = "\x1b_Gi=32,s=1,v=1,a=q,U=1,t=d,f=24;AAAA\x1b\\"
_ASK_CELL = "\x1b[16t"
_KITTY_ANSWERS = b"\x1b_Gi=31;OK"
_PLACEHOLDERS_ANSWER = b"\x1b_Gi=32;OK"
_CHUNK = 4096


class Detected(Struct, frozen=True):
    """How pictures are drawn here, and what was learned on the way."""

    graphics: Graphics
    reason: str
    """Why, in a few words."""
    cell: tuple[int, int] = CELL
    """Width and height of a cell in pixels."""
    placed: bool = False
    """Whether kitty's pictures are placed at the cursor, since the terminal knows no placeholders."""
    any_height: bool = False
    """Whether a sixel picture may end within a band: its terminal fills no cells below it."""
    passthrough: bool = False
    """Whether kitty's sequences must be wrapped for tmux."""
    watched: bool = False
    """Whether tmux must be asked again and again which terminals show the dashboard."""
    typed: bytes = b""
    """What was typed while the terminal was asked; the app reads it first."""
    owed: bool = False
    """Whether the terminal was asked and has not answered yet."""


def detect(choice: Choice, environ: Mapping[str, str], terminal: int | None) -> Detected:
    """Find out how to draw pictures; never raises.

    Args:
        choice: what the user set; anything but `auto` is taken without asking.
        environ: the environment.
        terminal: the file descriptor of the terminal, open for reading and writing; None where there is none.
    """
    found = _detect(choice, environ, terminal)
    if choice == "auto" and found.graphics == "half":
        return replace(found, graphics=drawn_symbols(environ))
    return found


def _detect(choice: Choice, environ: Mapping[str, str], terminal: int | None) -> Detected:
    """Find out how to draw pictures, with half blocks where they are drawn as characters."""
    known_cell = cell_size(terminal)
    cell = known_cell or CELL
    inside_tmux = bool(environ.get("TMUX"))
    if choice != "auto":
        return Detected(choice, "chosen by setting or option", cell, inside_tmux)
    if between := multiplexer(environ):
        outside = tmux.ask(environ, terminal, PATIENCE) if between == "tmux" else None
        if outside is not None and outside.draws:
            return Detected("kitty", printable(outside.reason), cell, passthrough=True, watched=True)
        why = f": {printable(outside.reason)}" if outside is not None else ""
        return Detected("half", f"inside {between}{why}", cell)
    known = known_terminal(environ)
    if known is None:
        return Detected("half", "no terminal known to draw pictures", cell)
    if terminal is None or not os.isatty(terminal):
        return Detected("half", "no terminal to ask", cell)
    try:
        return _ask(known, terminal, known_cell)
    except (OSError, termios.error):
        return Detected("half", f"{known.name} cannot be asked", cell)


def current_cell(detected: Detected) -> tuple[int, int]:
    """Return the size of a cell in pixels now: people choose other fonts while the app runs.

    Only sixel and placed pictures take their size from it; the others are measured in cells.
    """
    if not (detected.graphics == "sixel" or detected.placed) or sys.__stdin__ is None:
        return detected.cell
    try:
        return cell_size(sys.__stdin__.fileno()) or detected.cell
    except (OSError, ValueError):
        return detected.cell


def cell_size(terminal: int | None) -> tuple[int, int] | None:
    """Return the size of a cell in pixels as the terminal's driver knows it, if it does."""
    if terminal is None:
        return None
    try:
        answer = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not rows or not columns or width < columns or height < rows:
        return None
    return _likely(width // columns, height // rows)


def _likely(width: int, height: int) -> tuple[int, int] | None:
    return (width, height) if 0 < width <= LARGEST_CELL[0] and 0 < height <= LARGEST_CELL[1] else None


def _ask(known: KnownTerminal, terminal: int, cell: tuple[int, int] | None) -> Detected:
    until = time.monotonic() + PATIENCE
    sieve = Sieve(owed_until=until)
    typed = bytearray()
    with _unechoed(terminal):
        os.write(terminal, _question(known, cell).encode("ascii"))
        while not _attributes(sieve) and (left := until - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                data = os.read(terminal, _CHUNK)
                if not data:
                    break
                typed += sieve.feed(data, time.monotonic())
    typed += sieve.rest()
    attributes = _attributes(sieve)
    cell = cell or _told_cell(sieve) or CELL
    if attributes is None:
        reason = f"{known.name} did not answer within {PATIENCE:.0f} s"
        return Detected("half", reason, cell, typed=bytes(typed), owed=True)
    graphics: Graphics = "half"
    if known.kitty and _answered(sieve, _KITTY_ANSWERS):
        graphics = "kitty"
    elif SIXEL in attributes:
        graphics = "sixel"
    said = {"kitty": "draws pictures by kitty's protocol", "sixel": "draws sixel"}
    reason = f"{known.name} {said.get(graphics, 'says that it draws neither sixel nor kitty pictures')}"
    placed = graphics == "kitty" and not (known.placeholders and _answered(sieve, _PLACEHOLDERS_ANSWER))
    return Detected(graphics, reason, cell, placed=placed, any_height=known.any_height, typed=bytes(typed))


def _question(known: KnownTerminal, cell: tuple[int, int] | None) -> str:
    kitty = _ASK_KITTY + (_ASK_PLACEHOLDERS if known.placeholders else "") if known.kitty else ""
    return kitty + ("" if cell else _ASK_CELL) + _ASK


def _answered(sieve: Sieve, begin: bytes) -> bool:
    return any(reply.startswith(begin) for reply in sieve.replies)


def _attributes(sieve: Sieve) -> list[str] | None:
    for reply in sieve.replies:
        if match := DEVICE_ATTRIBUTES.fullmatch(reply):
            return match[1].decode("ascii").split(";")
    return None


def _told_cell(sieve: Sieve) -> tuple[int, int] | None:
    for reply in sieve.replies:
        if match := CELL_SIZE.fullmatch(reply):
            return _likely(int(match[2]), int(match[1]))
    return None


@contextmanager
def _unechoed(terminal: int) -> Iterator[None]:
    """Read single bytes without echo within this context, as in the app; ctrl+c still interrupts."""
    before = termios.tcgetattr(terminal)
    now = termios.tcgetattr(terminal)
    now[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON)
    now[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
    termios.tcsetattr(terminal, termios.TCSANOW, now)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
