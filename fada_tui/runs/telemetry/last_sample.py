"""The last sample of a run's `telemetry.csv`, which another program writes."""

import csv
import os
from pathlib import Path

from fada_tui.core.file_modes import open_file
from fada_tui.runs.telemetry.readings import GpuReading, Sample
from fada_tui.runs.telemetry.table import COLUMNS

_TAIL = 16 * 1024
"""Bytes at the end that are read: the rows of some hundred GPUs."""


def last_sample(path: Path) -> Sample | None:
    """Return the last sample in a file; `None` where there is none that can be read.

    What the file does not say is unknown: names of GPUs, and the machine's main memory, which is 0.
    """
    try:
        descriptor = open_file(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, _TAIL, max(size - _TAIL, 0))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    whole = data[: data.rfind(b"\n") + 1].decode("utf-8", errors="replace")
    try:
        rows = [row for row in csv.reader(whole.splitlines()) if len(row) == len(COLUMNS)]
        last = [row for row in rows if row[0] == rows[-1][0]]
        return _sample(last) if last else None
    except (ValueError, csv.Error):
        return None


def _sample(rows: list[list[str]]) -> Sample:
    return Sample(
        time=rows[0][0],
        gpus=tuple(_gpu(row) for row in rows if row[1]),
        worker_rss=_count(rows[-1][-1]),
        memory_used=0,
        memory_total=0,
    )


def _gpu(row: list[str]) -> GpuReading:
    return GpuReading(
        index=int(row[1]),
        uuid=row[2] or None,
        memory_used=_count(row[3]),
        memory_total=_count(row[4]),
        process_memory=_count(row[5]),
        utilisation=_count(row[6]),
        temperature=_count(row[7]),
        power=float(row[8]) if row[8] else None,
    )


def _count(text: str) -> int | None:
    return int(text) if text else None
