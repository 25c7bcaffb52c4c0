"""What every server has to stand: its answers are the local ones, and a run survives its death."""

from collections import Counter
from pathlib import Path
from typing import Any

from fada_tui.store import journal
from tests.conftest import LONG_ENOUGH, Program, journaled, load, run_folders
from tests.held import held_worker, hold
from tests.servers.server_process import ServerProcess

QUESTIONS = (
    "What anatomical structures can you see in this ultrasound image?",
    "Which anatomical plane is shown?",
    "Is this a fetal ultrasound image?",
    "On which side of the image is the stomach?",
    "How good is the image quality?",
    "What is shown here?",
)
ASKED = [part for text in QUESTIONS for part in ("--question", text)]

COUNT = 24 * len(QUESTIONS)
"""Answers about all samples."""


def answered_though_killed(program: Program, server: ServerProcess, model: str) -> Path:
    """The program's first run, whose server is killed in the middle and started again on its port.

    All answers are there in the end, none an error, and none twice in the journal.
    """
    hold(program, journal.JOURNAL_NAME, COUNT // 3)
    process = program.start("--batch", "--json", "--model", model, *ASKED)
    worker = held_worker(process)
    (folder,) = run_folders(program.cwd)
    # Open, it can still be read when the program has folded and removed it.
    with (folder / journal.JOURNAL_NAME).open("rb") as lines:
        server.kill()
        made_before = journaled(program.cwd)
        worker.resume()
        server.start()
        _, errors = process.communicate(timeout=LONG_ENOUGH)
        written = program.cwd / "written.jsonl"
        written.write_bytes(lines.read())
    assert process.returncode == 0, errors
    assert COUNT // 3 <= made_before < COUNT
    results = [line.result for line in journal.read(written).lines if isinstance(line, journal.ResultLine)]
    assert not [result.error for result in results if result.error]
    times = Counter((result.path, result.question_id) for result in results)
    assert len(times) == COUNT and set(times.values()) == {1}
    return folder


def answered_here(program: Program, *arguments: str) -> Path:
    """A run of the embedded model in our own worker."""
    done, said = program.batch("--model", "fada-demo", *ASKED, *arguments)
    assert done.returncode == 0, done.stderr
    return Path(said["runs"][0]["path"])


def answers_of(folder: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Each answer of a run, by image and question: its text, how it ended, and its tokens."""
    return {
        (result["path"], result["question_id"]): (
            result["response"],
            result["finish"],
            result["tokens"]["prompt"],
            result["tokens"]["generated"],
        )
        for result in load(folder)["results"]
    }
