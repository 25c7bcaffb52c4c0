"""A power cut: what is left on a disk that has written nothing but what it was told to wait for."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath

Names = dict[str, int]
"""The names in a folder, with what each is: a file's inode, or a folder's own number, which is negative."""

ROOT = -1


class PowerCut:
    """What happens on a disk, and what of it a power cut leaves.

    A file keeps what it held at its last fsync. A folder keeps the names that it had at its own; the folder
    beneath which all lies keeps all of them. This holds for what the program does: files are appended to or
    written anew, never changed in their middle. A folder that is moved is in one place, whatever was synced:
    file systems keep both sides of a move or neither.

    Args:
        disk: the folder, as it is before; all of it is on disk.
        place: a folder beside it.
    """

    def __init__(self, disk: Path, place: Path) -> None:
        self._disk = disk
        self.trace, self.keep = place / "trace", place / "kept"
        self.trace.write_bytes(b"")
        self.keep.mkdir()
        self._names: dict[int, Names] = {ROOT: {}}
        self._folders = {disk.stat().st_ino: ROOT}
        self._sizes: dict[int, int] = {}
        for path in sorted(disk.rglob("*")):
            found = path.stat()
            if path.is_dir():
                number = self._folders[found.st_ino] = ROOT - len(self._folders)
                self._names[number] = {}
            else:
                number = found.st_ino
                self._sizes[number] = found.st_size
                os.link(path, self.keep / str(number))
            self._names[self._folders[path.parent.stat().st_ino]][path.name] = number

    def restore(self) -> None:
        """Give the disk the content that the power cut leaves."""
        left = self._left()
        shutil.rmtree(self._disk)
        for path, number in ((Path(), ROOT), *_walk(left, ROOT, Path())):
            if number < 0:
                (self._disk / path).mkdir()
            else:
                content = (self.keep / str(number)).read_bytes()
                (self._disk / path).write_bytes(content[: self._sizes[number]])

    def _left(self) -> dict[int, Names]:
        """The names that each folder has on disk, by what was called."""
        now, left = ({number: dict(names) for number, names in self._names.items()} for _ in range(2))
        folders = dict(self._folders)
        """Of inodes, which may be another's once a folder is gone."""
        for line in self.trace.read_text().splitlines():
            call, inode, size, name = line.split(" ", 3)
            path = PurePath(name)
            parent = _found(now, path.parent)
            if parent is None:
                continue
            if call == "mkdir":
                folders[int(inode)] = ROOT - len(now)
            number = folders.get(int(inode), int(inode))
            match call:
                case "mkdir":
                    now[parent][path.name] = number
                    now[number], left[number] = {}, {}
                case "create" | "link":
                    now[parent][path.name] = number
                    self._sizes.setdefault(number, 0)
                case "rename":
                    replaced = now[parent].get(path.name)
                    _forget(now, number)
                    now[parent][path.name] = number
                    folders = {one: other for one, other in folders.items() if other != replaced}
                case "unlink" | "rmdir":
                    gone = now[parent].pop(path.name, None)
                    folders = {one: other for one, other in folders.items() if other != gone}
                case "fsync" if number < 0:
                    for moved in now[number].values():
                        if moved < 0:
                            _forget(left, moved)
                    left[number] = dict(now[number])
                case "fsync":
                    self._sizes[number] = int(size)
            left[ROOT] = dict(now[ROOT])
        return left


def _forget(names: dict[int, Names], number: int) -> None:
    """Remove all names of a file or folder."""
    for folder in names:
        names[folder] = {name: one for name, one in names[folder].items() if one != number}


def _found(names: dict[int, Names], path: PurePath) -> int | None:
    """Return a folder's number."""
    number: int | None = ROOT
    for part in path.parts:
        number = None if number is None else names.get(number, {}).get(part)
    return number


def _walk(names: dict[int, Names], folder: int, path: Path) -> Iterator[tuple[Path, int]]:
    """Yield what lies in a folder, each folder before its content."""
    for name, number in names[folder].items():
        yield path / name, number
        if number < 0:
            yield from _walk(names, number, path / name)
