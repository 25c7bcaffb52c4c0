"""The program against vLLM on the CPU, as `make servers` runs it; `VLLM` says where its program is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import Program, load
from tests.servers.acceptance import (
    COUNT,
    QUESTIONS,
    answered_here,
    answered_though_killed,
    answers_of,
)
from tests.servers.server_process import ServerProcess, answers

NAME = "fada-demo"

STARTING_SECONDS = 600.0
"""A minute on two quiet cores."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.timeout(4 * STARTING_SECONDS),
    pytest.mark.skipif("VLLM" not in os.environ, reason="make servers installs vLLM and runs this"),
]


def vllm(folder: Path, *options: str) -> ServerProcess:
    """The server of the embedded model; not started yet."""
    start = [os.environ.get("VLLM", "vllm"), "serve", demo_weights(), "--served-model-name", NAME]
    # float32, in which batches change no answer; without compiling, which takes longer than the answers.
    fixed = ["--dtype", "float32", "--max-model-len", "512", "--max-num-seqs", "8", "--enforce-eager"]
    return ServerProcess(
        name="vLLM",
        command=lambda port: [*start, *fixed, *options, "--host", "127.0.0.1", "--port", str(port)],
        ready=lambda port: answers(port, "/health"),
        folder=folder,
        env={
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_NO_USAGE_STATS": "1",
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": "",
        },
        patience=STARTING_SECONDS,
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One for all tests."""
    made = vllm(tmp_path_factory.mktemp("vllm"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def server(started: ServerProcess) -> ServerProcess:
    """The server, started again if a test has ended with its own start of it."""
    if not started.runs:
        started.start()
    return started


def model(server: ServerProcess) -> str:
    return f"http://127.0.0.1:{server.port}/v1#{NAME}"


def test_sampled_answers_can_be_made_again(server: ServerProcess, program: Program) -> None:
    """vLLM follows the seed of each request, whatever it computes beside it."""
    done, said = program.batch(
        "--model", model(server), "--question", QUESTIONS[1], "--temperature", "1.5", "--seed", "3"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    greedy = answers_of(answered_here(program, "--dtype", "float32"))
    sampled = {result["path"]: result["response"] for result in load(folder)["results"]}
    assert sampled != {path: told[0] for (path, question), told in greedy.items() if question == "q2"}
    done = program.run("verify", folder, "--server", "--sample", "24")
    assert done.returncode == 0, done.stdout


def test_a_context_that_is_too_long_is_told(server: ServerProcess, program: Program) -> None:
    done, said = program.batch(
        "--model", model(server), "--limit", "1", "--question", " ".join(["head"] * 600)
    )  # fmt: skip
    (result,) = load(Path(said["runs"][0]["path"]))["results"]
    assert done.returncode in (1, 3)
    assert "512" in result["error"]["message"]


def test_answers_are_the_local_ones_and_survive_the_server_s_death(
    server: ServerProcess, program: Program
) -> None:
    folder = answered_though_killed(program, server, model(server))
    local = answers_of(answered_here(program, "--dtype", "float32"))
    assert len(local) == COUNT
    assert answers_of(folder) == local


def test_thoughts_that_it_tells_apart(tmp_path: Path, program: Program) -> None:
    """What comes after them is the answer; where nothing does, it is an error that keeps them."""
    plugin = Path(__file__).with_name("thoughts_until_comma.py")
    asked = (
        "--question",
        "Is this a fetal ultrasound image?",
        "--question",
        "Which anatomical plane is shown?",
    )
    thinking = vllm(
        tmp_path / "thinking", "--reasoning-parser-plugin", str(plugin), "--reasoning-parser", "until_comma"
    )
    try:
        thinking.start()
        done, said = program.batch("--model", model(thinking), *asked)
    finally:
        thinking.stop()
    assert done.returncode == 1, done.stderr
    here, told = program.batch("--model", "fada-demo", "--dtype", "float32", *asked)
    assert here.returncode == 0, here.stderr
    local = answers_of(Path(told["runs"][0]["path"]))
    results = load(Path(said["runs"][0]["path"]))["results"]
    assert len(results) == len(local) == 48
    kinds = set()
    for result in results:
        thoughts, comma, answer = local[result["path"], result["question_id"]][0].partition(",")
        assert result["thoughts"]["text"].strip() == thoughts
        if comma:
            assert result["response"] == answer.strip()
        else:
            assert result["error"]["kind"] == "only_thoughts"
        kinds.add(bool(comma))
    assert kinds == {True, False}
