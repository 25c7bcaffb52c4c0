"""How much main memory Linux's control groups leave a process: batch schedulers and containers limit it so.

A process is in a group of the unified hierarchy (version 2), of the older one for memory (version 1), or of
both. Each group lies in another, and each of them can have a limit: the tightest counts.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from msgspec import Struct

_MOUNTS = "proc/self/mountinfo"
_GROUPS = "proc/self/cgroup"

_MOST = 2**20
"""Characters that are read of a file."""


class GroupMemory(Struct, frozen=True):
    """The main memory that a control group allows its processes."""

    limit: int
    """Bytes."""
    used: int
    """Bytes in use, without the file cache and whatever else the system gives back when it is asked."""

    @property
    def room(self) -> int:
        """Return the bytes that are left."""
        return max(self.limit - self.used, 0)


class _Version(Struct, frozen=True):
    """The names of a hierarchy's files and figures."""

    limits: tuple[str, ...]
    usage: str
    reclaimable: tuple[str, ...]


_UNIFIED = _Version(
    # Beyond `high` nothing is killed, and everything comes to a near stop.
    ("memory.max", "memory.high"),
    "memory.current",
    ("active_file", "inactive_file", "slab_reclaimable"),
)
_OLDER = _Version(
    ("memory.limit_in_bytes",), "memory.usage_in_bytes", ("total_active_file", "total_inactive_file")
)


def limits(root: Path = Path("/")) -> tuple[GroupMemory, ...]:
    """Return the memory of every control group that this process is in and that has a limit.

    Nothing is raised: what cannot be read limits nothing, as on systems without such groups.

    Args:
        root: where `proc` lies; another than `/` for tests.
    """
    return tuple(found for folder, version in _folders(root) if (found := _memory(folder, version)))


def _folders(root: Path) -> Iterator[tuple[Path, _Version]]:
    """Yield the folders of this process's groups, each after those that lie in it."""
    groups = dict(_groups(_text(root / _GROUPS)))
    for mount in _text(root / _MOUNTS).splitlines():
        before, _, after = mount.partition(" - ")
        fields, kinds = before.split(), after.split()
        if len(fields) < 5 or len(kinds) < 3:
            continue
        if kinds[0] == "cgroup2":
            version, group = _UNIFIED, groups.get("")
        elif kinds[0] == "cgroup" and "memory" in kinds[2].split(","):
            version, group = _OLDER, groups.get("memory")
        else:
            continue
        if group is None:
            continue
        top = root / _unescaped(fields[4]).lstrip("/")
        parts = _below(group, _unescaped(fields[3]))
        for count in range(len(parts), -1, -1):
            yield top.joinpath(*parts[:count]), version


def _groups(text: str) -> Iterator[tuple[str, str]]:
    """Yield each controller of a process with its group; the unified hierarchy's is empty."""
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        for controller in controllers.split(","):
            yield controller, group


def _below(group: str, mounted: str) -> tuple[str, ...]:
    """Return a group's path below what is mounted: all of the tree, or, in a container, the container's part.

    A group that lies elsewhere is out of sight: what can be seen then is what is mounted itself.
    """
    try:
        parts = PurePosixPath(group).relative_to(mounted).parts
    except ValueError:
        return ()
    return () if ".." in parts else parts


def _memory(folder: Path, version: _Version) -> GroupMemory | None:
    """Return a group's memory; `None` if it has no limit. Use that is not told takes nothing off it."""
    limit = min(
        (found for name in version.limits if (found := _number(folder / name)) is not None), default=None
    )
    if limit is None:
        return None
    used = _number(folder / version.usage) or 0
    told = dict(
        line.split()[:2] for line in _text(folder / "memory.stat").splitlines() if len(line.split()) > 1
    )
    back = sum(int(told[name]) for name in version.reclaimable if told.get(name, "").isdecimal())
    return GroupMemory(limit, max(used - back, 0))


def _number(path: Path) -> int | None:
    """Return the number in a file; `None` for `max`, and where there is none."""
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""


def _unescaped(path: str) -> str:
    """Return a path of the list of mounts, in which some characters are octal numbers (proc(5))."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(code, character)
    return path
