"""The main memory that programs here may use: the machine's, or what a limit on this process leaves of it."""

from pathlib import Path

from msgspec import Struct

from fada_tui.core import cgroups


class MainMemory(Struct, frozen=True):
    """Main memory at one moment."""

    total: int
    """Bytes."""
    available: int
    """Bytes that programs can still take, the file cache included."""
    limited: bool
    """Whether a control group allows less than the machine has."""


def main_memory(root: Path = Path("/")) -> MainMemory:
    """Measure main memory.

    Args:
        root: where `proc` lies, for the control groups; another than `/` for tests.
    """
    import psutil  # here, as the dashboard's first frame waits for no library

    machine = psutil.virtual_memory()
    return within(int(machine.total), int(machine.available), cgroups.limits(root))


def within(total: int, available: int, groups: tuple[cgroups.GroupMemory, ...]) -> MainMemory:
    """Return what groups of processes leave of a machine's memory: the tightest limit, and the least room.

    Args:
        total: bytes of the machine.
        available: bytes that can still be taken there.
        groups: those that this process is in.
    """
    least = min((group.limit for group in groups), default=total)
    room = min((group.room for group in groups), default=available)
    return MainMemory(min(total, least), min(available, room), least < total)
