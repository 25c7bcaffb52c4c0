"""A worker that stands still at a moment of a run, until a test lets it go on or ends it.

Such a moment passes by itself: a test that is kept from looking for some seconds would miss it.
"""

import os
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

import psutil

from tests.conftest import Program, wait_for, worker_of

HERE = Path(__file__).parent


def hold(program: Program, file: str, times: int) -> None:
    """Let the program's first worker stand still just before it opens a file once more than that.

    Args:
        program: whose workers are meant; one of them is held, once.
        file: what the file's name ends with.
        times: how often the worker opens such a file before.
    """
    program.env |= holding(program.cwd, file, times)


def holding(folder: Path, file: str, times: int) -> dict[str, str]:
    """Return the variables that do so, for a program in a folder."""
    return {
        "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "HELD_FILE": file,
        "HELD_AFTER": str(times),
        "HELD_ONCE": str(folder / "held"),
    }


def held_worker(process: "Popen[str]") -> psutil.Process:
    """Return the worker once it stands still."""

    def stopped() -> psutil.Process | None:
        assert process.poll() is None, "it ended before it was held"
        worker = worker_of(process)
        with suppress(psutil.NoSuchProcess):
            return worker if worker and worker.status() == psutil.STATUS_STOPPED else None
        return None

    worker: psutil.Process = wait_for(stopped)
    return worker
