"""The program against `transformers serve` with the embedded model."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fada_tui.core.paths import demo_weights
from fada_tui.store import journal
from tests.conftest import LONG_ENOUGH, Program, journaled, load, run_folders, wait_for
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


def test_answers_are_the_local_ones_and_survive_the_server_s_death(
    program: Program, server: ServerProcess
) -> None:
    """Killed in the middle and started again on its port: all are there, none twice, and none an error."""
    process = program.start("--batch", "--json", "--model", model(server), *ASKED)
    wait_for(lambda: process.poll() is not None or journaled(program.cwd) >= COUNT // 3)
    assert process.poll() is None, process.communicate()
    (folder,) = run_folders(program.cwd)
    # Open, it can still be read when the program has folded and removed it.
    with (folder / journal.JOURNAL_NAME).open("rb") as lines:
        server.kill()
        made_before = journaled(program.cwd)
        server.start()
        _, errors = process.communicate(timeout=LONG_ENOUGH)
        written = program.cwd / "written.jsonl"
        written.write_bytes(lines.read())
    assert process.returncode == 0, errors
    assert COUNT // 3 <= made_before < COUNT
    results = [line.result for line in journal.read(written).lines if isinstance(line, journal.ResultLine)]
    assert not [result.error for result in results if result.error]
    times = Counter((result.path, result.question_id) for result in results)
    assert len(times) == COUNT and set(times.values()) == {1}

    done, said = program.batch("--model", "fada-demo", *ASKED)
    assert done.returncode == 0, done.stderr
    local = answers_of(Path(said["runs"][0]["path"]))
    assert len(local) == COUNT
    assert answers_of(folder) == local
    assert load(folder)["model"]["served"] == NAME


def test_a_run_is_verified_there(program: Program, server: ServerProcess) -> None:
    done, said = program.batch("--model", model(server), "--limit", "4", "--question", QUESTIONS[1])
    assert done.returncode == 0, done.stderr
    done = program.run("verify", said["runs"][0]["path"], "--server")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        f"4 of 4 identical; asked one at a time of {NAME} at 127.0.0.1:{server.port}"
    )
