"""`telemetry.csv`: a row for each GPU and sample, appended during the run."""

import csv
import errno
import io
import os
from contextlib import suppress
from pathlib import Path

from fada_tui.core.file_modes import open_file
from fada_tui.core.file_names import encode_name
from fada_tui.core.text import printable
from fada_tui.runs.telemetry.readings import GpuReading, Sample

COLUMNS = (
    "time",
    "gpu_index",
    "gpu_uuid",
    "memory_used [bytes]",
    "memory_total [bytes]",
    "process_memory [bytes]",
    "utilisation [%]",
    "temperature [°C]",
    "power [W]",
    "worker_rss [bytes]",
)
"""The GPU's columns are empty where there is no GPU, and so is any figure that is unknown."""


class Table:
    """A file to which samples are appended until writing fails; the reason is kept in `warning`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self.warning: str | None = None

    def append(self, sample: Sample) -> None:
        """Append a sample's rows by one write, after the header if the file is new."""
        if self.warning is not None:
            return
        try:
            if self._descriptor is None:
                self._open()
            self._write(rows(sample))
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def close(self) -> None:
        """Close the file; a later `append` opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):  # some network file systems report a full disk here
                os.close(descriptor)

    def _open(self) -> None:
        self._descriptor = open_file(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        size = os.fstat(self._descriptor).st_size
        if size == 0:
            self._write(_line(COLUMNS))
        elif os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._write("\n")  # what a crash cut off stays a line of its own

    def _write(self, text: str) -> None:
        assert self._descriptor is not None
        data = text.encode("utf-8")
        if os.write(self._descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, "the disk is full")

    def _give_up(self, why: str) -> None:
        name = printable(encode_name(self._path.name))
        self.warning = f"{name}: {why}; telemetry is recorded no further, the run goes on"
        self.close()


def rows(sample: Sample) -> str:
    """Return a sample as CSV lines."""
    return "".join(_line(_cells(sample, gpu)) for gpu in sample.gpus or (None,))


def _cells(sample: Sample, gpu: GpuReading | None) -> tuple[object, ...]:
    figures: tuple[object, ...] = (None,) * (len(COLUMNS) - 2)
    if gpu is not None:
        figures = (
            gpu.index,
            gpu.uuid,
            gpu.memory_used,
            gpu.memory_total,
            gpu.process_memory,
            gpu.utilisation,
            gpu.temperature,
            gpu.power,
        )
    return (sample.time, *figures, sample.worker_rss)


def _line(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
