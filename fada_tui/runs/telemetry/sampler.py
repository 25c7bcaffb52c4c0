"""The sampler: a thread that reads GPUs and processes during a run."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fada_tui.core.records import Gpu, ModelMemory, ResultMemory
from fada_tui.runs.telemetry.readings import Sample, memory_of, peak
from fada_tui.runs.telemetry.table import Table
from fada_tui.store.fold import highest

if TYPE_CHECKING:
    import psutil

    from fada_tui.runs.telemetry.nvml import Nvml

PATIENCE = 0.1
"""Seconds that `begin` and `peaks` wait for their sample: a stuck driver must not block the caller."""

FIRST_PATIENCE = 2.0
"""Seconds to wait for NVML to start or stop before continuing without it."""


class Telemetry:
    """A sampler that reads the machine at intervals and on request, keeps peaks, writes `telemetry.csv`.

    All methods may be called from any thread. Only the sampler's thread speaks to NVML and writes.

    Args:
        csv_path: the file to append to; `None` for none.
        interval: seconds between two samples in the file.
    """

    def __init__(self, csv_path: Path | None, interval: float = 0.5) -> None:
        self._interval = interval
        self._table = None if csv_path is None else Table(csv_path)
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._asked = 0
        self._answered = 0
        self._worker: psutil.Process | None = None
        self._worker_changed = False
        self._gpu_uuid: str | None = None
        self._latest: Sample | None = None
        self._gpus: tuple[Gpu, ...] = ()
        self._driver: str | None = None
        self._gpu_problem: str | None = None
        self._window = ResultMemory()
        self._window_from = 0
        self._whole = ResultMemory()

    @cached_property
    def _nvml(self) -> "Nvml":
        """Return NVML, imported by the sampling thread so that the first frame doesn't wait for it."""
        from fada_tui.runs.telemetry.nvml import Nvml

        return Nvml()

    def start(self) -> None:
        """Start sampling; does nothing if it is running."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop sampling with a last sample, and close the file; the peaks stay."""
        if self._thread is not None:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
            self._thread.join(FIRST_PATIENCE)
            self._thread = None

    def watch(self, worker_pid: int | None, gpu_uuid: str | None = None) -> None:
        """Watch this process from now on.

        Args:
            worker_pid: process id of the worker; `None` for none.
            gpu_uuid: the GPU that its model is on, where known.
        """
        import psutil

        with self._changed:
            self._gpu_uuid = gpu_uuid
            self._worker_changed = True
            self._worker = None
            if worker_pid is not None:
                with suppress(psutil.Error):
                    self._worker = psutil.Process(worker_pid)

    def begin(self) -> None:
        """Start a new measurement of peaks, with a sample."""
        with self._changed:
            self._window = ResultMemory()
            self._window_from = self._asked + 1
        self._ask(PATIENCE)

    def peaks(self) -> ResultMemory:
        """Return the peaks since `begin`, including this moment.

        Between the two, the worker's share of the GPU is read every few seconds, the rest at each sample.
        """
        self._ask(PATIENCE)
        return self._window

    @property
    def latest(self) -> Sample | None:
        """The last sample; `None` before the first."""
        return self._latest

    @property
    def nvml_process_peak(self) -> int | None:
        """Bytes: the worker's largest share of its GPUs since the sampler was made."""
        return self._whole.nvml_process

    @property
    def worker_rss_peak(self) -> int | None:
        """Bytes: the worker's largest resident memory since the sampler was made."""
        return self._whole.worker_rss

    def with_peaks(self, known: ModelMemory, reserved: int | None) -> ModelMemory:
        """Return a model's memory with what was measured since.

        Args:
            known: from earlier.
            reserved: peak bytes that torch's allocator has held since.
        """
        return replace(
            known,
            torch_peak_reserved=highest(known.torch_peak_reserved, reserved),
            nvml_process_peak=highest(known.nvml_process_peak, self.nvml_process_peak),
            worker_rss_peak=highest(known.worker_rss_peak, self.worker_rss_peak),
        )

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """The GPUs that NVML lists."""
        self._know()
        return self._gpus

    @property
    def driver(self) -> str | None:
        """Version of the NVIDIA driver."""
        self._know()
        return self._driver

    @property
    def gpu_problem(self) -> str | None:
        """The reason why there are no GPU readings; `None` if there are."""
        self._know()
        return self._gpu_problem

    @property
    def known_gpu_problem(self) -> str | None:
        """The reason in the last sample why there are no GPU readings, without waiting."""
        return self._gpu_problem

    @property
    def warning(self) -> str | None:
        """The reason why the file is no longer written; `None` if it is."""
        return None if self._table is None else self._table.warning

    def _know(self) -> None:
        if self._latest is None:
            self._ask(FIRST_PATIENCE)

    def _ask(self, patience: float) -> None:
        """Request a sample with fresh process readings, and wait for it."""
        if self._thread is None:
            self._asked += 1
            self._take()
            self._nvml.close()
            return
        with self._changed:
            self._asked += 1
            ticket = self._asked
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= ticket or self._stopping, patience)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping:
            self._take()
            if time.monotonic() >= due:
                due = max(due + self._interval, time.monotonic())
                self._write()
            with self._changed:
                self._changed.wait_for(
                    lambda: self._stopping or self._asked > self._answered, max(due - time.monotonic(), 0)
                )
        self._take()
        self._write()
        self._nvml.close()
        if self._table is not None:
            self._table.close()

    def _write(self) -> None:
        if self._table is not None and self._latest is not None:
            self._table.append(self._latest)

    def _take(self) -> None:
        import psutil

        with self._changed:
            ticket, fresh = self._asked, self._asked > self._answered
            worker, gpu_uuid = self._worker, self._gpu_uuid
            if self._worker_changed:
                self._worker_changed = False
                self._nvml.forget_processes()
        machine = psutil.virtual_memory()
        sample = Sample(
            time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            gpus=self._nvml.read(worker.pid if worker else None, fresh=fresh),
            worker_rss=_resident(worker),
            memory_used=machine.total - machine.available,
            memory_total=machine.total,
        )
        memory = memory_of(sample, gpu_uuid)
        with self._changed:
            self._latest = sample
            self._gpus = self._nvml.gpus or self._gpus
            self._driver = self._nvml.driver
            self._gpu_problem = self._nvml.problem
            self._whole = peak(self._whole, memory)
            if ticket >= self._window_from:
                self._window = peak(self._window, memory)
            self._answered = ticket
            self._changed.notify_all()


def _resident(worker: "psutil.Process | None") -> int | None:
    """Return a process's resident bytes; `None` once it has ended, even if its id is reused."""
    import psutil

    try:
        if worker is None or not worker.is_running():
            return None
        return int(worker.memory_info().rss) or None
    except (psutil.Error, OSError):
        return None
