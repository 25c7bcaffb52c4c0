"""What was measured on: for a figure's readers."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import torch

import fada_tui

PACKAGES = ("torch", "transformers", "tokenizers", "pillow", "numpy")


def describe(device: str) -> dict[str, Any]:
    """Return machine, versions and threads; memory in bytes."""
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory": psutil.virtual_memory().total,
        "load": os.getloadavg()[0],
        "platform": platform.platform(),
        "python": platform.python_version(),
        "fada_tui": fada_tui.__version__,
        "commit": _commit(),
        "device": device,
    }
    if device.startswith("cuda"):
        found |= {"card": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}


def command_line(arguments: list[str]) -> str:
    """Return the command that measured."""
    return " ".join([Path(sys.executable).name, "-m", "benchmarks", *arguments])


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(names, platform.machine())


def _commit() -> str | None:
    """The commit of the checkout; `None` where it is none."""
    asked = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
