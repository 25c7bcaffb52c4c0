"""Modes and groups of what is written: by the setting, after the folder, and as they were."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.config.last_run import remember
from fada_tui.config.settings import Settings
from fada_tui.core.atomic import write_whole
from fada_tui.core.file_modes import Files, open_file, open_to_append, owner_only
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.runs.publish import publish
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.lock import RunLock
from fada_tui.store.removal import remove_run
from tests.examples import result, run

ROOT = os.geteuid() == 0


@pytest.fixture(autouse=True, params=[0o022, 0o000, 0o077], ids=["022", "000", "077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def whole_run(results: Path, files: Files | None) -> Path:
    """A run with each file that is written in this process."""
    folder = store.create(results, "tiny", files=files)
    with RunLock(folder):
        store.write_run(folder, run())
        journal.append(folder / journal.JOURNAL_NAME, journal.ResultLine(result=result()))
        with (folder / journal.JOURNAL_NAME).open("ab") as file:
            file.write(b"no line\n")
        assert mode(folder / ".lock") == mode(folder / journal.JOURNAL_NAME) == mode(folder / "run.json")
        settled, _ = store.settle(folder)
        publish(folder, settled, load_registry(results / "none.toml", SHIPPED))
        open_to_append(folder / store.LOG_NAME).close()
    assert {one.name for one in folder.iterdir()} == {
        "run.json",
        "summary.md",
        "journal.quarantine",
        "worker.log",
    }
    return folder


def modes(results: Path) -> tuple[set[int], set[int]]:
    """The modes of the files and of the folders below results."""
    below = list(results.rglob("*"))
    return {mode(one) for one in below if one.is_file()}, {mode(one) for one in below if one.is_dir()}


def test_runs_are_for_their_owner(tmp_path: Path, umask: int) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o777)
    for results in (tmp_path / "new" / "results", there):
        whole_run(results, None)
        assert modes(results) == ({0o600}, {0o700})
    assert mode(tmp_path / "new" / "results") == 0o700
    assert mode(there) == 0o777 & ~umask  # nobody's folder is changed


def test_runs_are_for_the_group_of_a_folder_with_the_setgid_bit(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    if ROOT:
        os.chown(results, -1, 4242)
    results.chmod(0o2770)
    folder = whole_run(results, None)
    assert modes(results) == ({0o660}, {0o2770})
    assert {one.stat().st_gid for one in (folder, *results.rglob("*"))} == {results.stat().st_gid}
    alone = whole_run(results, "owner")
    assert modes(alone)[0] == {0o600} and mode(alone) == 0o700


def test_the_setting_decides(tmp_path: Path, umask: int) -> None:
    whole_run(tmp_path / "umask", "umask")
    assert modes(tmp_path / "umask") == ({0o666 & ~umask}, {0o777 & ~umask})
    shared = tmp_path / "group"
    shared.mkdir()
    if ROOT:
        os.chown(shared, -1, 4242)
    whole_run(shared, "group")
    assert modes(shared) == ({0o660}, {0o2770})
    assert {one.stat().st_gid for one in shared.rglob("*")} == {shared.stat().st_gid}
    whole_run(tmp_path / "new", "group")
    assert mode(tmp_path / "new") == 0o2770


def test_a_rewritten_file_keeps_mode_and_group(tmp_path: Path) -> None:
    folder = whole_run(tmp_path / "results", None)
    kept = {folder / "run.json": 0o640, folder / "summary.md": 0o604, folder.parent / "comparison.md": 0o664}
    for path, wanted in kept.items():
        path.chmod(wanted)
        if ROOT:
            os.chown(path, -1, 4242)
    with RunLock(folder):
        journal.append(folder / journal.JOURNAL_NAME, journal.ResultLine(result=result("A/b.png")))
        settled, _ = store.settle(folder)
        publish(folder, settled, load_registry(tmp_path / "none.toml", SHIPPED))
    for path, wanted in kept.items():
        assert mode(path) == wanted
        assert not ROOT or path.stat().st_gid == 4242


def test_other_files_follow_the_umask_and_our_own_are_the_owner_s(tmp_path: Path, umask: int) -> None:
    write_whole(tmp_path / "out.csv", b"x")
    assert mode(tmp_path / "out.csv") == 0o666 & ~umask
    write_whole(tmp_path / "own", b"x", owner_only)
    assert mode(tmp_path / "own") == 0o600
    remember(Settings(limit=3), tmp_path / "config" / "state.toml")
    assert mode(tmp_path / "config" / "state.toml") == 0o600 and mode(tmp_path / "config") == 0o700


def test_a_group_that_cannot_be_given_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would belong to another group than its folder is not opened to that one."""
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o2770)
    here, there = os.fstat, folder.stat().st_gid

    def elsewhere(descriptor: int) -> os.stat_result:
        found = here(descriptor)
        return os.stat_result((*found[:5], there + 1, *found[6:10]))

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fstat", elsewhere)
    monkeypatch.setattr(os, "fchown", refused)
    os.close(open_file(folder / "a", os.O_RDWR | os.O_CREAT))
    assert mode(folder / "a") == 0o600


def test_removing_a_run_works_in_all_of_them(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for files in ("owner", "group", "umask"):
        remove_run(whole_run(results, files), results)  # type: ignore[arg-type]
    assert [one.name for one in results.iterdir()] == ["comparison.md"]
