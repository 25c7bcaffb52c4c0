"""Temporary files beside the one that they become: a name for each, that tells whose it is."""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from fada_tui.core.process import Process, identify, this_machine

OF_OTHERS_SECONDS = 24 * 3600.0
"""Age from which another machine's temporary file, or one of an older version, is a leftover."""

_LONGEST_NAME = 40
"""Characters of the file's own name in its temporary's: a file system allows 255 bytes."""

_NAMED = re.compile(
    r"\..*\.(?P<pid>\d{1,10})-(?P<started>\d+)-(?P<machine>[0-9a-f]{8})-[0-9a-f]{8}\.tmp", re.DOTALL
)

_FORMER = re.compile(r"\.(run\.json|summary\.md|comparison\.md|models\.toml|state\.toml)\.\d+\.tmp")
"""As older versions named them."""


def beside(path: Path) -> Path:
    """Return the path of a temporary file in the same folder that no other thread or process has."""
    ours = identify(os.getpid())
    name = path.name[:_LONGEST_NAME]
    return path.with_name(f".{name}.{ours.pid}-{ours.started}-{_machine()}-{os.urandom(4).hex()}.tmp")


def leftovers(folder: Path) -> Iterator[Path]:
    """Yield the temporary files in a folder whose program was killed before it could remove them."""
    try:
        found = [entry.path for entry in os.scandir(folder) if entry.name.endswith(".tmp")]
    except OSError:
        return
    yield from (path for path in map(Path, found) if _is_left(path))


def clean(folder: Path) -> None:
    """Remove what killed programs left in a folder; what cannot be removed stays."""
    for path in leftovers(folder):
        remove_quietly(path)


def remove_quietly(path: Path) -> None:
    """Remove a file if that is possible."""
    with contextlib.suppress(OSError):
        path.unlink()


def _is_left(path: Path) -> bool:
    named = _NAMED.fullmatch(path.name)
    if named and named["machine"] == _machine():
        return not Process(int(named["pid"]), int(named["started"])).lives
    if not named and not _FORMER.fullmatch(path.name):
        return False
    try:
        return time.time() - path.lstat().st_mtime > OF_OTHERS_SECONDS
    except OSError:
        return False


def _machine() -> str:
    return hashlib.sha256(repr(this_machine()).encode()).hexdigest()[:8]
