"""The processes of a program's engine: found, and seen to end."""

import subprocess
from collections.abc import Callable

import psutil

from tests.conftest import children_with, lives, wait_for

GUARDIAN = "fada_tui.runs.engines.guardian"


def guardian_of(program: "subprocess.Popen[str]") -> psutil.Process | None:
    """The guardian of a running program's engine, once it is there."""
    return next(iter(children_with(program.pid, GUARDIAN)), None)


def engine_of(program: "subprocess.Popen[str]") -> list[psutil.Process]:
    """All processes of a running program's engine, the one that was started first; empty before that."""
    guardian = guardian_of(program)
    try:
        return guardian.children(recursive=True) if guardian else []
    except psutil.NoSuchProcess:
        return []


def wait_until_ended(processes: list[psutil.Process]) -> None:
    """Wait until none of these runs."""
    wait_for(lambda: not any(map(lives, processes)))


def killed_at(
    program: "subprocess.Popen[str]", moment: Callable[[], bool], *, whole: bool
) -> list[psutil.Process]:
    """SIGKILL the engine's first process, or the program itself, at a moment; return the engine's processes.

    Args:
        program: it runs.
        moment: whether it is time.
        whole: the program, not its engine.
    """
    wait_for(lambda: program.poll() is not None or moment(), 600.0)
    assert program.poll() is None, program.communicate()
    engine = engine_of(program)
    assert engine
    if whole:
        program.kill()
    else:
        engine[0].kill()
    return engine
