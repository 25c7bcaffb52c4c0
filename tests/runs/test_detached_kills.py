"""A queue left running, and kills of its process and worker at random moments."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from fada_tui.config.settings import Settings
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.store.queue_file import LOG_NAME, queue_worker, read_queue
from tests.conftest import LONG_ENOUGH, lives, wait_for, write_image
from tests.detached import ended_at_last, launched, wait_for_end, worker_pids, write_runs

pytestmark = pytest.mark.worker

RUNS = 3


def answers(folder: Path) -> dict[tuple[str, str], set[bytes]]:
    """All results of a run that are on disk, each as often as it was made differently."""
    with journal.shared(folder / journal.JOURNAL_NAME):
        lines = journal.read(folder / journal.JOURNAL_NAME).lines
        results = store.read_unmerged(folder).results
    found: dict[tuple[str, str], set[bytes]] = {}
    for one in (*results, *(line.result for line in lines if isinstance(line, journal.ResultLine))):
        found.setdefault(one.key, set()).add(msgspec.json.encode((one.response, one.timing)))
    return found


def made(folders: list[Path]) -> int:
    return sum(len(answers(folder)) for folder in folders)


def kill(*pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(map(lives, pids)))


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "results"
    with ended_at_last(folder):
        yield folder


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kills", "images"), [(2, 3), pytest.param(20, 24, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_nothing_and_make_nothing_twice(
    results: Path, tmp_path: Path, kills: int, images: int
) -> None:
    for number in range(images):
        write_image(tmp_path / "images" / "ABC"[number % 3] / f"{number}.png", number)
    settings = Settings(model=("fada-demo",) * RUNS, images=str(tmp_path / "images"))
    folders = write_runs(results, settings)
    moments = random.Random(kills)
    had: dict[Path, dict[tuple[str, str], set[bytes]]] = {folder: {} for folder in folders}
    pid = launched(results, settings)
    for number in range(kills):
        if number % 2 == 0 and read_queue(results):
            before = made(folders)
            wait_for(lambda: made(folders) > before or not queue_worker(results))  # noqa: B023
            time.sleep(moments.uniform(0, 0.3))
        else:
            time.sleep(moments.uniform(0, 4))
        match number % 3:
            case 0:
                kill(pid)
            case 1:
                kill(pid, *worker_pids(pid))
            case _:
                kill(*worker_pids(pid))
        for folder in folders:
            now = answers(folder)
            assert all(now[key] == result for key, result in had[folder].items())
            assert all(len(each) == 1 for each in now.values())
            had[folder] = now
        pid = launched(results, settings)
    wait_for(lambda: not read_queue(results), 5 * LONG_ENOUGH)
    wait_for_end(results, pid)
    for folder in folders:
        run = store.read_run(folder)
        assert run.status == "complete" and (folder / store.SUMMARY_NAME).exists()
        assert len(run.results) == images and not any(one.error for one in run.results)
        assert answers(folder) == answers(folder) | had[folder]
        left = {path.name for path in folder.iterdir()}
        assert left <= {*STANDARD, journal.QUARANTINE_NAME}
    responses = [[one.response for one in store.read_run(folder).results] for folder in folders]
    assert responses == responses[:1] * RUNS
    left = {path.name for path in results.iterdir() if not path.is_dir()}
    assert left == {store.COMPARISON_NAME, LOG_NAME}


STANDARD = (
    store.RUN_NAME,
    store.SUMMARY_NAME,
    store.DETAILS_NAME,
    store.TELEMETRY_NAME,
    store.LOG_NAME,
)
