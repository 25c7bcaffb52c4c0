"""Which of Unicode's block mosaics a terminal draws by itself, as its environment tells: pure.

What a terminal leaves to its font comes out as a field of boxes, since few fonts have these characters. So
only what a terminal is known to draw counts, from the version on that is known to, and nothing behind a
multiplexer: its next client may be another terminal, and it may drop characters that it does not know.
"""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Symbols = Literal["octant", "sextant", "half"]

_Version = tuple[int, ...]


class _Drawing(Struct, frozen=True):
    """What one terminal draws, from which version on."""

    terms: tuple[str, ...]
    """What `TERM` begins with."""
    program: str = ""
    """`TERM_PROGRAM`, whose version `TERM_PROGRAM_VERSION` is."""
    variable: str = ""
    """What is set to its version in one number, where that tells it."""
    sextants: _Version = ()
    """Every version by default."""
    octants: _Version | None = None
    """None is known to by default."""


_DRAWINGS = (
    # notcurses' termdesc.c: sextants since 0.19.3, of 2020; 0.26 seen. Octants since 0.40: vigia, issue 324.
    _Drawing(("xterm-kitty",), "kitty", octants=(0, 40)),
    # ghostty-org/ghostty, pull request 5433, merged after 1.1.
    _Drawing(("xterm-ghostty", "ghostty"), "ghostty", octants=(1, 2)),
    # notcurses' termdesc.c; octants since 1.20 (vigia, issue 324).
    _Drawing(("foot",), "foot", octants=(1, 20)),
    # wezterm.org, custom_block_glyphs: sextants since 20210814, octants in no release.
    _Drawing(("wezterm",), "WezTerm", sextants=(20210814,)),
    # contour-terminal/contour, pull request 482; notcurses' termdesc.c.
    _Drawing(("contour",), "contour"),
    # GNOME's library. notcurses' termdesc.c, of 2021; 0.70 seen. Octants since 0.78: vigia, issue 324.
    _Drawing(("xterm-256color", "vte"), variable="VTE_VERSION", sextants=(6400,), octants=(7800,)),
    # 22.12 seen, with no font that has them.
    _Drawing(("xterm-256color", "konsole"), variable="KONSOLE_VERSION", sextants=(221200,)),
)
"""Not among them: xterm, mlterm, iTerm2 and Apple's Terminal, which leave them to the font; Alacritty
(sextants since 0.13.2), Windows Terminal and VS Code (both since 2026), which do not tell their version."""

_MARKS = (
    "ALACRITTY_WINDOW_ID",
    "CONTOUR_PROFILE",
    "GHOSTTY_RESOURCES_DIR",
    "ITERM_SESSION_ID",
    "KITTY_WINDOW_ID",
    "KONSOLE_VERSION",
    "MLTERM",
    "TERMINAL_EMULATOR",
    "VTE_VERSION",
    "WEZTERM_PANE",
    "WT_SESSION",
    "XTERM_VERSION",
)
"""What terminals set for what runs in them. Where several are set, all but one are inherited from outside."""


def drawn_symbols(environ: Mapping[str, str]) -> Symbols:
    """Return the finest mosaics that this terminal is known to draw by itself; else half blocks."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if _inside_another(environ, term):
        return "half"
    marks = [mark for mark in _MARKS if environ.get(mark)]
    for one in _DRAWINGS:
        if one.variable:
            if not program and marks == [one.variable] and term.startswith(one.terms):
                return _drawn(one, environ[one.variable])
        elif program == one.program:
            return _drawn(one, environ.get("TERM_PROGRAM_VERSION", ""))
        elif not program and term.startswith(one.terms):
            return _drawn(one, "")
    return "half"


def _inside_another(environ: Mapping[str, str], term: str) -> bool:
    """Whether a multiplexer, or an editor's terminal, lies between; what it shows itself in is not known."""
    signs = ("TMUX", "STY", "ZELLIJ", "MOSH_CONNECTION", "MOSH_IP", "INSIDE_EMACS", "NVIM", "VIM_TERMINAL")
    return term.startswith(("tmux", "screen")) or any(environ.get(sign) for sign in signs)


def _drawn(drawing: _Drawing, version: str) -> Symbols:
    """Return what a version draws; one that is not told is taken for the oldest."""
    match = re.match(r"[0-9]{1,9}(\.[0-9]{1,9})*", version)
    numbers = tuple(map(int, match[0].split("."))) if match else ()
    if drawing.octants is not None and numbers >= drawing.octants:
        return "octant"
    return "sextant" if numbers >= drawing.sextants else "half"
