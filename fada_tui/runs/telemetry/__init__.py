"""Telemetry: memory, utilisation, temperature and power during a run. Unknown values are `None`."""

from fada_tui.runs.telemetry.readings import GpuReading, Sample, Watched
from fada_tui.runs.telemetry.sampler import Telemetry

__all__ = ["GpuReading", "Sample", "Telemetry", "Watched"]
