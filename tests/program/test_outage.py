"""A server that goes away, or fails on everything, through `fada-tui --batch`: files, page, exit codes."""

import json
import signal
import time
from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from tests import endpoint_server as served
from tests.conftest import LONG_ENOUGH, Program, journaled, load, run_folders, wait_for
from tests.endpoint_server import serving
from tests.server_process import running

pytestmark = pytest.mark.worker


def test_a_server_started_again_in_time_is_gone_on_with(program: Program, many: Path) -> None:
    with running(answers=6) as server:
        process = program.start("--batch", "--json", "--model", server.source, "--images", str(many))
        wait_for(lambda: journaled(program.cwd) >= 2)
        server.kill()
        time.sleep(0.5)
        server.start()
        out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    said = [line for line in err.splitlines() if "all requests wait" in line]
    assert len(said) == 1 and "127.0.0.1:" in said[0] and "asked again for 300 s" in said[0]
    assert err.count("the server answers again after") == 1
    run = load(Path(json.loads(out.splitlines()[-1])["runs"][0]["path"]))
    assert run["status"] == "complete" and len(run["results"]) == 12
    assert not any(result["error"] for result in run["results"]) and "error" not in run


def test_a_server_that_stays_away_interrupts_the_run(program: Program, many: Path) -> None:
    with running(answers=6) as server:
        process = program.start(
            "--batch", "--json", "--model", server.source, "--images", str(many), "--server-patience", "1"
        )
        wait_for(lambda: journaled(program.cwd) >= 2)
        server.kill()
        out, err = process.communicate(timeout=LONG_ENOUGH)
        assert process.returncode == 130, err
        (told,) = json.loads(out.splitlines()[-1])["runs"]
        assert (told["status"], told["exit_code"], told["errors"]) == ("interrupted", 130, 0)
        assert told["error"]["kind"] == ErrorKind.ENDPOINT_UNREACHABLE
        assert "cannot be reached" in told["error"]["message"]
        assert "asked again for 1 s, in vain" in err
        (folder,) = run_folders(program.cwd)
        run, page = load(folder), (folder / "summary.md").read_text()
        assert 2 <= len(run["results"]) < 12 and not any(result["error"] for result in run["results"])
        assert "Interrupted (endpoint_unreachable: asked again for 1 s, in vain: 127.0.0.1:" in page

        server.start()
        done = program.run("--batch", "--resume", folder.name)
        assert done.returncode == 0, done.stderr
    run = load(folder)
    assert run["status"] == "complete" and len(run["results"]) == 12 and "error" not in run


def test_ctrl_c_ends_a_pause_at_once(program: Program, many: Path) -> None:
    with serving(lambda asked: served.status(503, Retry_After="200")) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(many))
        wait_for(lambda: len(server.asked) >= 1 and server.in_flight == 0)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 130 and "Traceback" not in err
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert run["status"] == "interrupted" and not run["results"] and "error" not in run


def test_errors_alike_fail_a_run_without_an_answer(program: Program, many: Path) -> None:
    with serving(lambda asked: served.status(401)) as server:
        done, said = program.batch("--model", server.source, "--images", many, "--concurrency", "2")
        assert len(server.asked) < 9
    assert done.returncode == 3, done.stderr
    assert "5 errors alike in sequence" in done.stderr and "FADA_TUI_API_KEY" in done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert run["status"] == "failed" and run["error"]["kind"] == ErrorKind.ENDPOINT_REFUSED
    assert 5 <= len(run["results"]) < 9


def test_errors_alike_after_an_answer_leave_the_rest_unasked(program: Program, many: Path) -> None:
    with serving(
        lambda asked: (
            served.stream() if len(server.asked) <= 3 else served.status(400, {"error": "no images"})
        )
    ) as server:
        done = program.run("--batch", "--model", server.source, "--images", many, "--concurrency", "1")
        assert len(server.asked) == 8
        assert done.returncode == 1, done.stderr
        assert "go on with: fada-tui --batch --resume" in done.stderr
        (folder,) = run_folders(program.cwd)
        run, page = load(folder), (folder / "summary.md").read_text()
        assert run["status"] == "interrupted" and len(run["results"]) == 8
        assert "Interrupted (endpoint_refused: 5 errors alike in sequence" in page and "no images" in page

        # What was never asked comes first, so that the same five cannot stop it for ever.
        failed = [result["path"] for result in run["results"] if result["error"]]
        server.behave = lambda asked: served.stream()
        done = program.run("--batch", "--resume", folder.name, "--concurrency", "1")
        assert done.returncode == 0, done.stderr
        assert len(server.asked) == 8 + 9
        order = [asked.image.tobytes() for asked in server.asked]
        assert order[-5:] == order[3:8] and len(failed) == 5
    assert load(folder)["status"] == "complete"


def test_a_model_that_a_server_does_not_know_fails_the_run_at_once(program: Program, many: Path) -> None:
    unknown = served.status(404, {"error": {"message": "the model 'x' does not exist"}})
    with serving(lambda asked: unknown) as server:
        done, said = program.batch("--model", server.source, "--images", many, "--concurrency", "1")
        assert len(server.asked) == 1
    assert done.returncode == 3, done.stderr
    assert "the model 'x' does not exist" in done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert run["status"] == "failed" and not run["results"]
