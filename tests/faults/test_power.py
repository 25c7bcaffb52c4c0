"""What a power cut leaves, by the calls that were made: synced names, and synced content."""

import os
from pathlib import Path

import pytest

from tests.faults.power import PowerCut


class Calls:
    """Calls on a disk, told to a power cut as the library tells them."""

    def __init__(self, folder: Path) -> None:
        self.disk, place = folder / "disk", folder / "place"
        place.mkdir()
        for name in ("results", "results/.aside"):
            (self.disk / name).mkdir(parents=True)
        self.cut = PowerCut(self.disk, place)

    def told(self, call: str, name: str) -> None:
        found = (self.disk / name).stat()
        if call == "create":
            os.link(self.disk / name, self.cut.keep / str(found.st_ino))
        with self.cut.trace.open("a") as trace:
            trace.write(f"{call} {found.st_ino} {found.st_size} {name}\n")

    def mkdir(self, name: str) -> None:
        (self.disk / name).mkdir()
        self.told("mkdir", name)

    def write(self, name: str, text: str) -> None:
        (self.disk / name).write_text("")
        self.told("create", name)
        (self.disk / name).write_text(text)

    def rename(self, old: str, new: str) -> None:
        (self.disk / old).rename(self.disk / new)
        self.told("rename", new)

    def rmdir(self, name: str) -> int:
        number = (self.disk / name).stat().st_ino
        (self.disk / name).rmdir()
        with self.cut.trace.open("a") as trace:
            trace.write(f"rmdir 0 0 {name}\n")
        return number

    def sync(self, *names: str) -> None:
        for name in names:
            self.told("fsync", name)

    def left(self) -> dict[str, str]:
        """Files with their texts, and folders, once the power was cut."""
        self.cut.restore()
        paths = sorted(self.disk.rglob("*"))
        return {str(path.relative_to(self.disk)): "" if path.is_dir() else path.read_text() for path in paths}


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    return Calls(tmp_path)


def test_a_file_is_what_it_was_when_it_was_synced(calls: Calls) -> None:
    calls.write("results/a", "kept")
    calls.sync("results/a", "results")
    (calls.disk / "results/a").write_text("kept and more")
    calls.write("results/b", "content without a name")
    calls.sync("results/b")
    calls.write("results/.aside/c", "a name without content")
    calls.sync("results/.aside")
    assert calls.left() == {"results": "", "results/.aside": "", "results/.aside/c": "", "results/a": "kept"}


@pytest.mark.parametrize("synced", [False, True])
def test_a_folder_that_is_moved_is_in_one_place_with_what_it_held(calls: Calls, synced: bool) -> None:
    calls.mkdir("results/.aside/run")
    calls.sync("results/.aside")
    calls.write("results/.aside/run/run.json", "whole")
    calls.sync("results/.aside/run/run.json", "results/.aside/run")
    calls.write("results/.aside/run/unsynced", "lost")
    calls.rename("results/.aside/run", "results/run")
    if synced:
        calls.sync("results")
    where = "results/run" if synced else "results/.aside/run"
    assert calls.left() == {"results": "", "results/.aside": "", where: "", f"{where}/run.json": "whole"}


def test_a_file_with_the_inode_of_a_folder_that_is_gone_is_a_file(calls: Calls) -> None:
    calls.mkdir("results/run")
    number = calls.rmdir("results/run")
    calls.write("results/a", "kept")
    own = (calls.disk / "results/a").stat().st_ino
    calls.sync("results/a", "results")
    calls.cut.trace.write_text(calls.cut.trace.read_text().replace(f" {own} ", f" {number} "))
    (calls.cut.keep / str(own)).rename(calls.cut.keep / str(number))
    assert calls.left() == {"results": "", "results/.aside": "", "results/a": "kept"}


def test_a_folder_whose_removal_was_not_synced_is_there_again(calls: Calls) -> None:
    calls.mkdir("results/run")
    calls.sync("results")
    calls.rmdir("results/run")
    assert calls.left() == {"results": "", "results/.aside": "", "results/run": ""}
