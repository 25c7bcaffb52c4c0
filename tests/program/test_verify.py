"""`fada-tui verify` as a user starts it, on real runs."""

import asyncio
import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from fada_tui.core.paths import demo_weights
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.runs.verify.rerun import Verification
from fada_tui.runs.worker_client.deadlines import Deadlines
from tests.conftest import LONG_ENOUGH, Program, load, tell, write_image
from tests.contrastive import clip, save
from tests.endpoint_server import MODEL, WORDS, Asked, Behaviour, serving, status, stream
from tests.examples import run
from tests.held import held_worker, hold


@pytest.fixture
def temporary(program: Program, tmp_path: Path) -> Path:
    """Where the program makes what goes again."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    program.env["TMPDIR"] = str(folder)
    return folder


def a_run(program: Program, *arguments: str | Path) -> Path:
    """A run of the embedded model on four of the samples, two questions each."""
    done, said = program.batch(
        "--limit", "4", "--question", "What is shown?", "--question", "Which view?",
        "--max-new-tokens", "40", *arguments,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Path(said["runs"][0]["path"])


@pytest.fixture(scope="module")
def long_run(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of eight answers; verifying it leaves it as it is."""
    here = tmp_path_factory.mktemp("long")
    for number in range(4):
        write_image(here / "images" / "A" / f"{number}.png", number)
    program = Program(here, {"FADA_TUI_CONFIG_DIR": str(here / "config"), "HF_HUB_OFFLINE": "1"})
    return a_run(program, "--model", tiny, "--images", here / "images", "--max-new-tokens", "60")


def tamper(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a run's raw data."""
    data = load(folder)
    change(data)
    (folder / "run.json").write_text(json.dumps(data))


def verify(
    program: Program, folder: Path, *arguments: str
) -> tuple["subprocess.CompletedProcess[str]", dict[str, Any]]:
    done = program.run("verify", folder, "--json", *arguments)
    assert len(done.stdout.splitlines()) == 1, done
    return done, json.loads(done.stdout)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_run_holds_and_nothing_is_left(program: Program, temporary: Path) -> None:
    folder = a_run(program)
    before = contents(folder)
    done = program.run("verify", folder.name, "--sample", "5")
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    assert len(lines) == 5 and all(line.endswith(": identical") for line in lines)
    assert last == "5 of 5 identical; made one at a time in bfloat16 on cpu"
    assert contents(folder) == before
    assert not any(temporary.iterdir())


def test_what_differs_is_told_by_its_first_token(program: Program, temporary: Path) -> None:
    folder = a_run(program)
    words = load(folder)["results"][2]["response"].split(" ")
    assert len(words) > 4

    def change(data: dict[str, Any]) -> None:
        data["generation"]["batch_size"] = 8
        for result in data["results"]:
            result["batch_size"] = 8
        data["results"][2]["response"] = " ".join([*words[:2], "\x1b[31m", *words[3:]])
        data["results"][3]["finish"] = "length"
        data["results"][4]["response"] += " é"
        data["environment"]["torch"] = "1.0"

    tamper(folder, change)
    results = load(folder)["results"]
    done, said = verify(program, folder, "--sample", "8")
    assert done.returncode == 1, done.stderr
    assert "\x1b" not in done.stderr
    assert (said["identical"], said["different"], said["missing"]) == (5, 3, 0)
    texts, ends, longer = (said["results"][place] for place in (2, 3, 4))
    assert texts["path"] == results[2]["path"] and texts["batch_size"] == 8

    split = AutoTokenizer.from_pretrained(demo_weights())
    tampered, made = (
        split(text, add_special_tokens=False)["input_ids"]
        for text in (results[2]["response"], " ".join(words))
    )
    difference = texts["difference"]
    place = difference["at"] - 1
    assert difference["unit"] == "token" and place > 1
    assert tampered[:place] == made[:place] and tampered[place] != made[place]
    assert difference["now"] == split.decode([made[place]])

    assert ends["outcome"] == "different" and "recorded 'length', now 'stop'" in ends["reason"]
    assert longer["difference"]["now"] is None and longer["difference"]["recorded"] == " "
    lines = done.stderr.splitlines()
    assert any(
        f"{results[2]['path']}, q1: differs from token {place + 1}: recorded " in line
        and line.endswith(f", now '{difference['now']}' (made in a batch of 8)")
        for line in lines
    )
    assert any("hint: in bfloat16 answers may differ between batch sizes" in line for line in lines)
    assert any("the run was made with torch 1.0, now " in line for line in lines)
    assert lines[-1] == "5 of 8 identical, 3 different; made one at a time in bfloat16 on cpu"
    assert not any(temporary.iterdir())


def test_an_image_that_changed_or_went_is_no_difference_of_the_model(
    program: Program, tiny: Path, images: Path, temporary: Path
) -> None:
    folder = a_run(program, "--model", tiny, "--images", images, "--max-new-tokens", "5")
    (images / "A/A_001.png").unlink()
    write_image(images / "A/A_002.png", 9, size=(32, 32))
    (images / "B/B_001.png").write_bytes(b"none")
    done, said = verify(program, folder)
    assert done.returncode == 1, done.stderr
    outcomes = Counter((row["path"], row["outcome"]) for row in said["results"])
    assert outcomes == {
        ("A/A_001.png", "image_missing"): 2,
        ("A/A_002.png", "image_changed"): 2,
        ("B/B_001.png", "image_changed"): 2,
        ("B/B_002.png", "identical"): 2,
    }
    assert (said["identical"], said["different"], said["missing"]) == (2, 0, 6)
    assert "96 × 64 pixels recorded, now 32 × 32" in done.stderr
    assert "2 of 8 identical, 2 image missing, 4 image changed" in done.stderr
    assert "hint" not in done.stderr
    assert not any(temporary.iterdir())


@pytest.mark.slow
def test_a_run_that_is_not_finished_is_verified_as_far_as_it_went(
    program: Program, tiny: Path, images: Path
) -> None:
    spare = (images / "A/A_001.png").read_bytes()
    (images / "A/A_001.png").write_bytes(b"none")
    done, said = program.batch("--model", tiny, "--images", images, "--max-new-tokens", "5")
    assert done.returncode == 1
    folder = Path(said["runs"][0]["path"])
    assert "plan" in load(folder)
    (images / "A/A_001.png").write_bytes(spare)
    done, said = verify(program, folder)
    assert done.returncode == 0, done.stderr
    assert [row["path"] for row in said["results"]] == ["A/A_002.png", "B/B_001.png", "B/B_002.png"]


def test_sampling_one_at_a_time_can_be_verified_and_in_batches_not(program: Program) -> None:
    folder = a_run(program, "--temperature", "1.5", "--seed", "3")
    done, said = verify(program, folder, "--sample", "3", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert said["identical"] == 3

    def change(data: dict[str, Any]) -> None:
        data["results"][1]["batch_size"] = 2

    tamper(folder, change)
    done, said = verify(program, folder)
    assert done.returncode == 2
    assert "sampled in batches" in said["error"] and said["results"] == []
    assert (said["sample"], said["missing"], said["dtype"], said["device"]) == (0, 0, None, None)
    assert len(done.stderr.splitlines()) == 1


def test_a_server_is_asked_again_only_where_that_is_said(program: Program, images: Path) -> None:
    with serving(lambda _: stream()) as server:
        _, said = program.batch("--model", server.source, "--images", images)
    folder = said["runs"][0]["path"]
    done = program.run("verify", folder)
    assert done.returncode == 2
    assert f"answered by a server at 127.0.0.1:{server.port}" in done.stderr
    assert "--server asks it all the same" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    gone = program.run("verify", folder, "--server")
    assert gone.returncode == 3 and f"127.0.0.1:{server.port} cannot be reached" in gone.stderr
    own = program.run("verify", a_run(program), "--server")
    assert own.returncode == 2 and "leave out --server" in own.stderr


def test_a_server_that_answers_the_same_holds(program: Program, images: Path, temporary: Path) -> None:
    """It is asked one at a time, as it was asked: with the same image, limits and seed."""
    with serving() as server:
        done, said = program.batch(
            "--model", server.url, "--images", images, "--temperature", "0.5", "--seed", "7",
            "--max-new-tokens", "33", "--system-prompt", "Be brief.",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        folder = Path(said["runs"][0]["path"])
        before = contents(folder)
        asked, server.asked, server.peak = server.asked, [], 0
        server.models = (MODEL, "another")
        done = program.run("verify", folder, "--server")
        assert done.returncode == 0, done.stderr
    assert server.peak == 1
    assert sorted(json.dumps(one.body) for one in server.asked) == sorted(
        json.dumps(one.body) for one in asked
    )
    *lines, last = done.stdout.splitlines()
    assert len(lines) == 4 and all(line.endswith(": identical") for line in lines)
    assert last == f"4 of 4 identical; asked one at a time of {MODEL} at 127.0.0.1:{server.port}"
    assert contents(folder) == before
    assert not any(temporary.iterdir())


def test_a_server_that_has_changed_is_told_by_words(program: Program, images: Path) -> None:
    def changed(asked: Asked) -> Behaviour:
        return stream(
            ("A fetal \x1b[31m", "heart, ", *WORDS[2:]), finish=("stop", "length")[len(server.asked) % 2]
        )

    with serving() as server:
        _, said = program.batch("--model", server.source, "--images", images)
        server.behave = changed
        done, verified = verify(program, Path(said["runs"][0]["path"]), "--server")
    assert done.returncode == 1, done.stderr
    assert (verified["different"], verified["server"]) == (4, f"127.0.0.1:{server.port}")
    assert (verified["dtype"], verified["device"]) == (None, None)
    assert verified["results"][0]["difference"] == {
        "unit": "word", "at": 3, "recorded": "head,", "now": "\x1b[31mheart,",
    }  # fmt: skip
    assert "\x1b" not in done.stderr
    assert f"hint: what serves at 127.0.0.1:{server.port} may have changed" in done.stderr
    assert "torch" not in done.stderr


def test_what_a_server_does_not_take_is_left_out_at_once(program: Program, images: Path) -> None:
    def behave(asked: Asked) -> Behaviour:
        return status(400, {"error": "unknown field: seed"}) if "seed" in asked.body else stream()

    with serving(behave) as server:
        done, said = program.batch("--model", server.source, "--images", images)
        assert done.returncode == 0, done.stderr
        server.asked = []
        done = program.run("verify", said["runs"][0]["path"], "--server")
        assert done.returncode == 0, done.stderr
        assert len(server.asked) == 4 and not any("seed" in asked.body for asked in server.asked)


def test_a_server_that_goes_leaves_the_rest_unreached(program: Program, images: Path) -> None:
    with serving() as server:
        _, said = program.batch("--model", server.source, "--images", images)
        program.env = {"FADA_TUI_SERVER_PATIENCE": "1"}
        server.asked = []
        server.behave = lambda asked: stream() if len(server.asked) == 1 else status(503)
        done, verified = verify(program, Path(said["runs"][0]["path"]), "--server")
    assert done.returncode == 1, done.stderr
    assert (verified["identical"], verified["missing"], len(verified["results"])) == (1, 3, 1)
    assert "1 of 4 identical, 3 not reached" in done.stderr
    assert f"error: asked again for 1 s, in vain: 127.0.0.1:{server.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_images_go_to_a_server_only_with_leave(program: Program, images: Path) -> None:
    """Whatever the run's file says: of its server, or of the variable that would hold the key."""
    with serving() as server:
        _, said = program.batch("--model", server.source, "--images", images)
        folder = Path(said["runs"][0]["path"])
        tamper(folder, lambda data: data["model"].update(source=f"http://example.invalid/v1#{MODEL}"))
        done = program.run("verify", folder, "--server")
        assert done.returncode == 2 and "--allow-host example.invalid" in done.stderr
        done = program.run("verify", folder, "--server", "--allow-host", "example.invalid")
        assert done.returncode == 3 and "example.invalid cannot be reached" in done.stderr


def test_a_run_names_no_key_for_its_server(program: Program, images: Path) -> None:
    def behave(asked: Asked) -> Behaviour:
        return status(400) if asked.times == 1 and len(server.asked) == 1 else stream()

    with serving(behave) as server:
        _, said = program.batch("--model", server.source, "--images", images)
        folder = Path(said["runs"][0]["path"])
        tamper(folder, lambda data: data["plan"]["model"].update(api_key_env="SECRET_OF_MINE"))
        server.asked = []
        program.env = {"SECRET_OF_MINE": "secret"}
        done = program.run("verify", folder, "--server")
        assert done.returncode == 2 and "only your own model list may say" in done.stderr
        assert not server.asked


def test_what_was_imported_is_refused(program: Program) -> None:
    legacy = Path(__file__).parents[1] / "golden" / "legacy.json"
    page = program.run("import", legacy, "--model", "SmolVLM-500M").stdout.strip()
    done = program.run("verify", program.cwd / Path(page).parent)
    assert done.returncode == 2
    assert "does not say how its results were made" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "no run 'nowhere'"),
        ([], "RUN"),
        (["{run}", "--sample", "0"], "--sample 0"),
        (["{run}", "--sample", "x"], "--sample"),
    ],
)
def test_bad_usage_is_one_line_and_2(program: Program, arguments: list[str], words: str) -> None:
    golden = Path(__file__).parents[2] / "results" / "20251002-000000_SmolVLM-500M"
    done = program.run("verify", *(one.format(run=golden) for one in arguments))
    assert done.returncode == 2
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_model_that_is_gone_is_3_and_its_log_is_kept(
    program: Program, tiny: Path, images: Path, tmp_path: Path, temporary: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in tiny.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    folder = a_run(program, "--model", copy, "--images", images, "--max-new-tokens", "2")
    (copy / "model.safetensors").write_bytes(b"cut")
    done, said = verify(program, folder)
    assert done.returncode == 3
    assert said["results"] == [] and said["error"]
    assert (said["run"], said["sample"], said["missing"], said["dtype"]) == (folder.name, 8, 8, None)
    (kept,) = temporary.iterdir()
    assert [path.name for path in kept.iterdir()] == ["worker.log"]
    assert f"the worker's log: {kept / 'worker.log'}" in done.stderr


def test_a_worker_that_dies_leaves_the_rest_unreached(
    program: Program, long_run: Path, temporary: Path
) -> None:
    hold(program, ".png", 2)
    process = program.start("verify", long_run, "--json")
    worker = held_worker(process)
    assert process.stderr is not None
    while "identical" not in process.stderr.readline():
        assert process.poll() is None
    worker.kill()
    out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 1, err
    said = json.loads(out)
    assert said["sample"] == 8 > len(said["results"]) >= 1
    assert said["missing"] == 8 - said["identical"]
    assert "killed by SIGKILL" in err and "not reached" in err and "worker.log" in err
    assert len(list(temporary.iterdir())) == 1


@pytest.mark.parametrize(
    "told",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_stopping_is_130_and_leaves_nothing(
    program: Program, long_run: Path, temporary: Path, told: signal.Signals
) -> None:
    if told is signal.SIGHUP:  # that comes while the model loads
        hold(program, "config.json", 0)
    else:
        hold(program, ".png", 2)
    process = program.start("verify", long_run, "--json")
    worker = held_worker(process)
    tell(process, told)
    worker.resume()
    out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130, err
    assert "interrupted" in err and "Traceback" not in err
    assert json.loads(out)["different"] == 0
    assert not worker.is_running()
    assert not any(temporary.iterdir())


async def test_stopping_before_there_is_a_worker(tiny: Path) -> None:
    entry = ModelEntry(name="tiny", source=str(tiny))
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)
    verification = Verification(run(), (), command, Deadlines())
    events = asyncio.ensure_future(anext(verification.events(), None))
    while verification._client is None:
        await asyncio.sleep(0)
    assert verification._client.pid is None
    verification.stop()
    assert await events is None
    assert verification._client.pid is None


def test_a_model_that_sorts_is_verified_by_its_ranking(
    program: Program, images: Path, tmp_path: Path
) -> None:
    model = save(tmp_path / "clip", clip)
    done, said = program.batch("--model", model, "--images", images, "--pad-square")
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    done, said = verify(program, folder)
    assert done.returncode == 0, done.stderr
    assert said["identical"] == 4
    label = load(folder)["results"][1]["ranking"][3]["label"]

    def change(data: dict[str, Any]) -> None:
        data["results"][1]["ranking"][3]["probability"] += 0.01
        data["results"][2]["ranking"][0]["probability"] += 1e-7

    tamper(folder, change)
    done, said = verify(program, folder)
    assert done.returncode == 1, done.stderr
    assert (said["identical"], said["different"]) == (3, 1)
    assert said["results"][1]["reason"].startswith(f"'{label}': recorded 0.")


def test_trust_in_another_model_is_refused_as_in_a_run(
    program: Program, long_run: Path, tiny: Path, images: Path
) -> None:
    trusting = ("--trust-remote-code", "owner/other")
    done = program.run("verify", long_run, *trusting)
    assert done.returncode == 2 and "names owner/other, which is not loaded" in done.stderr
    again, _ = program.batch("--model", tiny, "--images", images, *trusting)
    assert again.returncode == 2 and again.stderr == done.stderr


@pytest.mark.slow
def test_trust_in_its_own_model_is_not(program: Program, long_run: Path, tiny: Path) -> None:
    for name in (tiny.name, str(tiny)):
        assert program.run("verify", long_run, "--sample", "1", "--trust-remote-code", name).returncode == 0
    program.env["FADA_TUI_TRUST_REMOTE_CODE"] = "owner/other"  # for good, and whatever is loaded
    assert program.run("verify", long_run, "--sample", "1").returncode == 0


@pytest.mark.slow
def test_pickles_are_asked_for_again(program: Program, tiny: Path, images: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    model = tmp_path / "pickled"
    model.mkdir()
    for file in tiny.iterdir():
        if file.suffix != ".safetensors":
            (model / file.name).write_bytes(file.read_bytes())
    torch.save(load_file(tiny / "model.safetensors"), model / "pytorch_model.bin")
    folder = a_run(program, "--model", model, "--images", images, "--max-new-tokens", "3", "--allow-pickle")
    done = program.run("verify", folder)
    assert done.returncode == 3 and "--allow-pickle" in done.stderr
    assert program.run("verify", folder, "--allow-pickle").returncode == 0
