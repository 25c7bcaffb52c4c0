"""The environment of a run: versions, processor, memory, GPUs."""

import platform
from pathlib import Path

from fada_tui.core.protocol import Hello
from fada_tui.core.records import Environment, Gpu


def describe(hello: Hello, gpus: tuple[Gpu, ...], driver: str | None) -> Environment:
    """Return the environment of a run.

    Args:
        hello: the worker's greeting, which names torch's and transformers' versions.
        gpus: as NVML lists them.
        driver: version of the NVIDIA driver.
    """
    import psutil

    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        torch=hello.torch,
        transformers=hello.transformers,
        cuda=hello.cuda,
        driver=driver,
        gpus=gpus,
        cpu=_processor(),
        memory_total=psutil.virtual_memory().total,
    )


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None) or platform.machine() or None
