"""Memory, utilisation, temperature and power while a run runs. No number is invented: unknown is `None`."""

from fada_tui.runs.telemetry.readings import GpuReading, Sample
from fada_tui.runs.telemetry.sampler import Telemetry

__all__ = ["GpuReading", "Sample", "Telemetry"]
