"""Workers that go on from run to run: real queues, processes and checkpoints."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from fada_tui.core.protocol import Load, Loaded
from fada_tui.core.records import ModelEntry, ModelFacts
from fada_tui.runs.events import ModelReady, RunEnded
from fada_tui.runs.worker_client import client as worker_client
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.runs.worker_client.model_identity import identity, leaves_traces
from fada_tui.runs.worker_client.pool import WorkerPool
from fada_tui.runs.worker_client.process import WorkerProcess
from fada_tui.store.lock import RunLock, is_locked
from tests.checkpoints import save_idefics3
from tests.conftest import LONG_ENOUGH, Program, lives, load, wait_for
from tests.runs.test_run_queue import Bench, bench, planned

__all__ = ["bench"]

GOES_ON = "goes on from another run; its model is"


class Runs:
    """Runs one model after another and notes which worker each had."""

    def __init__(self, bench: Bench, images: Path) -> None:
        self.bench = bench
        self.images = images
        self.pids: list[int | None] = []
        self.bench.hooks.append(self._ready)

    def _ready(self, event: object) -> None:
        if isinstance(event, ModelReady):
            self.pids.append(self.bench.queue.worker_pid)

    async def run(self, model: str | Path, **settings: Any) -> Path:
        settings = {"limit": 1, "max_new_tokens": 4} | settings
        self.bench.add(*planned(self.bench, self.images, model, **settings))
        await self.bench.rest()
        ended: RunEnded = self.bench.of(RunEnded)[-1]
        return ended.folder

    @property
    def kept(self) -> int | None:
        return self.bench.queue.worker_pid


@pytest.fixture
def runs(bench: Bench, images: Path) -> Runs:
    return Runs(bench, images)


def log(folder: Path) -> str:
    return (folder / "worker.log").read_text()


async def test_the_same_model_is_not_loaded_again(runs: Runs, tiny: Path) -> None:
    first = await runs.run(tiny)
    before = log(first)
    second = await runs.run(tiny, max_new_tokens=6)
    assert runs.pids[0] == runs.pids[1] == runs.kept
    one, two = load(first), load(second)
    assert two["model"]["load_time"] == one["model"]["load_time"] > 0
    assert (two["status"], len(two["results"])) == ("complete", 1)
    assert two["environment"]["torch"] == one["environment"]["torch"] is not None
    assert GOES_ON not in before and log(first) == before
    assert f"worker {runs.kept} {GOES_ON} loaded already" in log(second)


async def test_another_model_is_loaded_in_the_same_process(runs: Runs, tiny: Path) -> None:
    first = await runs.run(tiny)
    before = log(first)
    second = await runs.run("fada-demo")
    third = await runs.run(tiny)
    assert len(set(runs.pids)) == 1
    assert f"{GOES_ON} dropped" in log(second) and log(first) == before
    assert load(third)["model"]["load_time"] != load(first)["model"]["load_time"]
    assert load(third)["results"][0]["response"] == load(first)["results"][0]["response"]


async def test_a_process_that_may_have_run_foreign_code_ends_with_its_model(runs: Runs, tiny: Path) -> None:
    await runs.run(tiny, allow_pickle=True)
    folder = await runs.run("fada-demo")
    assert len(set(runs.pids)) == 2
    assert load(folder)["status"] == "complete" and GOES_ON not in log(folder)


@pytest.mark.slow
async def test_a_process_that_had_packed_weights_ends_with_its_model(runs: Runs, tmp_path: Path) -> None:
    config = save_idefics3(tmp_path / "packed") / "config.json"
    told = json.loads(config.read_bytes()) | {"quantization_config": {"quant_method": "fp8"}}
    config.write_text(json.dumps(told))
    first = await runs.run(tmp_path / "packed")
    assert load(first)["status"] == "complete"
    folder = await runs.run("fada-demo")
    assert len(set(runs.pids)) == 2
    assert load(folder)["status"] == "complete" and GOES_ON not in log(folder)


async def test_a_kept_worker_holds_nothing_of_the_run(runs: Runs, tiny: Path) -> None:
    folder = await runs.run(tiny)
    assert runs.kept and not is_locked(folder)
    RunLock(folder, patience=0).release()
    assert not [file.path for file in psutil.Process(runs.kept).open_files() if str(folder) in file.path]


async def test_a_run_is_locked_as_long_as_a_kept_worker_answers_in_it(
    runs: Runs, tiny: Path, tmp_path: Path
) -> None:
    await runs.run(tiny)
    lock = RunLock(tmp_path)
    client = WorkerClient(tmp_path / "worker.log", Deadlines(), keep_open=(lock.descriptor,))
    kept = runs.bench.queue._pool.take("")
    assert kept and await client.take_over(kept, kept.command)
    lock._lock._released.set()  # nothing touches what has its number next
    os.close(lock.descriptor)  # what the kernel does when the program dies
    assert is_locked(tmp_path)
    parted = await client.part()
    assert parted is None  # nothing was loaded or answered for this run
    await client.kill()
    assert not is_locked(tmp_path)


async def test_a_worker_killed_while_it_was_kept_is_replaced(runs: Runs, tiny: Path) -> None:
    await runs.run(tiny)
    assert runs.kept
    os.kill(runs.kept, signal.SIGKILL)
    folder = await runs.run(tiny)
    assert load(folder)["status"] == "complete" and runs.bench.problems == []
    assert runs.pids[0] != runs.pids[1]
    assert GOES_ON not in log(folder)


async def test_closing_does_not_wait_for_a_kept_worker_that_hangs(runs: Runs, tiny: Path) -> None:
    await runs.run(tiny)
    kept = runs.kept
    assert kept
    os.kill(kept, signal.SIGSTOP)
    begun = time.monotonic()
    assert await runs.bench.queue.close(0.5)
    assert time.monotonic() - begun < 30, "it would hang for good"
    assert not psutil.pid_exists(kept)


async def test_a_worker_whose_model_could_not_be_loaded_is_not_kept(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = await runs.run(tmp_path / "empty")
    assert load(folder)["status"] == "failed"
    assert runs.kept is None


async def test_a_checkpoint_saved_anew_is_loaded_anew(runs: Runs, tmp_path: Path) -> None:
    save_idefics3(tmp_path / "own")
    first = await runs.run(tmp_path / "own")
    weights = tmp_path / "own" / "model.safetensors"
    os.utime(weights, ns=(1, 1))
    second = await runs.run(tmp_path / "own")
    assert load(first)["model"]["load_time"] != load(second)["model"]["load_time"]
    assert f"{GOES_ON} dropped" in log(second)


async def with_model(model: Path, folder: Path) -> WorkerClient:
    """A worker of its own that has loaded a model."""
    client = WorkerClient(folder / "worker.log", Deadlines())
    await client.start()
    entry = ModelEntry(name="tiny", source=str(model))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    assert [isinstance(event, Loaded) async for event in client.load(command)][-1]
    return client


async def test_a_worker_that_stands_still_for_a_while_between_two_runs_is_kept(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_client, "POLITE_SECONDS", 0.01)
    client = await with_model(tiny, tmp_path)
    assert client.pid
    os.kill(client.pid, signal.SIGSTOP)
    parting = asyncio.create_task(client.part())
    ended, _ = await asyncio.wait([parting], timeout=0.3)
    assert not ended
    os.kill(client.pid, signal.SIGCONT)
    kept = await parting
    assert kept
    await kept.process.end()


async def test_a_worker_that_nobody_takes_is_ended(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkerProcess.end, "__defaults__", (LONG_ENOUGH,))  # by request alone
    client = await with_model(tiny, tmp_path)
    kept = await client.part()
    assert kept and client.pid is None
    pool = WorkerPool(patience=0.05)
    pool.keep(kept)
    assert pool.pid == kept.process.pid
    assert await kept.process.wait() == 0
    assert pool.pid is None and pool.take("") is None
    await pool.close()


PROGRAM = """
import asyncio, sys
from functools import partial
from pathlib import Path
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.config.settings import Settings
from fada_tui.runs.planning import jobs
from fada_tui.models.registry import load_registry
from fada_tui.runs.run_queue import RunQueue
from fada_tui.runs.session import Session

async def main(model, images, results):
    registry = load_registry(Path("none.toml"))
    queue = RunQueue(lambda event: None, print)
    settings = Settings(model=(model,), images=images, limit=1, max_new_tokens=4)
    for job in jobs(settings, registry, None)[0]:
        queue.add(partial(Session.new, job, Path(results), Deadlines(), registry), "one")
    while queue.busy or queue.waiting:
        await asyncio.sleep(0.01)
    print("kept", queue.worker_pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_kept_worker_ends_with_its_program(tiny: Path, images: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, tiny, images, tmp_path / "results"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as program:
        assert program.stdout is not None
        said = program.stdout.readline().split()
        worker = psutil.Process(int(said[1]))
        program.kill()
        wait_for(lambda: not lives(worker))


def test_a_batch_of_models_has_one_worker(program: Program, tiny: Path, images: Path) -> None:
    many = ["--images", images, "--limit", "1", "--max-new-tokens", "4", "--results", "out"]
    done, said = program.batch("--model", tiny, "--model", "fada-demo", *many)
    assert done.returncode == 0, done
    first, second = (Path(run["path"]) for run in said["runs"])
    assert GOES_ON not in log(first) and f"{GOES_ON} dropped" in log(second)


def command(**fields: Any) -> Load:
    known = {name: fields.pop(name) for name in tuple(fields) if name in ModelEntry.__struct_fields__}
    entry = ModelEntry(**{"name": "one", "source": "owner/one", **known})
    return Load(
        **{"model": entry, "device": "cpu", "trust_remote_code": False, "allow_pickle": False, **fields}
    )


def loaded(**fields: Any) -> Loaded:
    return Loaded(model=ModelFacts(name="one", adapter="chat", dtype="float32", device="cpu"), **fields)


def test_what_does_not_concern_loading_makes_no_other_model() -> None:
    told = command(
        status="tested",
        notes="good",
        order=3,
        parameters=5,
        token_timeout=3,
        server_patience=9,
        allowed_hosts=("a",),
    )
    assert identity(told) == identity(command())


@pytest.mark.parametrize(
    "other",
    [
        {"dtype": "float32"},
        {"revision": "main"},
        {"device": "cuda:0"},
        {"trust_remote_code": True},
        {"system_prompt": "Be brief."},
        {"pad_square": True},
    ],
    ids=str,
)
def test_what_concerns_loading_makes_another_model(other: dict[str, Any]) -> None:
    assert identity(command(**other)) != identity(command())


@pytest.mark.parametrize(
    "such",
    [
        {"trust_remote_code": True},
        {"allow_pickle": True},
        {"source": "http://127.0.0.1:1/v1#x"},
    ],
    ids=str,
)
def test_some_models_leave_traces_in_their_process(such: dict[str, Any]) -> None:
    assert leaves_traces(command(**such), loaded())


def test_packed_weights_leave_traces_and_others_none() -> None:
    assert leaves_traces(command(), loaded(quantized=True)) and not leaves_traces(command(), loaded())


DROPPED = """
import sys, weakref
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.worker import devices
from fada_tui.worker.loading.libraries import importing
with importing():
    from fada_tui.worker.loading.load import load
entry = ModelEntry(name="one", source=sys.argv[1])
command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
loaded, _ = load(command, lambda message: None)
seen = weakref.ref(loaded.model)
assert seen() is not None
loaded = None
devices.release()
assert seen() is None, "something holds the model"
"""


def test_nothing_holds_a_model_that_is_dropped(tiny: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED, tiny], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
