"""A power cut: what is left on a disk that has written nothing but what it was told to wait for."""

import os
import shutil
from pathlib import Path


class PowerCut:
    """What happens on a disk, and what of it a power cut leaves.

    A file keeps what it held at its last fsync, and its name if its folder was synced since the file came
    there. The folder beneath which all lies keeps all its names. This holds for what the program does: files
    are appended to or written anew, never changed in their middle, and folders keep their names.

    Args:
        disk: the folder, as it is before; all of it is on disk.
        place: a folder beside it.
    """

    def __init__(self, disk: Path, place: Path) -> None:
        self._disk = disk
        self.trace, self.keep = place / "trace", place / "kept"
        self.trace.write_bytes(b"")
        self.keep.mkdir()
        self._files: dict[str, int] = {}
        self._sizes: dict[int, int] = {}
        self._folders: set[str] = set()
        for path in disk.rglob("*"):
            name = str(path.relative_to(disk))
            if path.is_dir():
                self._folders.add(name)
                continue
            found = path.stat()
            self._files[name] = found.st_ino
            self._sizes[found.st_ino] = found.st_size
            os.link(path, self.keep / str(found.st_ino))

    def restore(self) -> None:
        """Give the disk the content that the power cut leaves."""
        folders, files = self._left()
        shutil.rmtree(self._disk)
        self._disk.mkdir()
        for name in sorted(folders):
            if (self._disk / name).parent.is_dir():
                (self._disk / name).mkdir()
        for name, number in files.items():
            if (self._disk / name).parent.is_dir():
                content = (self.keep / str(number)).read_bytes()
                (self._disk / name).write_bytes(content[: self._sizes[number]])

    def _left(self) -> tuple[set[str], dict[str, int]]:
        """The folders and files that have their names on disk, by what was called."""
        files, folders = dict(self._files), set(self._folders)
        left_files, left_folders = dict(files), set(folders)
        for line in self.trace.read_text().splitlines():
            call, inode, size, path = line.split(" ", 3)
            number = int(inode)
            match call:
                case "create" | "link":
                    files[path] = number
                    self._sizes.setdefault(number, 0)
                case "rename":
                    files = {name: file for name, file in files.items() if file != number} | {path: number}
                case "unlink":
                    files.pop(path, None)
                case "mkdir":
                    folders.add(path)
                case "rmdir":
                    folders.discard(path)
                case "fsync" if path in folders:
                    left_files = _synced(path, left_files, files)
                    left_folders = set(
                        _synced(path, dict.fromkeys(left_folders, 0), dict.fromkeys(folders, 0))
                    )
                case "fsync":
                    self._sizes[number] = int(size)
            if "/" not in path:
                left_folders |= {path} & folders
        return left_folders, left_files


def _synced(folder: str, left: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """What is left, with the names in one folder as they are now."""
    elsewhere = {name: file for name, file in left.items() if os.path.dirname(name) != folder}  # noqa: PTH120
    return elsewhere | {name: file for name, file in now.items() if os.path.dirname(name) == folder}  # noqa: PTH120
