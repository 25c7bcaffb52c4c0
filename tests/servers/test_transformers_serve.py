"""The program against `transformers serve` with the embedded model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import Program, load
from tests.servers.acceptance import COUNT, answered_here, answered_though_killed, answers_of
from tests.servers.server_process import ServerProcess
from tests.servers.transformers_serve import NAME, transformers_serve

pytestmark = pytest.mark.worker

pytest.importorskip("fastapi", reason="transformers[serving] is not installed")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """The server, which takes as long to start as to answer all questions."""
    made = transformers_serve(demo_weights(), NAME, tmp_path / "transformers-serve")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_answers_are_the_local_ones_and_survive_the_server_s_death(
    server: ServerProcess, program: Program
) -> None:
    """All in one test, for one server to be asked."""
    folder = answered_though_killed(program, server, f"http://127.0.0.1:{server.port}/v1#{NAME}")
    assert load(folder)["model"]["served"] == NAME
    local = answers_of(answered_here(program))
    assert len(local) == COUNT
    assert answers_of(folder) == local
    done = program.run("verify", folder, "--server")
    assert done.returncode == 0, done.stdout + done.stderr
    told = f"10 of 10 identical; asked one at a time of {NAME} at 127.0.0.1:{server.port}"
    assert done.stdout.splitlines()[-1] == told
