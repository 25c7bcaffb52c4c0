"""NVIDIA GPUs through NVML; readings that do not work on this machine are skipped one by one.

Nothing here raises for a missing library, a missing driver, a lost GPU or a reading that is not supported:
what cannot be known is `None`, with the reason beside it.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import pynvml
from msgspec import Struct

from fada_tui.core.records import Gpu
from fada_tui.runs.telemetry.readings import GpuReading

PROCESS_PERIOD = 5.0
"""Seconds between readings of the processes, which take milliseconds (memory takes microseconds)."""

FRESH_PERIOD = 0.5
"""Seconds between such readings if a fresh one is requested."""

FIRST_RETRY = 1.0
LAST_RETRY = 60.0
"""Maximum seconds until NVML is tried again after a failure; the wait doubles each time."""

_Value = TypeVar("_Value")

_REASONS = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no NVIDIA driver library (libnvidia-ml.so.1) on this machine",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is not loaded",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the NVIDIA library and the loaded driver differ in version; restart after a driver update"
    ),
    pynvml.NVML_ERROR_GPU_IS_LOST: "the GPU has fallen off the bus; it needs a reset or a restart",
    pynvml.NVML_ERROR_RESET_REQUIRED: "the GPU needs a reset",
    pynvml.NVML_ERROR_NOT_SUPPORTED: "not supported by this GPU or driver",
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "this version of the driver does not offer it",
}

_GONE = {
    pynvml.NVML_ERROR_UNINITIALIZED,
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED,
    pynvml.NVML_ERROR_GPU_IS_LOST,
    pynvml.NVML_ERROR_RESET_REQUIRED,
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH,
}
"""Errors after which only restarting NVML can help."""


class _Device(Struct, frozen=True):
    index: int
    handle: Any
    uuid: str | None
    name: str | None
    memory_total: int | None
    problems: Mapping[str, str]
    lost: bool
    """Whether the GPU could not be read, and a restart of NVML may help."""


class Nvml:
    """A connection to NVML, opened at the first reading and retried at growing intervals if it fails.

    Not for use by several threads at once.

    Args:
        clock: seconds, as `time.monotonic` gives them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._devices: tuple[_Device, ...] | None = None
        self._driver: str | None = None
        self._problem: str | None = None
        self._retry_at = float("-inf")
        self._patience = FIRST_RETRY
        self._processes: dict[int, tuple[dict[int, int | None], str | None]] = {}
        self._processes_at = float("-inf")

    @property
    def problem(self) -> str | None:
        """The reason why there are no readings; `None` if there are."""
        return self._problem

    @property
    def driver(self) -> str | None:
        """Version of the driver."""
        return self._driver

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """The GPUs as last seen."""
        return tuple(
            Gpu(
                index=device.index,
                name=device.name or "unknown NVIDIA GPU",
                uuid=device.uuid,
                memory_total=device.memory_total,
            )
            for device in self._devices or ()
        )

    def read(self, *pids: int, fresh: bool = False) -> tuple[GpuReading, ...]:
        """Read every GPU; empty if NVML does not work (see `problem`).

        Args:
            pids: the processes whose share is wanted, of each and of all together.
            fresh: read the running processes anew if that was not done within `FRESH_PERIOD`.
        """
        if not self._start():
            return ()
        devices = self._devices or ()
        now = self._clock()
        if pids and now - self._processes_at >= (FRESH_PERIOD if fresh else PROCESS_PERIOD):
            self._processes_at = now
            self._processes = {device.index: _processes(device) for device in devices}
        lost = False
        readings = []
        for device in devices:
            fields = _Fields(device)
            readings.append(_reading(device, fields, pids, self._processes.get(device.index)))
            lost = lost or fields.lost
        self._judge(lost)
        return tuple(readings)

    def forget_processes(self) -> None:
        """Read the processes again at the next sample, as another process is watched now."""
        self._processes_at = float("-inf")

    def close(self) -> None:
        """Close NVML; the next reading opens it again."""
        if self._devices is not None:
            self._devices = None
            _try(pynvml.nvmlShutdown)

    def _start(self) -> bool:
        """Open NVML if it is closed or its GPUs were lost, unless it is too early for a retry."""
        running = self._devices is not None
        if running and self._retry_at == float("-inf"):
            return True
        if self._clock() < self._retry_at:
            return running
        self.close()
        _, problem, _ = _try(pynvml.nvmlInit)
        if problem is None:
            count, problem, _ = _try(pynvml.nvmlDeviceGetCount)
            if count:
                self._driver = _try(pynvml.nvmlSystemGetDriverVersion)[0]
                self._devices = tuple(_device(index) for index in range(count))
                self._processes_at = float("-inf")
                self._problem = None
                return True
            problem = problem or "the NVIDIA driver lists no GPU"
            _try(pynvml.nvmlShutdown)
        self._problem = problem
        self._back_off()
        return False

    def _judge(self, lost: bool) -> None:
        if not lost:
            self._retry_at, self._patience = float("-inf"), FIRST_RETRY
        elif self._clock() >= self._retry_at:
            self._back_off()

    def _back_off(self) -> None:
        self._retry_at = self._clock() + self._patience
        self._patience = min(2 * self._patience, LAST_RETRY)


class _Fields:
    """A collector of one GPU's readings, and of the reasons for missing ones."""

    def __init__(self, device: _Device) -> None:
        self.problems = dict(device.problems)
        self.lost = device.lost
        self._handle = device.handle

    def get(self, field: str, read: Callable[..., _Value], *arguments: object) -> _Value | None:
        if self._handle is None:
            self.problems[field] = self.problems["handle"]
            return None
        value, problem, code = _try(read, self._handle, *arguments)
        if problem is not None:
            self.problems[field] = problem
            self.lost = self.lost or code in _GONE
        return value


def _reading(
    device: _Device,
    fields: _Fields,
    pids: Collection[int],
    processes: tuple[dict[int, int | None], str | None] | None,
) -> GpuReading:
    memory = fields.get("memory_used", pynvml.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2)
    utilisation = fields.get("utilisation", pynvml.nvmlDeviceGetUtilizationRates)
    temperature = fields.get("temperature", pynvml.nvmlDeviceGetTemperature, pynvml.NVML_TEMPERATURE_GPU)
    power = fields.get("power", pynvml.nvmlDeviceGetPowerUsage)
    shares, problem = _shares(pids, processes)
    if problem is not None:
        fields.problems["process_memory"] = problem
    fields.problems.pop("handle", None)
    return GpuReading(
        index=device.index,
        uuid=device.uuid,
        name=device.name,
        memory_used=None if memory is None else int(memory.used),
        memory_total=device.memory_total,
        process_memory=sum(shares.values()) if shares else None,
        by_process=shares,
        utilisation=None if utilisation is None else int(utilisation.gpu),
        temperature=temperature,
        power=None if power is None else power / 1000,
        problems=fields.problems,
    )


def _device(index: int) -> _Device:
    handle, problem, code = _try(pynvml.nvmlDeviceGetHandleByIndex, index)
    if problem is not None:
        names = ("handle", "uuid", "name", "memory_total")
        return _Device(index, None, None, None, None, dict.fromkeys(names, problem), code in _GONE)
    problems = {}
    uuid, problems["uuid"], code = _try(pynvml.nvmlDeviceGetUUID, handle)
    name, problems["name"], _ = _try(pynvml.nvmlDeviceGetName, handle)
    memory, problems["memory_total"], _ = _try(pynvml.nvmlDeviceGetMemoryInfo, handle, pynvml.nvmlMemory_v2)
    total = None if memory is None else int(memory.total)
    found = {field: problem for field, problem in problems.items() if problem is not None}
    return _Device(index, handle, uuid, name, total, found, code in _GONE)


def _processes(device: _Device) -> tuple[dict[int, int | None], str | None]:
    """Return bytes by process id on one GPU, or the reason why they are unknown."""
    if device.handle is None:
        return {}, device.problems["handle"]
    # The unversioned name raises what is no NVMLError where the driver lacks the function.
    listed, problem, _ = _try(pynvml.nvmlDeviceGetComputeRunningProcesses_v3, device.handle)
    return {process.pid: process.usedGpuMemory for process in listed or ()}, problem


def _shares(
    pids: Collection[int], processes: tuple[dict[int, int | None], str | None] | None
) -> tuple[dict[int, int], str | None]:
    """Return the watched processes' bytes on one GPU, or why they are unknown: unlisted does not mean 0."""
    if not pids or processes is None:
        return {}, "no process is watched"
    listed, problem = processes
    if problem is not None:
        return {}, problem
    there = {pid: listed[pid] for pid in pids if pid in listed}
    if not there:
        return {}, "NVML does not list the process on this GPU (it uses none of it, or runs in a container)"
    known = {pid: share for pid, share in there.items() if share is not None}
    if len(known) < len(there):
        return {}, "the driver does not tell memory by process (MIG, vGPU, WDDM)"
    return known, None


def _try(call: Callable[..., _Value], *arguments: object) -> tuple[_Value | None, str | None, int | None]:
    """Return a call's value, or the reason and the code of its failure."""
    try:
        return call(*arguments), None, None
    except pynvml.NVMLError as error:
        code = error.value
        return None, _REASONS.get(code) or f"NVML: {error}", code
