"""An engine to play with: its command, its plan, and what became of its processes."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from fada_tui.core.records import EngineFacts
from fada_tui.runs.engines.launch import HOST, KEY_FILE, PORT, EngineCommand
from tests.conftest import LONG_ENOUGH, lives

PROGRAM = Path(__file__).parents[2] / "engine_program.py"


class Play:
    """What an engine does, and what it did.

    Args:
        folder: of its plan and its notes.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def plan(self, **plan: Any) -> None:
        """Say what it does from its next start on."""
        (self.folder / "plan.json").write_text(json.dumps(plan))

    def pids(self, name: str = "starts") -> list[int]:
        """The processes that it noted under a name."""
        file = self.folder / name
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    @property
    def left(self) -> list[int]:
        """All of them that still run."""
        return [pid for name in ("starts", "children") for pid in self.pids(name) if lives(pid)]

    def command(self, *, key_file: bool = False, slots: int = 4) -> EngineCommand:
        """The command that starts it."""
        arguments = ("serve", "model", "--host", HOST, "--port", PORT, "--served-model-name", "played")
        key = ("--key-file", KEY_FILE) if key_file else ()
        argv = (sys.executable, str(PROGRAM), *arguments, *key)
        return EngineCommand(
            facts=EngineFacts(name="vllm", version="0.99.1", command=argv),
            argv=argv,
            environment={"ENGINE_PLAY": str(self.folder)},
            key_variable=None if key_file else "VLLM_API_KEY",
            key_file="{key}" if key_file else None,
            served_name="played",
            slots=slots,
        )


def wait_until(true: Callable[[], object]) -> None:
    """Wait for something that must come."""
    end = time.monotonic() + LONG_ENOUGH
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def environment_of(pid: int) -> dict[str, str]:
    """A process's environment."""
    return psutil.Process(pid).environ()


def command_line_of(pid: int) -> str:
    """A process's program and arguments."""
    return " ".join(psutil.Process(pid).cmdline())
