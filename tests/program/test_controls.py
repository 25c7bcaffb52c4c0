"""Control pictures as a user asks for them: `--control` and `fada-tui control RUN`, with real models."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from fada_tui.store import folder as store
from fada_tui.store import journal
from tests.conftest import (
    LONG_ENOUGH,
    Program,
    kill_everything,
    load,
    run_folders,
    tell,
)
from tests.contrastive import clip, save
from tests.endpoint_server import serving
from tests.held import held_worker, hold

pytestmark = pytest.mark.worker

QUESTIONS = ("--question", "What?", "--question", "Where?")
KEYS = [
    (f"control/{picture}", question) for picture in ("black", "grey", "noise") for question in ("q1", "q2")
]


def keys(run: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["path"], one["question_id"]) for one in run.get("controls", ())]


def test_a_run_with_control_pictures_and_the_same_asked_afterwards(program: Program, tmp_path: Path) -> None:
    """The same answers, with the data set moved away meanwhile, and in no count."""
    from fada_tui.core.paths import samples_dir

    images = tmp_path / "images"
    shutil.copytree(samples_dir() / "Brain", images / "Brain")
    arguments = ("--images", images, "--limit", "2", "--max-new-tokens", "12", *QUESTIONS)
    done, said = program.batch(*arguments, "--control", "--name", "with")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("loaded in") == 1 and "control pictures 6 of 6" in done.stderr
    (row,) = said["runs"]
    assert (row["results"], row["errors"], row["status"]) == (4, 0, "complete")
    assert row["controls"] == {
        "asked": 6,
        "answered": 6,
        "same_as_commonest": row["controls"]["same_as_commonest"],
    }
    made = load(Path(row["path"]))
    assert keys(made) == KEYS and "plan" not in made
    sizes = {(one["width"], one["height"]) for one in (*made["results"], *made["controls"])}
    assert len(sizes) == 1
    assert all("file" not in one and one["response"] for one in made["controls"])
    assert len({one["sha256"] for one in made["controls"]}) == 3

    done, said = program.batch(*arguments, "--name", "without")
    plain = Path(said["runs"][0]["path"])
    before = load(plain)
    assert "controls" not in before and "controls" not in said["runs"][0]
    shutil.rmtree(images)
    done = program.run("control", plain.name, "--json")
    assert done.returncode == 0, done.stderr
    after = load(plain)
    answers = [(one["path"], one["question_id"], one["response"]) for one in made["controls"]]
    assert [(one["path"], one["question_id"], one["response"]) for one in after["controls"]] == answers
    assert json.loads(done.stdout)["runs"][0]["controls"]["answered"] == 6
    assert {key: after[key] for key in before if key != "check"} == {
        key: before[key] for key in before if key != "check"
    }
    listed = json.loads(program.run("runs", "list", "--json").stdout)["runs"]
    assert {one["results"] for one in listed} == {4}
    assert not program.run("export", plain.name, "--format", "csv").stdout.count("control/")
    assert program.run("runs", "check").returncode == 0


@pytest.mark.slow
def test_sigkill_of_everything_in_between_loses_nothing(program: Program, tiny: Path, images: Path) -> None:
    arguments = ("--batch", "--control", "--model", tiny, "--images", images, *QUESTIONS)
    hold(program, journal.JOURNAL_NAME, 8 + 2)
    process = program.start(*arguments, "--max-new-tokens", "60")
    held_worker(process)
    kill_everything(process)
    (folder,) = run_folders(program.cwd)
    left = store.read_run(folder)
    assert len(left.results) == 8 and 2 <= len(left.controls or ()) < 6 and left.status == "interrupted"
    done = program.run("--batch", "--resume", folder.name)
    assert done.returncode == 0, done.stderr
    assert "answers about control pictures to make" in done.stderr and "1/8" not in done.stderr
    run = load(folder)
    assert run["status"] == "complete" and "plan" not in run and keys(run) == KEYS
    for before, after in zip(left.controls or (), run["controls"], strict=False):
        assert (before.response, before.sha256) == (after["response"], after["sha256"])


@pytest.mark.parametrize("stop", ["ctrl+c", pytest.param("worker", marks=pytest.mark.slow)])
def test_interruptions_in_between(stop: str, program: Program, tiny: Path, images: Path) -> None:
    arguments = ("--batch", "--control", "--model", tiny, "--images", images, *QUESTIONS)
    hold(program, journal.JOURNAL_NAME, 8 + 1)
    process = program.start(*arguments, "--max-new-tokens", "60")
    worker = held_worker(process)
    if stop == "worker":
        worker.kill()
    else:
        tell(process, signal.SIGINT)
        worker.resume()
    _, err = process.communicate(timeout=LONG_ENOUGH)
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert len(run["results"]) == 8
    if stop == "worker":
        assert process.returncode == 0, err
        assert "starting another" in err and keys(run) == KEYS and run["status"] == "complete"
    else:
        assert process.returncode == 130, err
        assert f"--resume {Path('results') / folder.name}" in err
        assert (
            keys(run) == KEYS[: len(keys(run))] and run["status"] == "interrupted" and run["plan"]["control"]
        )


def test_a_server_is_sent_them_with_the_same_consent(program: Program, images: Path) -> None:
    with serving() as server:
        arguments = ("--model", server.source, "--images", images, "--limit", "1", *QUESTIONS)
        done, said = program.batch(*arguments, "--control")
        assert done.returncode == 0, done.stderr
        made = load(Path(said["runs"][0]["path"]))
        assert keys(made) == KEYS and len(server.asked) == 8
        pictures = [asked.image for asked in server.asked[2:]]
        assert {picture.size for picture in pictures} == {(96, 64)}
        assert {picture.getextrema()[0] for picture in pictures} >= {(0, 0), (128, 128)}

        done, said = program.batch(*arguments)
        folder = Path(said["runs"][0]["path"])
        data = load(folder)
        elsewhere = server.source.replace("127.0.0.1", "gpu7.example")
        data["model"]["source"] = elsewhere
        (folder / "run.json").write_text(json.dumps(data))
        refused = program.run("control", folder.name)
        assert refused.returncode == 2 and "--allow-host gpu7.example" in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
        assert len(server.asked) == 10, "nothing was sent"

        data["model"]["source"] = server.source
        (folder / "run.json").write_text(json.dumps(data))
        done = program.run("control", folder.name)
        assert done.returncode == 0, done.stderr
        assert keys(load(folder)) == KEYS and len(server.asked) == 16


def test_a_model_that_sorts_images_sorts_them_too(program: Program, images: Path, tmp_path: Path) -> None:
    model = save(tmp_path / "clip", clip)
    done, said = program.batch("--model", model, "--images", images, "--limit", "2", "--control", *QUESTIONS)
    assert done.returncode == 0, done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert keys(run) == KEYS[::2] and run["status"] == "complete" and "plan" not in run
    assert all(one["ranking"] and one["response"] for one in run["controls"])


def test_what_cannot_be_asked_is_refused_in_a_line(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    shutil.copytree(tiny, gone)
    done, said = program.batch("--model", gone, "--images", images, "--limit", "1", "--max-new-tokens", "4")
    folder = Path(said["runs"][0]["path"])
    shutil.rmtree(gone)
    refused = program.run("control", folder.name)
    assert refused.returncode == 3 and "controls" not in load(folder)
    assert refused.stderr.strip().splitlines()[-1].startswith("fada-tui: ") and str(gone) in refused.stderr
    assert load(folder)["status"] == "complete"

    answers = [{"image": "A_001.png", "category": "A", "question": "What?", "response": "a head"}]
    (program.cwd / "others.json").write_text(json.dumps(answers))
    done = program.run("import", "others.json", "--model", "others")
    assert done.returncode == 0, done.stderr
    (other,) = (one for one in run_folders(program.cwd) if "others" in one.name)
    refused = program.run("control", other.name)
    assert refused.returncode == 2 and "does not say by which model" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
