"""Runs scripts against the stand-in for NVIDIA's library."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compiled import compile_library
from tests.conftest import LONG_ENOUGH

SOURCE = Path(__file__).parent / "nvml_stub.c"

PREAMBLE = """
import json, os, time, psutil
from msgspec import to_builtins
from pathlib import Path
from fada_tui.runs.telemetry import Telemetry, Watched, sampler
from fada_tui.runs.telemetry.nvml import Nvml

IMPATIENT = sampler.PATIENCE
sampler.PATIENCE = sampler.FIRST_PATIENCE = 60  # the machine may be busy

class Clock:
    now = 0.0
    def __call__(self):
        return self.now

def show(**what):
    print(json.dumps({name: to_builtins(value) for name, value in what.items()}))

clock = Clock()
nvml = Nvml(clock)
"""


@dataclass
class Driver:
    """Runs scripts in processes that find the stand-in where the driver's library would be."""

    folders: dict[str, Path]

    def run(self, script: str, *, build: str = "whole", **variables: object) -> dict[str, Any]:
        """Return what the script shows."""
        done = subprocess.run(
            [sys.executable, "-c", PREAMBLE + script],
            env={
                **os.environ,
                **{name: str(value) for name, value in variables.items()},
                "LD_LIBRARY_PATH": str(self.folders[build]),
            },
            capture_output=True,
            text=True,
            timeout=LONG_ENOUGH,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)


def build_driver(folder: Path) -> Driver:
    """Compile the stand-in into sub-folders: whole, partial (some functions missing), damaged."""
    folders = {build: folder / build for build in ("whole", "partial", "damaged")}
    for build, place in folders.items():
        place.mkdir()
        library = place / "libnvidia-ml.so.1"
        if build == "damaged":
            library.write_text("no library")
            continue
        options = ["-DOMIT_POWER", "-DOMIT_PROCESSES"] if build == "partial" else []
        compile_library(library, [SOURCE], *options)
    return Driver(folders)
