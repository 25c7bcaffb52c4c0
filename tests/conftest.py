"""What the tests share: a small real checkpoint, a folder of images, the program in a subprocess."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from fada_tui.core.errors import FadaError
from fada_tui.store import folder as runs
from fada_tui.store import journal
from tests.quick import NO_WORKER, imports_torch, takes_long

os.environ["OMP_NUM_THREADS"] = "1"
"""Here and in every program, before torch is imported: tests run side by side, and have one core each."""

LONG_ENOUGH = 120.0
"""Seconds that tests wait for what must come, on the busiest machine; only a failure takes them all."""

SLOW_SECONDS = 1800.0
"""What a slow test has that names no time of its own: it waits several times for what must come."""

WORKER = "fada_tui.worker"
"""In the command of a worker."""

PROGRAM = [sys.executable, "-P", "-m", "fada_tui.cli"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--quick`."""
    parser.addoption("--quick", action="store_true", help="only tests that need neither a worker nor torch")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, in a quick run, what imports torch."""
    if config.getoption("quick") and collection_path.suffix == ".py" and imports_torch(collection_path):
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, in a quick run, what starts a worker; what does all the same fails.

    Slow tests have more time than others.
    """
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))
    if config.getoption("quick"):
        os.environ["PYTHONPATH"] = os.pathsep.join(
            [str(NO_WORKER), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        config.hook.pytest_deselected(items=[item for item in items if takes_long(item)])
        items[:] = [item for item in items if not takes_long(item)]


@pytest.fixture(autouse=True)
def isolated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No test sees this machine's settings, models, hub or display; a dashboard's fault fails its test."""
    here = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("FADA_TUI_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(here / "config"))
    monkeypatch.setenv("HF_HOME", str(here / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):  # where there is one, more can be done
        monkeypatch.delenv(name, raising=False)
    yield
    log = here / "config" / "faults.log"
    if log.exists() and not request.node.get_closest_marker("faults"):
        pytest.fail(f"the dashboard went on after a fault:\n{log.read_text()}", pytrace=False)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random SmolVLM-architecture checkpoint on disk."""
    from tests.checkpoints import save_idefics3

    return save_idefics3(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, some of whose answers are short and most endless, and whose cache outgrows all else."""
    from tests.checkpoints import save_idefics3

    return save_idefics3(tmp_path_factory.mktemp("checkpoints") / "uneven", seed=4, wide_cache=True)


def write_image(path: Path, seed: int = 0, size: tuple[int, int] = (96, 64)) -> Path:
    """A noisy RGB image, different for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two categories of two images each."""
    root = tmp_path / "images"
    for number, name in enumerate(["A/A_001.png", "A/A_002.png", "B/B_001.png", "B/B_002.png"]):
        write_image(root / name, number)
    return root


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve images in three categories."""
    root = tmp_path / "many"
    for number in range(12):
        write_image(root / "ABC"[number % 3] / f"{number}.png", number)
    return root


@dataclass
class Program:
    """The program, started as a user would, in a folder of its own."""

    cwd: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: str | Path, timeout: float = 120, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.cwd,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )

    def batch(self, *arguments: str | Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        """Run `--batch --json`; return the process and the object of its last line."""
        done = self.run("--batch", "--json", *arguments)
        lines = done.stdout.splitlines()
        return done, json.loads(lines[-1]) if lines else {}

    def start(self, *arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
        """Start and leave running."""
        return subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.cwd,
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program in an empty folder; whatever it leaves running is ended."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield Program(cwd)
    for process in psutil.Process().children(recursive=True):
        if process.pid not in before:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
                process.kill()


def wait_for(condition: Callable[[], Any], seconds: float = LONG_ENOUGH) -> Any:
    """Wait until a condition holds and return its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {condition}")


async def in_some_try(check: Callable[[], Awaitable[Any]], tries: int = 4) -> Any:
    """Return what a check returns that goes by seconds of the program's own: one may meet a standstill."""
    for _ in range(tries - 1):
        with contextlib.suppress(AssertionError, FadaError):
            return await check()
    return await check()


@contextlib.contextmanager
def leaves_nothing_open() -> Iterator[None]:
    """What is done within leaves no file open; threads of other tests may open and close theirs meanwhile."""
    before = _open_files()
    yield
    wait_for(lambda: _open_files() <= before)


def _open_files() -> set[str]:
    """What this process has open, pipes and sockets each by number."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # another thread closes it just now
            found.add(str(entry.readlink()))
    return found


def lives(process: int | psutil.Process) -> bool:
    """Whether a process, or that with an id, runs; it may end while it is looked at."""
    try:
        one = psutil.Process(process) if isinstance(process, int) else process
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children_with(pid: int, word: str, *, recursive: bool = False) -> list[psutil.Process]:
    """The processes below one that have a word in their command; any of them may end meanwhile."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(pid).children(recursive=recursive):
            with contextlib.suppress(psutil.NoSuchProcess):
                if word in one.cmdline():
                    found.append(one)
    return found


def worker_of(process: "subprocess.Popen[str]") -> psutil.Process | None:
    """The worker process of a running program."""
    return next(iter(children_with(process.pid, WORKER)), None)


def tell(process: "subprocess.Popen[str]", *signals: signal.Signals) -> None:
    """Send a program signals, each once it has taken the one before: two alike that wait are one."""
    for number in signals:
        process.send_signal(number)
        wait_for(lambda number=number: not _waits(process.pid, number))


def _waits(pid: int, number: signal.Signals) -> bool:
    """Whether a signal has yet to reach a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return False
    waiting = next((int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd:")), 0)
    return bool(waiting >> (number - 1) & 1)


def kill_everything(process: "subprocess.Popen[str]") -> None:
    """SIGKILL the program and its worker at once."""
    worker = worker_of(process)
    process.send_signal(signal.SIGKILL)
    if worker:
        try:
            worker.send_signal(signal.SIGKILL)
            psutil.wait_procs([worker], timeout=10)
        except psutil.NoSuchProcess:
            pass
    process.communicate()


def run_folders(cwd: Path) -> list[Path]:
    """The folders of all runs that a program wrote below its folder."""
    return list(runs.folders(cwd / "results"))


def journaled(cwd: Path) -> int:
    """How many results are in the journal of the only run."""
    folders = run_folders(cwd)
    if not folders:
        return 0
    lines = journal.read(folders[0] / journal.JOURNAL_NAME).lines
    return sum(isinstance(line, journal.ResultLine) for line in lines)


def load(folder: Path) -> dict[str, Any]:
    """A run's raw data."""
    return json.loads((folder / runs.RUN_NAME).read_bytes())
