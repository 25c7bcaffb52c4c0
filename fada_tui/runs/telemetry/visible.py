"""Which of the GPUs that NVML lists CUDA shows to programs, and under which number."""

import os
from collections.abc import Mapping, Sequence

from fada_tui.runs.telemetry.readings import GpuReading

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible(gpus: Sequence[GpuReading], environ: Mapping[str, str] = os.environ) -> tuple[GpuReading, ...]:
    """Return the GPUs that programs see, in CUDA's order: the first is `cuda:0`.

    NVML lists all of them, in the order of the PCI bus. `CUDA_VISIBLE_DEVICES` names those to be seen by
    their numbers or by the beginning of their UUIDs, in the order in which they are to be numbered; what
    stands after an entry that names none is not seen (CUDA C++ Programming Guide, environment variables).

    Args:
        gpus: what NVML lists.
        environ: the environment of the program.
    """
    if (text := environ.get(VARIABLE)) is None:
        return tuple(gpus)
    found: list[GpuReading] = []
    for entry in map(str.strip, text.split(",")):
        named = [gpu for gpu in gpus if _names(entry, gpu)]
        if len(named) != 1:
            break
        if named[0] in found:
            return ()
        found += named
    return tuple(found)


def names_a_part(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether a part of a GPU is what programs see (MIG): what is free there NVML does not tell."""
    return environ.get(VARIABLE, "").strip().startswith("MIG-")


def _names(entry: str, gpu: GpuReading) -> bool:
    if entry.isdecimal() and entry.isascii():
        return int(entry) == gpu.index
    return entry.startswith("GPU-") and (gpu.uuid or "").startswith(entry)
