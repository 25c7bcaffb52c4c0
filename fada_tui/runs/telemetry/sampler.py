"""The sampler: a thread that reads GPUs and processes during a run."""

import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fada_tui.core.main_memory import main_memory
from fada_tui.core.records import Gpu, ModelMemory, ResultMemory
from fada_tui.runs.telemetry.readings import Sample, Watched, memory_of_worker, peak
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
        self._workers: tuple[tuple[Watched, psutil.Process | None], ...] = ()
        self._engine_gpus: dict[str, None] = {}
        self._workers_changed = False
        self._latest: Sample | None = None
        self._gpus: tuple[Gpu, ...] = ()
        self._driver: str | None = None
        self._gpu_problem: str | None = None
        self._windows: dict[str, _Window] = {}
        self._whole: dict[str, ResultMemory] = {}

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

    def watch(self, *workers: Watched) -> None:
        """Watch these processes, and no others, from now on."""
        with self._changed:
            if workers == tuple(worker for worker, _ in self._workers):
                return
            self._workers_changed = True
            self._workers = tuple((worker, _process(worker.pid)) for worker in workers)

    @property
    def engine_gpus(self) -> tuple[str, ...]:
        """The UUIDs of the GPUs on which an engine's processes were seen, in the order of the GPUs."""
        return tuple(gpu.uuid for gpu in self._gpus if gpu.uuid in self._engine_gpus)

    def begin(self, name: str = "") -> None:
        """Start a new measurement of a worker's peaks, with a sample."""
        with self._changed:
            self._windows[name] = _Window(self._asked + 1)
        self._ask(PATIENCE)

    def peaks(self, name: str = "") -> ResultMemory:
        """Return a worker's peaks since `begin`, including this moment.

        Between the two, the worker's share of the GPU is read every few seconds, the rest at each sample.
        """
        self._ask(PATIENCE)
        window = self._windows.get(name)
        return window.seen if window else ResultMemory()

    @property
    def latest(self) -> Sample | None:
        """The last sample; `None` before the first."""
        return self._latest

    @property
    def nvml_process_peak(self) -> int | None:
        """Bytes: the largest share of its GPUs that any worker had since the sampler was made."""
        return highest(*(seen.nvml_process for seen in self._whole.values()))

    @property
    def worker_rss_peak(self) -> int | None:
        """Bytes: the largest resident memory of any worker since the sampler was made."""
        return highest(*(seen.worker_rss for seen in self._whole.values()))

    def with_peaks(self, known: ModelMemory, reserved: int | None, name: str | None = None) -> ModelMemory:
        """Return a model's memory with what was measured since.

        Args:
            known: from earlier.
            reserved: peak bytes that torch's allocator has held since.
            name: of the worker that had it; `None` for the highest of all.
        """
        seen = None if name is None else self._whole.get(name, ResultMemory())
        return replace(
            known,
            torch_peak_reserved=highest(known.torch_peak_reserved, reserved),
            nvml_process_peak=highest(
                known.nvml_process_peak, seen.nvml_process if seen else self.nvml_process_peak
            ),
            worker_rss_peak=highest(known.worker_rss_peak, seen.worker_rss if seen else self.worker_rss_peak),
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
        with self._changed:
            ticket, fresh = self._asked, self._asked > self._answered
            workers = self._workers
            if self._workers_changed:
                self._workers_changed = False
                self._nvml.forget_processes()
        machine = main_memory()
        groups = {
            worker: processes_of(worker.pid) if worker.is_engine else [process]
            for worker, process in workers
            if process
        }
        pids = {worker: [one.pid for one in group] for worker, group in groups.items()}
        resident = {worker: _resident(*groups.get(worker, ())) for worker, _ in workers}
        alive = [worker for worker, rss in resident.items() if rss is not None]
        gpus = self._nvml.read(*chain.from_iterable(pids.values()), fresh=fresh)
        engine = any(worker.is_engine for worker, _ in workers)
        sample = Sample(
            time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            gpus=gpus,
            worker_rss=sum(resident[worker] or 0 for worker in alive) if alive else None,
            workers={
                worker.name: memory_of_worker(gpus, worker, rss, pids.get(worker, ()))
                for worker, rss in resident.items()
            },
            engine=engine,
            memory_used=machine.total - machine.available,
            memory_total=machine.total,
        )
        with self._changed:
            self._latest = sample
            self._gpus = self._nvml.gpus or self._gpus
            if engine:
                self._engine_gpus |= {gpu.uuid: None for gpu in gpus if gpu.uuid and gpu.by_process}
            self._driver = self._nvml.driver
            self._gpu_problem = self._nvml.problem
            for name, memory in sample.workers.items():
                self._whole[name] = peak(self._whole.get(name, memory), memory)
                if (window := self._windows.get(name)) and ticket >= window.begun:
                    window.seen = peak(window.seen, memory)
            self._answered = ticket
            self._changed.notify_all()


class _Window:
    """A measurement of one worker's peaks.

    Args:
        begun: the ticket of its first sample.
    """

    def __init__(self, begun: int) -> None:
        self.begun = begun
        self.seen = ResultMemory()


def _process(pid: int) -> "psutil.Process | None":
    """Return a process; `None` if it has ended."""
    import psutil

    with suppress(psutil.Error):
        return psutil.Process(pid)
    return None


def processes_of(group: int) -> "list[psutil.Process]":
    """Return the processes of a process group."""
    import psutil

    found = []
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):
            if os.getpgid(pid) == group:
                found.append(psutil.Process(pid))
    return found


def _resident(*processes: "psutil.Process") -> int | None:
    """Return resident bytes of processes together; `None` once all have ended, even if an id is reused."""
    import psutil

    total = 0
    for process in processes:
        with suppress(psutil.Error, OSError):
            total += int(process.memory_info().rss) if process.is_running() else 0
    return total or None
