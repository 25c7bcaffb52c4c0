"""The program against `transformers serve` with the embedded model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import Program, load
from tests.servers.same_answers import ASKED, QUESTIONS, answers_of
from tests.servers.server_process import ServerProcess
from tests.servers.transformers_serve import NAME, transformers_serve

pytestmark = pytest.mark.worker

pytest.importorskip("fastapi", reason="transformers[serving] is not installed")

COUNT = 24 * len(QUESTIONS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server; starting it takes as long as a whole run, so all tests have the same."""
    made = transformers_serve(demo_weights(), NAME, tmp_path_factory.mktemp("transformers-serve"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def model(server: ServerProcess) -> str:
    return f"http://127.0.0.1:{server.port}/v1#{NAME}"


def test_answers_are_the_local_ones(program: Program, server: ServerProcess) -> None:
    done, said = program.batch("--model", model(server), *ASKED)
    assert done.returncode == 0, done.stderr
    here, told = program.batch("--model", "fada-demo", *ASKED)
    assert here.returncode == 0, here.stderr
    folder, local = (Path(one["runs"][0]["path"]) for one in (said, told))
    assert load(folder)["model"]["served"] == NAME
    assert len(answers_of(local)) == COUNT
    assert answers_of(folder) == answers_of(local)


def test_a_run_is_verified_there(program: Program, server: ServerProcess) -> None:
    done, said = program.batch("--model", model(server), "--limit", "4", "--question", QUESTIONS[1])
    assert done.returncode == 0, done.stderr
    done = program.run("verify", said["runs"][0]["path"], "--server")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"4 of 4 identical; asked one at a time of {NAME} at 127.0.0.1:{server.port}"
    )
