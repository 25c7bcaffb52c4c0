"""What terminals with kitty's protocol are asked, and what is made of their answers."""

from collections.abc import Iterator

import pytest

from fada_tui.tui.terminal.graphics import detect as detection
from fada_tui.tui.terminal.graphics.detect import detect
from fada_tui.tui.terminal.graphics.replies import Sieve
from tests.conftest import LONG_ENOUGH
from tests.tui.test_graphics_detect import PLAIN, SIXEL, Tty

KITTY = {"TERM": "xterm-kitty"}
GHOSTTY = {"TERM": "xterm-ghostty"}
KONSOLE_IN_KITTY = {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1", "KONSOLE_VERSION": "221203"}
KITTY_IN_KONSOLE = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", "KONSOLE_VERSION": "221203"}
KONSOLE = {"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}
OK = b"\x1b_Gi=31;OK\x1b\\"
PLACEHOLDERS = b"\x1b_Gi=32;OK\x1b\\"
REFUSALS = [b"", b"\x1b_Gi=32;ENOTSUPPORTED:no U\x1b\\", b"\x1b_Gi=32;EINVAL:unknown key\x1b\\"]


@pytest.fixture
def tty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tty]:
    monkeypatch.setattr(detection, "PATIENCE", LONG_ENOUGH)
    pair = Tty()
    yield pair
    pair.close()


@pytest.mark.parametrize("environ", [KITTY, KITTY_IN_KONSOLE, GHOSTTY], ids=str)
def test_placeholders_are_drawn_where_the_terminal_knows_them(environ: dict[str, str], tty: Tty) -> None:
    tty.answer(OK + PLACEHOLDERS + PLAIN)
    detected = detect("auto", environ, tty.program)
    assert (detected.graphics, detected.placed) == ("kitty", False)
    assert tty.asked.index(b"i=31") < tty.asked.index(b"i=32") < tty.asked.index(b"\x1b[c")
    assert b"U=1" in tty.asked


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_kitty_without_placeholders_has_pictures_placed(refusal: bytes, tty: Tty) -> None:
    tty.answer(OK + refusal + PLAIN)
    detected = detect("auto", KITTY, tty.program)
    assert (detected.graphics, detected.placed) == ("kitty", True)
    assert not tty.left_over()


@pytest.mark.parametrize("environ", [KONSOLE, KONSOLE_IN_KITTY], ids=str)
def test_what_konsole_says_of_placeholders_is_not_asked_for(environ: dict[str, str], tty: Tty) -> None:
    tty.answer(OK + SIXEL)
    detected = detect("auto", environ, tty.program)
    assert (detected.graphics, detected.placed) == ("kitty", True)
    assert b"U=1" not in tty.asked


def test_an_older_konsole_gets_sixel(tty: Tty) -> None:
    tty.answer(SIXEL)
    assert detect("auto", KONSOLE, tty.program).graphics == "sixel"


def test_placeholders_alone_are_no_protocol(tty: Tty) -> None:
    tty.answer(b"\x1b_Gi=31;EINVAL\x1b\\" + PLACEHOLDERS + PLAIN)
    assert detect("auto", KITTY, tty.program).graphics == "sextant"


@pytest.mark.parametrize(
    ("variable", "any_height"), [("XTERM_VERSION", True), ("MLTERM", True), ("WT_SESSION", False)]
)
def test_only_terminals_that_were_tried_get_sixels_of_any_height(
    variable: str, any_height: bool, tty: Tty
) -> None:
    tty.answer(SIXEL)
    assert detect("auto", {"TERM": "xterm-256color", variable: "1"}, tty.program).any_height is any_height


@pytest.mark.parametrize("reply", [PLACEHOLDERS, *REFUSALS[1:]], ids=str)
def test_no_late_reply_becomes_a_key_however_it_is_cut(reply: bytes) -> None:
    for cut in range(1, len(reply)):
        sieve = Sieve(owed_until=20.0)
        keys = sieve.feed(b"1" + reply[:cut], 0.0)
        keys += sieve.expire(0.9)
        keys += sieve.feed(reply[cut:] + b"2", 0.9) + sieve.expire(30.0)
        assert (keys, sieve.replies) == (b"12", [reply])
