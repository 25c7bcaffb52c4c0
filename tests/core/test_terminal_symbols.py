"""Which terminals count as drawing sextants and octants: those that are known to, and none by mistake."""

from collections.abc import Mapping

import pytest

from fada_tui.core.terminal_symbols import drawn_symbols

X = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "symbols"),
    [
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "sextant"),
        ({"TERM": "xterm-kitty", "TERM_PROGRAM": "kitty", "TERM_PROGRAM_VERSION": "0.26.5"}, "sextant"),
        ({"TERM": "xterm-kitty", "TERM_PROGRAM": "kitty", "TERM_PROGRAM_VERSION": "0.43.1"}, "octant"),
        ({"TERM": "xterm-ghostty"}, "sextant"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.1.3"}, "sextant"),
        (
            {"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty", "TERM_PROGRAM_VERSION": "1.3.1-arch"},
            "octant",
        ),
        ({"TERM": "foot"}, "sextant"),
        (X | {"TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20240203-110809-5046fc22"}, "sextant"),
        (X | {"TERM_PROGRAM": "WezTerm", "TERM_PROGRAM_VERSION": "20210203-095643-70a364eb"}, "half"),
        (X | {"TERM_PROGRAM": "WezTerm"}, "half"),
        (X | {"VTE_VERSION": "7006"}, "sextant"),
        (X | {"VTE_VERSION": "7802"}, "octant"),
        (X | {"VTE_VERSION": "5202"}, "half"),
        (X | {"KONSOLE_VERSION": "221203"}, "sextant"),
        (X | {"KONSOLE_VERSION": "200400"}, "half"),
    ],
    ids=str,
)
def test_a_terminal_that_is_known_by_its_version(environ: Mapping[str, str], symbols: str) -> None:
    assert drawn_symbols(environ) == symbols


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"TERM": "linux"},
        X,
        X | {"XTERM_VERSION": "XTerm(379)"},
        X | {"WT_SESSION": "1"},
        X | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.110.0"},
        X | {"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.5.10"},
        X | {"TERM_PROGRAM": "Apple_Terminal", "TERM_PROGRAM_VERSION": "455"},
        {"TERM": "alacritty", "ALACRITTY_WINDOW_ID": "1"},
        X | {"VTE_VERSION": "no number"},
        X | {"VTE_VERSION": "٧٨٠٢"},
    ],
    ids=str,
)
def test_a_terminal_that_is_not_known_gets_half_blocks(environ: Mapping[str, str]) -> None:
    assert drawn_symbols(environ) == "half"


@pytest.mark.parametrize(
    "environ",
    [
        # Terminals that were started from another one have its variables, too.
        X | {"VTE_VERSION": "7802", "XTERM_VERSION": "XTerm(379)"},
        {"TERM": "st-256color", "VTE_VERSION": "7802"},
        {"TERM": "alacritty", "VTE_VERSION": "7802"},
        {"TERM": "xterm", "KITTY_WINDOW_ID": "1"},
        X | {"VTE_VERSION": "7802", "KITTY_WINDOW_ID": "1"},
        X | {"TERM_PROGRAM": "vscode", "VTE_VERSION": "7802"},
        X | {"TERMINAL_EMULATOR": "JetBrains-JediTerm", "VTE_VERSION": "7802"},
        X | {"INSIDE_EMACS": "29.1,vterm", "VTE_VERSION": "7802"},
        X | {"NVIM": "/run/nvim.1", "VTE_VERSION": "7802"},
        # Others' clients may come later.
        {"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "VTE_VERSION": "7802"},
        {"TERM": "xterm-kitty", "TMUX": "/tmp/x,1,0"},
        {"TERM": "screen.xterm-kitty", "STY": "1"},
        {"TERM": "xterm-kitty", "MOSH_CONNECTION": "1"},
        X | {"ZELLIJ": "0", "VTE_VERSION": "7802"},
    ],
    ids=str,
)
def test_what_is_only_inherited_counts_for_nothing(environ: Mapping[str, str]) -> None:
    assert drawn_symbols(environ) == "half"
