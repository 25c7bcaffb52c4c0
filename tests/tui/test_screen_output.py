"""What libraries print by themselves does not reach the terminal while the dashboard is open."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fada_tui.tui.terminal.screen_output import own_output
from tests.media import save_panicking_dicom
from tests.tui.program import OnPty


def test_the_trace_of_a_panic_meets_no_screen(start: Callable[..., OnPty], tmp_path: Path) -> None:
    save_panicking_dicom(tmp_path / "images" / "A" / "a.dcm")
    program = start("--images", tmp_path / "images", "--graphics", "half")
    program.wait_for("a.dcm:")
    program.wait_for("export it")
    program.press("q")
    assert program.wait_end() == 0
    assert b"panicked" not in program.written
    assert program.restored


def test_only_the_screen_gets_through_and_all_is_undone(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr, sys.__stderr__, sys.__stdout__
    with own_output():
        assert sys.__stdout__ is sys.__stderr__, "where the terminal's size is asked for"
        os.write(1, b"from a library")
        os.write(2, b"from a library")
        assert sys.__stderr__ is not None
        sys.__stderr__.write("the screen")
    assert (sys.stderr, sys.__stderr__, sys.__stdout__) == before
    os.write(2, b", and after it")
    assert capfd.readouterr() == ("", "the screen, and after it")
