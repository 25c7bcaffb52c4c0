"""Who may read what the program writes: modes and groups of new files and folders.

The setting `files` decides about a run's folder when it is made. Whatever is made in that folder later, by
whichever process, takes after the folder. Where modes cannot be set, files are for their owner alone, or as
the file system has it.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

Files: TypeAlias = Literal["owner", "group", "umask"]
"""Whom a run's files are for: their owner, the results folder's group, too, or as the umask says."""

Access: TypeAlias = Callable[[int], None]
"""Sets mode and group of an open file, which so far is for its owner alone."""

_OWNER_FOLDER = 0o700
_GROUP_FOLDER = 0o2770
_TRIES = 10


def make_run_folder(path: Path, files: Files | None) -> None:
    """Make a folder, with its mode, in one that is there.

    Args:
        path: the new folder.
        files: whom it is for; `None` is its owner, and its group in a folder that has the setgid bit.

    Raises:
        FileExistsError: it is there already.
        OSError: it cannot be made.
    """
    if files == "umask":
        path.mkdir()
    else:
        path.mkdir(mode=_OWNER_FOLDER)
        set_folder(path, files, like=path.parent)


def set_folder(path: Path, files: Files | None, *, like: Path) -> None:
    """Set the mode of a folder that has just been made, for `make_run_folder` or of runs.

    Args:
        path: the folder.
        files: as for `make_run_folder`; nothing is done for `umask`.
        like: the folder whose group it is for.
    """
    if files == "umask":
        return
    parent = like.stat()
    if files == "owner" or (files is None and not parent.st_mode & stat.S_ISGID):
        with suppress(OSError):
            path.chmod(_OWNER_FOLDER)
        return
    with suppress(OSError):
        if path.stat().st_gid != parent.st_gid:
            os.chown(path, -1, parent.st_gid)
        path.chmod(_GROUP_FOLDER)


def as_folder(folder: Path) -> Access:
    """Return what lets a new file take after a folder: who may read and write there, may the file."""

    def apply(descriptor: int) -> None:
        like = folder.stat()
        _set(descriptor, like.st_mode & 0o666, like.st_gid, join=bool(like.st_mode & stat.S_ISGID))

    return apply


def owner_only(descriptor: int) -> None:
    """Leave a new file to its owner."""


def as_before(status: os.stat_result) -> Access:
    """Return what gives a file the mode and group of the one that it replaces."""

    def apply(descriptor: int) -> None:
        _set(descriptor, stat.S_IMODE(status.st_mode) & 0o777, status.st_gid, join=True)

    return apply


def open_file(path: Path, flags: int) -> int:
    """Open a file of a run and return its descriptor; with O_CREAT a new one takes after its folder.

    Raises:
        OSError: as `os.open`.
    """
    flags |= os.O_CLOEXEC
    if not flags & os.O_CREAT:
        return os.open(path, flags)
    for _ in range(_TRIES):  # others make and remove it, too
        if path.exists():
            with suppress(FileNotFoundError):
                return os.open(path, flags & ~os.O_CREAT)
        with suppress(FileExistsError):
            return create_file(path, flags)
    return os.open(path, flags, 0o600)


def create_file(path: Path, flags: int) -> int:
    """Make a file that is not there yet, which takes after its folder, and return its descriptor.

    Raises:
        FileExistsError: it is there.
        OSError: it cannot be made.
    """
    mode = path.parent.stat().st_mode & 0o666
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _without_group(mode))
    try:
        as_folder(path.parent)(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_to_append(path: Path) -> BinaryIO:
    """Open a file of a run to append to; a new one takes after its folder. Raises `OSError`."""
    return os.fdopen(open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")


def _set(descriptor: int, mode: int, group: int, *, join: bool) -> None:
    """Set a file's mode; what a group may is given to no other group.

    Args:
        descriptor: of the file.
        mode: to set.
        group: for which the mode's middle part is meant.
        join: give the file to that group, if the system lets us.
    """
    with suppress(OSError):
        if os.fstat(descriptor).st_gid != group and join:
            with suppress(OSError):
                os.fchown(descriptor, -1, group)
        if os.fstat(descriptor).st_gid != group:
            mode = _without_group(mode)
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
            os.fchmod(descriptor, mode)


def _without_group(mode: int) -> int:
    """Return a mode that lets a group do what everyone may."""
    return (mode & ~0o070) | (mode & 0o007) << 3
