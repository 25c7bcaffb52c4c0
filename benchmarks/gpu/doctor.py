"""Part 1: what `doctor` says; NVML's readings beside those of `nvidia-smi` and torch."""

import csv
import json
import os
import shutil
import subprocess
import time
from typing import Any

import msgspec
import torch

from benchmarks.gpu.task import Figures, SkippedError, Task
from benchmarks.program import PROGRAM
from fada_tui.runs.telemetry.nvml import Nvml

HELD = 2**30
"""Bytes that this process takes of the card, to be found again in each reading."""

BUSY = 1.5
"""Seconds of matrix products before the card is read at work."""

SIDE = 8192
"""Of the square matrices."""

MIB = 2**20

ASKED = (
    *("index", "uuid", "name", "driver_version", "memory.total", "memory.used", "utilization.gpu"),
    *("temperature.gpu", "power.draw"),
)


def measure(task: Task, figures: Figures) -> None:
    """Run doctor; read the card at rest and at work."""
    figures.attempt("doctor", doctor)
    figures.attempt("idle", lambda: _readings(task, busy=False))
    figures.attempt("busy", lambda: _readings(task, busy=True))


def doctor() -> Any:
    """Return what `fada-tui doctor --json` says, and its exit code."""
    done = subprocess.run([*PROGRAM, "doctor", "--json"], capture_output=True, text=True, check=False)
    return {"exit_code": done.returncode, **json.loads(done.stdout.splitlines()[-1])}


def _readings(task: Task, *, busy: bool) -> dict[str, Any]:
    if not task.on_gpu:
        return {"nvml": _nvml(), "smi": _or_reason(nvidia_smi)}
    held = torch.empty(HELD, dtype=torch.uint8, device=task.device)
    if busy:
        _work(task.device)
    nvml = _nvml()
    smi = _or_reason(nvidia_smi)
    free, total = torch.cuda.mem_get_info(task.device)
    found = {
        "nvml": nvml,
        "smi": smi,
        "torch": {
            "free": free,
            "total": total,
            "held_by_this_process": held.numel(),
            "reserved": torch.cuda.memory_reserved(task.device),
        },
        "pid": os.getpid(),
    }
    del held
    return {**found, "differences": differences(nvml["gpus"], smi if isinstance(smi, list) else [])}


def _work(device: str) -> None:
    """Keep the card busy; the last products still run on it when this returns."""
    matrix = torch.randn(SIDE, SIDE, dtype=torch.bfloat16, device=device)
    end = time.monotonic() + BUSY
    while time.monotonic() < end:
        product = matrix @ matrix
        torch.cuda.synchronize(device)
    for _ in range(400):
        product = matrix @ matrix
    del product


def _nvml() -> dict[str, Any]:
    """Return what our own reader reads, with the seconds that it took."""
    nvml = Nvml()
    nvml.read()
    begun = time.perf_counter()
    gpus = nvml.read(os.getpid(), fresh=True)
    seconds = time.perf_counter() - begun
    found = {
        "problem": nvml.problem,
        "driver": nvml.driver,
        "seconds": seconds,
        "gpus": [msgspec.to_builtins(gpu) for gpu in gpus],
    }
    nvml.close()
    return found


def nvidia_smi() -> list[dict[str, Any]]:
    """Return what `nvidia-smi` says of each GPU, and of the processes on it; memory in bytes.

    Raises:
        SkippedError: there is none.
    """
    gpus: list[dict[str, Any]] = [
        dict(zip(ASKED, row, strict=True)) for row in _rows(f"--query-gpu={','.join(ASKED)}")
    ]
    processes = _rows("--query-compute-apps=gpu_uuid,pid,used_memory")
    for gpu in gpus:
        for name in ("memory.total", "memory.used"):
            gpu[name] = _bytes(gpu[name])
        own = [(pid, _bytes(used)) for uuid, pid, used in processes if uuid == gpu["uuid"]]
        gpu["processes"] = [{"pid": pid, "memory": used} for pid, used in own]
    return gpus


def differences(nvml: list[dict[str, Any]], smi: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return NVML's figures less those of `nvidia-smi`, GPU by GPU; `None` where one of them has none."""
    pairs = {"memory_used": "memory.used", "memory_total": "memory.total", "utilisation": "utilization.gpu"}
    pairs |= {"temperature": "temperature.gpu", "power": "power.draw"}
    of_uuid = {gpu["uuid"]: gpu for gpu in smi}
    found = []
    for gpu in nvml:
        other = of_uuid.get(gpu["uuid"], {})
        less = {ours: _less(gpu.get(ours), other.get(theirs)) for ours, theirs in pairs.items()}
        own = next(
            (one["memory"] for one in other.get("processes", ()) if one["pid"] == str(os.getpid())), None
        )
        less["process_memory"] = _less(gpu.get("process_memory"), own)
        found.append({"uuid": gpu["uuid"], "missing": sorted(gpu["problems"]), "less": less})
    return found


def _rows(query: str) -> list[list[str]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        raise SkippedError("there is no nvidia-smi here")
    asked = [program, query, "--format=csv,noheader,nounits"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return [[cell.strip() for cell in row] for row in csv.reader(done.stdout.splitlines()) if row]


def _or_reason(ask: Any) -> Any:
    try:
        return ask()
    except (SkippedError, subprocess.CalledProcessError) as error:
        return {"skipped": str(error)}


def _bytes(mebibytes: str) -> int | None:
    number = _number(mebibytes)
    return None if number is None else int(number * MIB)


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _less(one: Any, other: Any) -> float | None:
    these, those = _number(one), _number(other)
    return None if these is None or those is None else these - those
