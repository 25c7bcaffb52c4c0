"""Interruptions (signals, lost workers, a full disk, SIGKILL of everything) and what resume makes of them."""

import hashlib
import json
import random
import re
import resource
import signal
import subprocess
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind
from fada_tui.models.registry import load_registry
from fada_tui.runs.events import AnswerStarted, WorkerRestarted
from fada_tui.runs.planning import jobs
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store import journal
from tests.conftest import (
    LONG_ENOUGH,
    Program,
    journaled,
    kill_everything,
    lives,
    load,
    run_folders,
    tell,
    wait_for,
    write_image,
)
from tests.held import held_worker, hold

pytestmark = pytest.mark.worker


TIMINGS = ("time", "timing", "memory")


def content(run: dict[str, Any]) -> list[dict[str, Any]]:
    """A run's results without what is measured."""
    kept = []
    for result in run["results"]:
        plain = {key: value for key, value in result.items() if key not in TIMINGS}
        plain["tokens"] = {key: value for key, value in result["tokens"].items() if key != "per_second"}
        kept.append(plain)
    return kept


def page_without_figures(folder: Path) -> list[str]:
    """A page's lines that hold nothing measured and no name or date of the run."""
    measured = (
        "**Date", "**Load Time", "Time", "**How Fast", "**Tokens", "**Memory", "**Peak", "**Run**",
        "Tokens per Second",
        "| **", "slowest", "fastest", "resident", "started", "finished",
    )  # fmt: skip
    lines = (folder / "summary.md").read_text().splitlines()
    # Where there is little room, an answer stands on one line with its time.
    lines = [re.sub(r" · [\d.]+s$", "", line) for line in lines]
    return [line for line in lines if not any(word in line for word in measured)]


def arguments(model: Path, images: Path, tokens: int = 60) -> list[str]:
    return [
        "--batch", "--json", "--model", str(model), "--images", str(images), "--max-new-tokens", str(tokens),
        "--question", "What?", "--question", "Where?",
    ]  # fmt: skip


def resume(program: Program) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    (folder,) = run_folders(program.cwd)
    done = program.run("--batch", "--json", "--resume", folder.name)
    return done, load(folder)


def test_ctrl_c_once_finishes_the_image_and_resume_completes_the_same(
    program: Program, tiny: Path, many: Path, tmp_path: Path
) -> None:
    hold(program, journal.JOURNAL_NAME, 2)
    process = program.start(*arguments(tiny, many, 120))
    worker = held_worker(process)
    tell(process, signal.SIGINT)
    worker.resume()
    out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130, err
    assert "ctrl+c again" in err
    assert json.loads(out.splitlines()[-1])["runs"][0]["status"] == "interrupted"
    (folder,) = run_folders(program.cwd)
    stopped = load(folder)
    assert stopped["status"] == "interrupted"
    assert 2 <= len(stopped["results"]) < 24
    assert not (folder / journal.JOURNAL_NAME).exists()
    assert "nterrupted" in (folder / "summary.md").read_text()

    done, resumed = resume(program)
    assert done.returncode == 0, done.stderr
    assert resumed["status"] == "complete" and "plan" not in resumed
    assert content(resumed)[: len(stopped["results"])] == content(stopped)

    straight = Program(tmp_path / "straight")
    straight.cwd.mkdir()
    assert straight.run(*arguments(tiny, many, 120)).returncode == 0
    (whole,) = run_folders(straight.cwd)
    assert content(resumed) == content(load(whole))
    assert page_without_figures(folder) == page_without_figures(whole)


@pytest.mark.slow
def test_an_image_that_was_changed_is_not_asked_again_until_it_is_back(
    program: Program, tiny: Path, many: Path
) -> None:
    """Its answers stay; of a run whose results have no file, the pixels decide."""
    done = program.run(*arguments(tiny, many, 3), "--limit", "3")
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(program.cwd)
    whole = load(folder)
    for result in whole["results"]:
        data = (many / result["path"]).read_bytes()
        assert result["file"] == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    older, changed, same = dict.fromkeys(result["path"] for result in whole["results"])
    images = [{key: one[key] for key in ("image", "category", "path")} for one in whole["results"][::2]]
    model = {"name": "tiny", "source": str(tiny)}
    plan = {"model": model, "device": "auto", "rubric": "fada", "images": images}
    half = whole | {"schema": "fada-tui/run/1", "status": "interrupted", "plan": plan}
    half["results"] = [one for one in whole["results"] if one["question_id"] == "q1"]
    del half["results"][0]["file"]
    (folder / "run.json").write_text(json.dumps(half))
    kept = {path: (many / path).read_bytes() for path in (older, changed)}
    write_image(many / older, 77)
    (many / changed).write_bytes(kept[changed] + b"more")

    done, resumed = resume(program)
    assert done.returncode == 1
    assert resumed["schema"] == "fada-tui/run/2" and resumed["status"] == "complete"
    found = {(one["path"], one["question_id"]): one for one in resumed["results"]}
    assert [found[path, "q1"] for path in (older, changed, same)] == half["results"]
    assert found[same, "q2"]["error"] is None and found[same, "q2"]["file"] == found[same, "q1"]["file"]
    for path, words in (
        (older, "decodes differently than when it was asked about: put the old file back"),
        (changed, "was changed since it was asked about, from "),
    ):
        assert found[path, "q2"]["error"]["kind"] == ErrorKind.IMAGE_CHANGED
        assert words in found[path, "q2"]["error"]["message"]
    assert done.stderr.count("its earlier answers stay") == 1
    noted = {one["path"]: one for one in resumed["images_found"]}
    assert {path: one["state"] for path, one in noted.items()} == {
        older: "decodes_differently",
        changed: "changed",
    }
    assert noted[changed]["file"]["size"] == len(kept[changed]) + 4
    assert (folder / "summary.md").read_text().count("changed since") >= 1

    for path, data in kept.items():
        (many / path).write_bytes(data)
    done, restored = resume(program)
    assert done.returncode == 0, done.stderr
    assert all(result["error"] is None for result in restored["results"])
    assert [one["state"] for one in restored["images_found"]][2:] == ["as_asked", "as_asked"]


def test_an_answered_image_that_was_changed_is_found_on_resuming(
    program: Program, tiny: Path, many: Path
) -> None:
    """Though nothing more is asked about it, and once it is back that is found, too."""
    done = program.run(*arguments(tiny, many, 3), "--limit", "3")
    assert done.returncode == 0, done.stderr
    (folder,) = run_folders(program.cwd)
    whole = load(folder)
    answered, missing, last = dict.fromkeys(result["path"] for result in whole["results"])
    images = [{key: one[key] for key in ("image", "category", "path")} for one in whole["results"][::2]]
    plan = {
        "model": {"name": "tiny", "source": str(tiny)},
        "device": "auto",
        "rubric": "fada",
        "images": images,
    }

    def interrupted(run: dict[str, Any]) -> None:
        left = [one for one in run["results"] if one["path"] != last]
        (folder / "run.json").write_text(
            json.dumps(run | {"status": "interrupted", "plan": plan, "results": left})
        )

    interrupted(whole)
    kept = (many / answered).read_bytes()
    (many / answered).write_bytes(kept + b"more")
    (many / missing).unlink()
    done, resumed = resume(program)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("was changed since it was asked about") == 1
    assert [(one["path"], one["state"]) for one in resumed["images_found"]] == [(answered, "changed")]
    assert content(resumed) == content(whole)
    assert "was changed" in done.stderr and answered in (folder / "summary.md").read_text()

    interrupted(resumed)
    (many / answered).write_bytes(kept)
    done, restored = resume(program)
    assert done.returncode == 0 and "was changed" not in done.stderr
    assert [one["state"] for one in restored["images_found"]] == ["changed", "as_asked"]


@pytest.mark.parametrize(
    "told",
    [
        [signal.SIGINT, signal.SIGINT],
        [signal.SIGHUP],
        pytest.param([signal.SIGTERM], marks=pytest.mark.slow),
    ],
)
def test_stop_now_keeps_what_is_finished(
    program: Program, tiny: Path, many: Path, told: list[signal.Signals]
) -> None:
    hold(program, journal.JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many, 900))
    worker = held_worker(process)
    tell(process, *told)
    worker.resume()
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert run["status"] == "interrupted" and run["plan"]
    assert len(run["results"]) >= 1
    assert all(result["finish"] != "cancelled" for result in run["results"])
    assert not worker.is_running()


def test_ctrl_c_while_loading(program: Program, tiny: Path, many: Path) -> None:
    hold(program, "config.json", 0)
    process = program.start(*arguments(tiny, many))
    worker = held_worker(process)
    tell(process, signal.SIGINT)
    worker.resume()
    process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130
    assert not worker.is_running()
    done, run = resume(program)
    assert done.returncode == 0 and len(run["results"]) == 24


def test_a_killed_worker_is_replaced_and_nothing_is_lost(program: Program, tiny: Path, many: Path) -> None:
    hold(program, journal.JOURNAL_NAME, 3)
    process = program.start(*arguments(tiny, many, 120))
    held_worker(process).kill()
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    assert "SIGKILL" in err and "starting another" in err
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert len(run["results"]) == 24 and not any(result["error"] for result in run["results"])


async def test_an_image_that_kills_its_worker_twice_becomes_an_error(
    program: Program, tiny: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stands still before it writes that answer down; the first has written another one by then."""
    hold(program, journal.JOURNAL_NAME, 1)
    for name, value in program.env.items():
        monkeypatch.setenv(name, value)
    registry = load_registry(tmp_path / "none.toml")
    settings = Settings(model=(str(tiny),), images=str(many), limit=3, max_new_tokens=200)
    (job,), _ = jobs(settings, registry, None)
    session = Session.new(job, program.cwd / "results", Deadlines(), registry)
    deadly = job.plan.images[1].path
    killed = restarts = 0
    async with aclosing(session.events()) as events:
        async for event in events:
            restarts += isinstance(event, WorkerRestarted)
            if isinstance(event, AnswerStarted) and event.item.path == deadly:
                worker = psutil.Process(session.worker_pid)
                wait_for(lambda worker=worker: worker.status() == psutil.STATUS_STOPPED)
                killed += 1
                monkeypatch.setenv("HELD_AFTER", "0" if killed == 1 else "1000")  # those of the next one
                monkeypatch.setenv("HELD_ONCE", str(tmp_path / "held again"))
                worker.kill()
    assert (killed, restarts) == (2, 2)
    run = load(session.folder)
    assert run["status"] == "complete"
    errors = {result["path"]: result["error"] for result in run["results"]}
    assert errors[deadly]["kind"] == ErrorKind.WORKER_DIED
    assert [bool(error) for error in errors.values()] == [False, True, False]

    done, healed = resume(program)
    assert done.returncode == 0, done.stderr
    assert len(healed["results"]) == 3 and not any(result["error"] for result in healed["results"])
    assert "plan" not in healed


def test_a_hanging_worker_is_ended_and_replaced(program: Program, tiny: Path, many: Path) -> None:
    hold(program, journal.JOURNAL_NAME, 2)
    short = ("--limit", "3", "--token-timeout", "7", "--first-token-timeout", "14")
    process = program.start(*arguments(tiny, many, 120), *short)
    worker = held_worker(process)
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    assert "no sign of life" in err
    assert not worker.is_running()
    (folder,) = run_folders(program.cwd)
    assert len(load(folder)["results"]) == 6


def test_a_full_disk_interrupts_and_is_resumable(program: Program, tiny: Path, many: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))

    done = program.run(*arguments(tiny, many, 60), preexec_fn=small_files)
    assert done.returncode == 130, done.stderr
    assert "cannot write" in done.stderr and "Traceback" not in done.stderr
    (folder,) = run_folders(program.cwd)
    kept = {
        line.result.key
        for line in journal.read(folder / journal.JOURNAL_NAME).lines
        if hasattr(line, "result")
    }
    assert kept
    assert load(folder)["status"] == "interrupted"
    done, run = resume(program)
    assert done.returncode == 0, done.stderr
    assert len(run["results"]) == 24
    assert kept <= {(result["path"], result["question_id"]) for result in run["results"]}


def test_a_second_program_is_refused(program: Program, tiny: Path, many: Path) -> None:
    hold(program, journal.JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many, 60))
    worker = held_worker(process)
    (folder,) = run_folders(program.cwd)
    second = program.run("--batch", "--resume", folder.name)
    assert second.returncode == 2
    assert f"process {process.pid}" in second.stderr and len(second.stderr.strip().splitlines()) == 1
    reading = program.run("runs", "show", folder.name)
    assert reading.returncode == 0
    worker.resume()
    process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0
    assert len(load(folder)["results"]) == 24


def test_resuming_what_is_complete_changes_nothing(program: Program, tiny: Path, many: Path) -> None:
    first = program.run(*arguments(tiny, many, 3), "--limit", "1")
    assert first.returncode == 0 and "loaded in" in first.stderr
    (folder,) = run_folders(program.cwd)
    before = (folder / "run.json").read_bytes(), (folder / "summary.md").read_bytes()
    done, _ = resume(program)
    assert done.returncode == 0, done.stderr
    assert "loaded in" not in done.stderr
    assert ((folder / "run.json").read_bytes(), (folder / "summary.md").read_bytes()) == before


def known(folder: Path) -> set[tuple[str, str]]:
    """The keys of all results that are on disk."""
    keys = {(result["path"], result["question_id"]) for result in load(folder)["results"]}
    lines = journal.read(folder / journal.JOURNAL_NAME).lines
    return keys | {line.result.key for line in lines if isinstance(line, journal.ResultLine)}


def wait_for_another_result(program: Program, process: "subprocess.Popen[str]") -> None:
    before = journaled(program.cwd)
    wait_for(lambda: journaled(program.cwd) > before or process.poll() is not None)


@pytest.mark.timeout(600)
def test_sigkill_of_everything_at_random_moments_loses_nothing(
    program: Program, tiny: Path, tmp_path: Path
) -> None:
    """Six kills along one run: each result once, the content that of an uninterrupted run."""
    root = tmp_path / "lots"
    for number in range(30):
        write_image(root / "ABCD"[number % 4] / f"{number}.png", number)
    asked = arguments(tiny, root, 120)
    straight = Program(tmp_path / "straight")
    straight.cwd.mkdir()
    begun = time.monotonic()
    assert straight.run(*asked).returncode == 0
    whole_seconds = time.monotonic() - begun
    (whole,) = run_folders(straight.cwd)

    moments = random.Random(20)
    process = program.start(*asked)
    wait_for(lambda: run_folders(program.cwd))
    (folder,) = run_folders(program.cwd)
    had: set[tuple[str, str]] = set()
    for _ in range(6):
        if moments.random() < 0.5:
            wait_for_another_result(program, process)
            time.sleep(moments.uniform(0, 0.3))
        else:
            time.sleep(moments.uniform(0, min(4.0, whole_seconds)))
        kill_everything(process)
        now = known(folder)
        assert had <= now
        had = now
        process = program.start("--batch", "--json", "--resume", folder.name)
    _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    run = load(folder)
    assert run["status"] == "complete"
    keys = [(result["path"], result["question_id"]) for result in run["results"]]
    assert len(keys) == len(set(keys)) == 60
    assert had <= set(keys)
    assert content(run) == content(load(whole))
    assert page_without_figures(folder) == page_without_figures(whole)
    leftovers = {path.name for path in folder.iterdir()} - {path.name for path in whole.iterdir()}
    assert not leftovers - {journal.QUARANTINE_NAME}, leftovers


def test_killing_only_the_program_lets_the_worker_write_its_last_answer(
    program: Program, tiny: Path, many: Path
) -> None:
    hold(program, journal.JOURNAL_NAME, 1)
    process = program.start(*arguments(tiny, many, 60))
    worker = held_worker(process)
    process.kill()
    process.communicate()
    worker.resume()
    wait_for(lambda: not lives(worker))
    assert journaled(program.cwd) > 1
    done, run = resume(program)
    assert done.returncode == 0, done.stderr
    assert len(run["results"]) == 24
