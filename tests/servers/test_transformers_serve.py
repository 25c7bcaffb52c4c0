"""The program against `transformers serve` with the embedded model."""

from collections.abc import Iterator

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import Program, load
from tests.servers.acceptance import COUNT, QUESTIONS, answered_here, answered_though_killed, answers_of
from tests.servers.server_process import ServerProcess
from tests.servers.transformers_serve import NAME, transformers_serve

pytestmark = pytest.mark.worker

pytest.importorskip("fastapi", reason="transformers[serving] is not installed")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server; starting it takes as long as a whole run, so all tests have the same."""
    made = transformers_serve(demo_weights(), NAME, tmp_path_factory.mktemp("transformers-serve"))
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


def test_a_run_is_verified_there(server: ServerProcess, program: Program) -> None:
    done, said = program.batch("--model", model(server), "--limit", "4", "--question", QUESTIONS[1])
    assert done.returncode == 0, done.stderr
    done = program.run("verify", said["runs"][0]["path"], "--server")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"4 of 4 identical; asked one at a time of {NAME} at 127.0.0.1:{server.port}"
    )


def test_answers_are_the_local_ones_and_survive_the_server_s_death(
    server: ServerProcess, program: Program
) -> None:
    folder = answered_though_killed(program, server, model(server))
    local = answers_of(answered_here(program))
    assert len(local) == COUNT
    assert answers_of(folder) == local
    assert load(folder)["model"]["served"] == NAME
