"""What befalls terminals and processes: signals, stalls, sizes, a killed worker, ctrl+z, few colours."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from fada_tui.config.last_run import remember
from fada_tui.config.settings import Settings
from fada_tui.core.records import Assessment
from fada_tui.store import folder as store
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.store.queue_file import queue_worker, read_queue
from tests.conftest import LONG_ENOUGH, PROGRAM, children_with, journaled, run_folders, wait_for
from tests.held import held_worker, holding
from tests.tui.dashboard import save_run
from tests.tui.program import JOB_CONTROL, OnPty, ended
from tests.tui.test_story import standing, until_judged

Start = Callable[..., OnPty]

LONG = [f"--question=Question {number}?" for number in range(20)]
ANSWERS = 480
SEQUENCE = re.compile(rb"\x1b\[[0-9;]*m")


def begin_long_run(program: OnPty) -> None:
    """Begin a run of most of a minute, and wait until it answers."""
    program.wait_for("Press r to ask")
    program.press("r")
    program.wait_for(f"{ANSWERS} answers")
    program.press("r")
    program.wait_for(lambda text: re.search(rf"[1-9]\d*/{ANSWERS}", text))


def judge_one(program: OnPty) -> None:
    program.wait_for("ended by")
    until_judged(program, "2", f"1 of {ANSWERS} judged")


def check_interrupted(folder: Path) -> None:
    """The run's files hold what was finished and judged, and it can be resumed."""
    (run_folder,) = run_folders(folder)
    run = json.loads((run_folder / "run.json").read_bytes())
    assert run["status"] == "interrupted" and run["plan"]
    assert 0 < len(run["results"]) < ANSWERS
    assert [verdict for verdict, _ in standing(run_folder).values()] == ["partial"]
    assert (run_folder / "summary.md").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_nothing_is_lost(number: int, start: Start, tmp_path: Path) -> None:
    program = start(*LONG)
    begin_long_run(program)
    judge_one(program)
    worker = program.worker()
    program.signal(number)
    assert program.wait_end() == 128 + number
    wait_for(lambda: ended(worker))
    assert program.restored, program.left_on()
    assert b"Traceback" not in program.written
    check_interrupted(tmp_path)


def test_a_terminal_that_hangs_up(start: Start, tmp_path: Path) -> None:
    program = start(*LONG)
    begin_long_run(program)
    judge_one(program)
    worker = program.worker()
    program.hang_up()
    assert program.wait_end() == 128 + signal.SIGHUP
    wait_for(lambda: ended(worker))
    check_interrupted(tmp_path)
    results = tmp_path / "results"
    assert read_queue(results) == () and queue_worker(results) is None, "nothing goes on unasked"


def test_a_stalled_terminal_stops_no_run(start: Start, tmp_path: Path) -> None:
    program = start(*LONG)
    begin_long_run(program)
    with program.stalled():
        before = journaled(tmp_path)
        wait_for(lambda: journaled(tmp_path) >= before + 40)
    program.wait_for(lambda text: f"/{ANSWERS}" in text)
    program.press("?")
    program.wait_for("Main screen")
    program.press("escape")
    program.wait_for(lambda text: "Models" in text and "Picture" in text and "Main screen" not in text)
    with program.stalled():
        before = journaled(tmp_path)
        wait_for(lambda: journaled(tmp_path) >= before + 20)
        worker = program.worker()
        program.signal(signal.SIGTERM)
        assert program.wait_end() == 128 + signal.SIGTERM
        assert program.cooked
    wait_for(lambda: ended(worker))
    (folder,) = run_folders(tmp_path)
    resumed = start("--resume", folder.name)
    resumed.wait_for(lambda text: re.search(rf"[1-9]\d*/{ANSWERS}", text))


@pytest.mark.slow
def test_a_storm_of_sizes(start: Start, tmp_path: Path) -> None:
    dice = random.Random(20)
    program = start()
    program.wait_for("Press r to ask")
    for _ in range(200):
        program.resize((dice.randint(1, 250), dice.randint(1, 80)))
        time.sleep(dice.choice((0.0, 0.0, 0.01, 0.05)))
    program.resize((100, 30))
    program.written.clear()
    whole = ("Models", "Images", "Answer", "Press r to ask", "? Help")
    program.wait_for(lambda text: all(one in text for one in whole))
    program.resize((60, 15))
    program.wait_for(lambda text: "Press r to ask" in text)
    program.resize((40, 10))
    program.wait_for(lambda text: "60" in text and "15" in text)
    program.resize((100, 30))
    program.wait_for(lambda text: "Press r to ask" in text and "? Help" in text)
    program.press("q")
    assert program.wait_end() == 0
    assert b"Traceback" not in program.written


def test_a_killed_worker(start: Start, tmp_path: Path) -> None:
    program = start("--questions", "demo", environ=holding(tmp_path, JOURNAL_NAME, 3))
    program.wait_for("Press r to ask")
    program.press("r")
    program.wait_for("120 answers")
    program.press("r")
    program.wait_for(lambda text: re.search(r"[1-9]\d*/120", text))
    held_worker(program.process).kill()
    program.wait_for("the worker was killed by SIGKILL")
    program.wait_for(
        lambda text: "another worker takes over" in " ".join(text.split()) or "w tries again" in text
    )
    program.wait_for("120 answers: results/")
    (folder,) = run_folders(tmp_path)
    run = json.loads((folder / "run.json").read_bytes())
    assert run["status"] == "complete"
    assert len(run["results"]) == 120
    program.press("q")
    assert program.wait_end() == 0 and program.restored


@pytest.fixture
def below_a_shell(start: Start) -> OnPty:
    """The program as the foreground job of a parent that controls jobs, as a shell does."""
    return start(command=[sys.executable, "-c", JOB_CONTROL, *PROGRAM, *LONG])


def test_ctrl_z_and_back(below_a_shell: OnPty, tmp_path: Path) -> None:
    program = below_a_shell
    begin_long_run(program)
    judge_one(program)
    program.press("ctrl+z")
    wait_for(lambda: b"STOPPED" in program.written)
    assert program.restored, program.left_on()
    (job,) = children_with(program.process.pid, "fada_tui.cli")
    assert job.status() == psutil.STATUS_STOPPED
    before = journaled(tmp_path)
    wait_for(lambda: journaled(tmp_path) > before)
    program.written.clear()
    program.press(*"fg", "enter")
    wait_for(lambda: b"Help" in program.written)
    assert b"\x1b[?1049h" in program.written and b"\x1b[?1003h" in program.written
    assert not program.cooked
    program.press("u")
    program.wait_for("undone")
    program.press("U")
    program.wait_for("done again")
    program.press("q")
    program.wait_for("A run goes on")
    program.press("s")
    assert program.wait_end() == 0
    assert program.restored, program.left_on()
    assert b"Traceback" not in program.written
    check_interrupted(tmp_path)


def pipes(process: psutil.Process) -> int:
    """How many pipes a process has: two for each thread that reads the terminal; before a run no others."""
    found = set()
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it is closed just now
            if (file := str(entry.readlink())).startswith("pipe:"):
                found.add(file)
    return len(found)


def test_stopped_and_continued_from_outside(start: Start) -> None:
    """SIGSTOP can't be answered; after SIGCONT there is still one reader of keys, and one end."""
    program = start()
    program.wait_for("Press r to ask")
    process = psutil.Process(program.process.pid)
    assert pipes(process) == 2
    for _ in range(3):
        process.suspend()
        wait_for(lambda: process.status() == psutil.STATUS_STOPPED)
        program.written.clear()
        process.resume()
        wait_for(lambda: b"Help" in program.written.partition(b"\x1b[?1049h")[2])
    assert pipes(process) == 2
    program.press("/")
    program.type("Brain Abdomen")
    program.wait_for("Brain Abdomen")
    program.send(b"\x1b")
    program.wait_for(lambda text: "Brain Abdomen" not in text)
    program.press("q")
    assert program.wait_end() == 0
    assert program.cooked


def test_an_option_wins_over_what_was_chosen_last_though_it_is_the_default(
    start: Start, tmp_path: Path
) -> None:
    remember(Settings(model=("smolvlm-500m",)), tmp_path / "config" / "state.toml")
    start().wait_for("Press r to ask smolvlm-500m")
    start("--model", "fada-demo").wait_for("Press r to ask fada-demo")
    start(environ={"FADA_TUI_MODEL": "fada-demo"}).wait_for("Press r to ask fada-demo")


def a_judged_run(folder: Path) -> None:
    place = save_run(folder)
    run = store.read_run(place)
    verdicts = ("correct", "partial", "incorrect")
    judged = (
        replace(result, assessments=(Assessment(assessor="ada", verdict=verdict, at="2026-01-02T00:00:00Z"),))
        for result, verdict in zip(run.results, verdicts, strict=False)
    )
    store.write_run(place, replace(run, results=(*judged, *run.results[len(verdicts) :])))


GLYPHS = "✓◐✗"


@pytest.mark.parametrize("graphics", ["half", "off"])
def test_no_colour(graphics: str, start: Start, tmp_path: Path) -> None:
    a_judged_run(tmp_path)
    program = start("--graphics", graphics, environ={"NO_COLOR": "1"})
    screen = program.wait_for(lambda text: "3 of 24 judged" in text)
    assert all(glyph in screen for glyph in GLYPHS)
    program.press("m")
    program.wait_for("{/} Image")
    program.press("escape")
    program.wait_for(lambda text: "{/} Image" not in text)
    program.press("q")
    assert program.wait_end() == 0
    rgb = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
    shades = set(rgb.findall(program.written))
    assert shades and all(len(set(shade)) == 1 for shade in shades), "nothing but shades of grey"
    rest = SEQUENCE.findall(rgb.sub(b"", program.written))
    coded = [found for found in rest if re.search(rb"[\[;][349][0-7](?=[;m])", found)]
    assert not coded, coded[:5]


@pytest.mark.parametrize("term", ["xterm-16color", "linux"])
def test_sixteen_colours(term: str, start: Start, tmp_path: Path) -> None:
    a_judged_run(tmp_path)
    program = start(environ={"TERM": term, "COLORTERM": ""})
    screen = program.wait_for(lambda text: "3 of 24 judged" in text)
    assert all(glyph in screen for glyph in GLYPHS)
    program.press("q")
    assert program.wait_end() == 0
    rich = [found for found in SEQUENCE.findall(bytes(program.written)) if re.search(rb"[34]8;[25]", found)]
    assert not rich, rich[:5]


def test_a_dumb_terminal_is_refused_in_one_line(start: Start) -> None:
    program = start(environ={"TERM": "dumb"})
    assert program.wait_end() == 2
    assert program.written.count(b"\n") == 1
    assert b"--batch" in program.written and b"\x1b" not in program.written


def test_without_a_terminal_it_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        PROGRAM,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG_ENOUGH,
        check=False,
    )
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.count("\n") == 1 and "--batch" in done.stderr
