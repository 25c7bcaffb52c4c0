"""The program on a real pseudo-terminal: bars, ctrl+c, and nothing hostile in the bytes written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import psutil
import pytest

from fada_tui.core.errors import ExitCode
from fada_tui.store.journal import JOURNAL_NAME
from tests.conftest import PROGRAM, Program, load, run_folders, write_image
from tests.held import held_worker, hold
from tests.tui.program import OnPty

pytestmark = pytest.mark.worker

HOSTILE = "evil\x1b]52;c;aGk=\x07\x1b[2J\u202e[red]:smile:.png"


def start(program: Program, *arguments: str | Path, term: str = "xterm-256color") -> pexpect.spawn:
    return pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], "--batch", *map(str, arguments)],
        cwd=str(program.cwd),
        env={**os.environ, "TERM": term},
        dimensions=(30, 110),
        timeout=90,
    )


def test_a_bar_with_rate_and_the_page_at_the_end(program: Program, tiny: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_image(tmp_path / "images" / "A" / f"{number}.png", number)
    write_image(tmp_path / "images" / "B" / HOSTILE, 9)
    (tmp_path / "images" / "B" / "broken.png").write_text("no image")
    terminal = start(program, "--model", tiny, "--images", tmp_path / "images", "--max-new-tokens", "150")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    shown = terminal.before
    assert b"\xe2\x94\x81" in shown, "a bar is drawn"
    assert b"5/5" in shown and b"s/answer" in shown and b"1 error" in shown and b"ETA" in shown
    assert b"\x1b]52" not in shown and "\u202e".encode() not in shown
    assert b"[red]:smile:.png" in shown, "names are no markup"
    assert b"Traceback" not in shown
    (folder,) = run_folders(program.cwd)
    assert f"complete: results/{folder.name}/summary.md".encode() in shown
    assert b"\x1b[?25h" in shown, "the cursor comes back"


@contextmanager
def held_on_a_terminal(program: Program, model: Path, images: Path) -> Iterator[tuple[OnPty, psutil.Process]]:
    """A run on a terminal of its own, and its worker, which stands still with one answer in the journal."""
    hold(program, JOURNAL_NAME, 1)
    options = ("--model", model, "--images", images, "--max-new-tokens", "900")
    terminal = OnPty(program.cwd, "--batch", *options, size=(110, 30), environ=program.env)
    try:
        yield terminal, held_worker(terminal.process)
    finally:
        terminal.end()


def test_ctrl_c_at_the_keyboard_reaches_the_program_alone(program: Program, tiny: Path, images: Path) -> None:
    with held_on_a_terminal(program, tiny, images) as (terminal, worker):
        terminal.wait_for("A_002.png")
        terminal.press("ctrl+c")
        terminal.wait_for("ctrl+c again stops now")
        worker.resume()
        assert terminal.wait_end() == ExitCode.INTERRUPTED
        terminal.wait_for("go on with: fada-tui --batch --resume")
    (folder,) = run_folders(program.cwd)
    assert 1 <= len(load(folder)["results"]) < 4
    assert "Traceback" not in (folder / "worker.log").read_text()


def test_a_terminal_that_hangs_up(program: Program, tiny: Path, images: Path) -> None:
    with held_on_a_terminal(program, tiny, images) as (terminal, worker):
        terminal.wait_for("1/4")
        terminal.hang_up()  # the kernel sends SIGHUP, and every write fails from here
        worker.resume()
        assert terminal.wait_end() == ExitCode.INTERRUPTED
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert run["status"] == "interrupted" and len(run["results"]) >= 1
    assert (folder / "summary.md").exists()


@pytest.mark.parametrize(("term", "bars"), [("dumb", False), ("xterm", True)])
def test_a_dumb_terminal_gets_lines(
    program: Program, tiny: Path, images: Path, term: str, bars: bool
) -> None:
    terminal = start(
        program, "--model", tiny, "--images", images, "--limit", "1", "--max-new-tokens", "3", term=term
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert (b"\x1b" in terminal.before) is bars
