"""The folder of a trial, and commands in it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fada_tui.store import folder as store
from tests.conftest import PROGRAM
from tests.faults.library import Fault, Guard

ROOT = Path(__file__).parents[2]

LONGEST = 120.0
"""Seconds that a command may take."""


@dataclass
class Place:
    """The folder of one trial: `disk` holds results and settings, and is where calls fail."""

    folder: Path
    library: Path
    images: Path
    model: str

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def results(self) -> Path:
        return self.disk / "results"

    @property
    def config(self) -> Path:
        return self.disk / "config"

    def runs(self) -> list[Path]:
        """The folders of all runs, oldest first."""
        return list(store.folders(self.results))

    def do(
        self, command: list[str], variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with nothing of this machine's settings."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("FADA_TUI_", "HF_"))
        }
        ours = {
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "FADA_TUI_CONFIG_DIR": str(self.config),
            "HF_HOME": str(self.folder / "hub"),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.run(
            command,
            cwd=self.folder,
            env=kept | ours | (variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LONGEST,
            check=False,
        )

    def guarded(
        self, command: list[str], fault: Fault | None = None
    ) -> tuple[subprocess.CompletedProcess[str], Guard]:
        """Run a command with the library before it."""
        guard = Guard(self.library, self.disk, self.folder, fault)
        try:
            return self.do(command, guard.variables), guard
        finally:
            guard.quiet = guard.wait_for_the_rest(LONGEST)

    def program(self, *arguments: str | Path) -> list[str]:
        """The program's command with these arguments."""
        return [*PROGRAM, *map(str, arguments)]

    def step(self, name: str, place: Path) -> list[str]:
        """The command that does a step of the dashboard's."""
        return [sys.executable, "-P", "-m", "tests.faults.steps", name, str(place)]
