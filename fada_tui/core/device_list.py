"""The devices that a run is made on, as a person names them, and the names that their workers have."""

import re
from collections.abc import Collection

ALL = "all"
"""Every GPU of the machine, which only who computes there can tell."""

EXPECTED = "all, numbers of GPUs as 0,1, or cpu*2 for two workers on the CPU"

MOST_ON_CPU = 256
"""Workers on the CPU at most."""

_ENTRY = re.compile(r"(?:cuda:)?(?P<gpu>[0-9]{1,3})|cpu\*(?P<workers>[0-9]{1,3})")


_ONE = re.compile(r"auto|(?:cpu|cuda|hip|hpu|ipu|meta|mps|mtia|npu|vulkan|xla|xpu)(?::[0-9]{1,3})?")


def is_device(text: str) -> bool:
    """Return whether a text is one device, as torch calls it, or `auto`; it need not be there."""
    return _ONE.fullmatch(text) is not None


def device_list(text: str) -> tuple[str, ...]:
    """Return the names that a list of devices means, in its order; empty for `all`.

    A worker is called by its device: `cuda:1`; those on the CPU are counted from 0: `cpu:0`.

    Raises:
        ValueError: it means no devices, or one of them twice; says in one line what is expected.
    """
    if text.strip() == ALL:
        return ()
    names: list[str] = []
    for entry in text.split(","):
        found = _ENTRY.fullmatch(entry.strip())
        if found is None:
            raise ValueError(f"expected {EXPECTED}")
        if found["gpu"]:
            names.append(f"cuda:{int(found['gpu'])}")
        elif 1 <= int(found["workers"]) <= MOST_ON_CPU:
            names += [f"cpu:{number}" for number in range(int(found["workers"]))]
        else:
            raise ValueError(f"expected from 1 to {MOST_ON_CPU} workers, as in cpu*2")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"expected each device once, {twice} is there twice")
    return tuple(names)


def is_device_list(text: str) -> bool:
    """Return whether a text means devices."""
    try:
        device_list(text)
    except ValueError:
        return False
    return True


def as_listed(names: Collection[str]) -> str:
    """Return devices as a person lists them, so that `device_list` returns their names."""
    numbers = [name.partition(":")[2] for name in names if not is_cpu(name)]
    on_cpu = sum(is_cpu(name) for name in names)
    return ",".join([*numbers, *([f"cpu*{on_cpu}"] if on_cpu else [])])


def loaded_on(name: str) -> str:
    """Return the device on which the worker of this name loads its model: workers share the CPU."""
    return "cpu" if is_cpu(name) else name


def gpu_number(name: str) -> int:
    """Return the number of a GPU, which torch calls `cuda:1`; 0 for `cuda`."""
    return int(name.partition(":")[2] or 0)


def is_cpu(name: str) -> bool:
    """Return whether a worker of this name computes on the CPU."""
    return name.partition(":")[0] == "cpu"
