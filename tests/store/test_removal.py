import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fada_tui.core.errors import RunLockedError, StoreError
from fada_tui.store import folder as store
from fada_tui.store.journal import JOURNAL_NAME
from fada_tui.store.lock import LOCK_NAME, RunLock
from fada_tui.store.removal import REMOVED_NAME, is_run_folder, remove_run
from tests import examples
from tests.ordinary import as_ordinary_user, open_folder

HOLD = (
    "import sys; from pathlib import Path; from fada_tui.store.lock import RunLock;"
    "lock = RunLock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)


def make_run(results: Path, name: str = "20260101-000000_tiny") -> Path:
    folder = results / name
    folder.mkdir(parents=True)
    store.write_run(folder, examples.run(id=name, results=(examples.result(),)))
    (folder / "telemetry.csv").write_text("time\n")
    (folder / "inner").mkdir()
    (folder / "inner" / "more").write_text("more")
    return folder


def test_the_folder_is_gone_and_its_neighbour_is_not(tmp_path: Path) -> None:
    folder, neighbour = make_run(tmp_path), make_run(tmp_path, "20260102-000000_tiny")
    remove_run(folder, tmp_path)
    assert list(tmp_path.iterdir()) == [neighbour]
    assert store.read_run(neighbour).results


def test_a_damaged_run_and_one_with_a_journal_alone_can_be_deleted(tmp_path: Path) -> None:
    for name in (store.RUN_NAME, JOURNAL_NAME):
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / name).write_text("{")
        assert is_run_folder(folder)
        remove_run(folder, tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_directly_in_the_results_stays(tmp_path: Path) -> None:
    results = tmp_path / "results"
    inside = make_run(results)
    outside = make_run(tmp_path, "elsewhere")
    nested = make_run(inside, "nested")
    (results / "images").mkdir()
    (results / "images" / "a.png").write_text("picture")
    (results / "file").write_text("")
    (tmp_path / store.RUN_NAME).write_text("{}")
    for folder in (
        outside,
        nested,
        results,
        results / "..",
        results / "images",
        results / "file",
        results / "nothing",
        results / inside.name / ".." / ".." / "elsewhere",
    ):
        with pytest.raises(StoreError) as caught:
            remove_run(folder, results)
        assert "\n" not in str(caught.value)
    assert all((folder / store.RUN_NAME).exists() for folder in (inside, outside, nested, tmp_path))
    assert (results / "images" / "a.png").exists()


def test_a_link_to_a_run_is_not_followed(tmp_path: Path) -> None:
    results = tmp_path / "results"
    elsewhere = make_run(tmp_path, "elsewhere")
    results.mkdir()
    (results / "link").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="is a link"):
        remove_run(results / "link", results)
    assert store.read_run(elsewhere).results


def test_links_inside_a_run_go_without_what_they_point_to(tmp_path: Path) -> None:
    results = tmp_path / "results"
    folder = make_run(results)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_text("picture")
    (folder / "images").symlink_to(tmp_path / "images")
    remove_run(folder, results)
    assert (tmp_path / "images" / "a.png").exists()


def test_nothing_is_moved_to_where_a_link_points(tmp_path: Path) -> None:
    results = tmp_path / "results"
    folder = make_run(results)
    (tmp_path / "elsewhere").mkdir()
    (results / REMOVED_NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="link"):
        remove_run(folder, results)
    assert store.read_run(folder).results


def test_a_run_that_another_program_writes_stays_whole(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLockedError, match=str(holder.pid)):
            remove_run(folder, tmp_path)
        assert store.read_run(folder).results
    remove_run(folder, tmp_path)
    assert not folder.exists()


def test_a_run_that_this_program_writes_stays(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    with RunLock(folder), pytest.raises(RunLockedError):
        remove_run(folder, tmp_path)
    assert store.read_run(folder).results
    assert not (folder / LOCK_NAME).exists()


def test_a_crash_in_the_middle_leaves_no_half_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_run(tmp_path)

    def crash(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", crash)
        with pytest.raises(KeyboardInterrupt):
            remove_run(folder, tmp_path)
    assert list(store.folders(tmp_path)) == []
    warnings: list[str] = []
    assert list(store.each_run(tmp_path, warnings)) == [] == warnings

    # One of the same name can be made and deleted, which clears what the crash left.
    remove_run(make_run(tmp_path), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_so_and_stays() -> None:
    with open_folder() as results:
        folder = make_run(results)
        results.chmod(0o555)
        folder.chmod(0o777)
        try:
            with as_ordinary_user(), pytest.raises(StoreError, match="nothing was deleted"):
                remove_run(folder, results)
            assert store.read_run(folder).results
            assert not (folder / LOCK_NAME).exists()
        finally:
            results.chmod(0o755)
