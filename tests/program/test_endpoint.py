"""Models behind a server, through `fada-tui --batch`: files, page, consent, keys, stopping, lost workers."""

import json
import os
import shlex
import signal
import threading
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from fada_tui.config.settings import Settings
from fada_tui.core.errors import ErrorKind
from fada_tui.models.registry import load_registry
from fada_tui.runs.events import AnswerFinished, AnswerStarted, WorkerRestarted
from fada_tui.runs.planning import jobs
from fada_tui.runs.session import Session
from fada_tui.runs.worker_client.deadlines import Deadlines
from tests import endpoint_server as served
from tests.conftest import (
    LONG_ENOUGH,
    Program,
    journaled,
    kill_everything,
    load,
    run_folders,
    tell,
    wait_for,
    worker_of,
)
from tests.endpoint_server import MODEL, WORDS, Asked, Behaviour, serving

pytestmark = pytest.mark.worker


KEY = "sk-secret-0123456789"


def test_a_run_its_files_and_its_page(program: Program, images: Path) -> None:
    """The key is in none of them."""
    program.env = {"FADA_TUI_API_KEY": KEY}

    def behave(asked: Asked) -> Behaviour:
        if asked.times == 1 and len(server.asked) == 2:
            return served.status(503, {"error": f"busy, {asked.headers['Authorization']}"})
        return served.stream()

    with serving(behave) as server:
        done, said = program.batch("--model", server.source, "--images", images, "--debug")
        assert done.returncode == 0, done.stderr
        assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
        place = f"127.0.0.1:{server.port}"
    assert f"{MODEL}@{place} reached at {place}" in done.stderr
    assert "all requests wait, and the server is asked again for 300 s: " in done.stderr
    assert "503 Service Unavailable: busy, Bearer [key]\n" in done.stderr
    folder = Path(said["runs"][0]["path"])
    assert folder.name.endswith(f"_{MODEL}-127.0.0.1-{server.port}")
    run = load(folder)
    model = run["model"]
    assert (model["name"], model["source"], model["served"]) == (f"{MODEL}@{place}", server.source, MODEL)
    assert model["adapter"] == "server"
    unknown = ("architecture", "parameters", "dtype", "quantization", "device", "revision")
    assert all(model[name] is None for name in unknown)
    assert set(model["memory"].values()) == {None}
    assert run["generation"]["concurrency"] == 4
    assert [result["path"] for result in run["results"]] == [
        "A/A_001.png", "A/A_002.png", "B/B_001.png", "B/B_002.png",
    ]  # fmt: skip
    assert all(set(result["memory"].values()) == {None} for result in run["results"])
    page = (folder / "summary.md").read_text()
    assert "- **Parameters**: unknown" in page and "- **GPU Memory**: unknown" in page
    assert f"- **Device**: a server at {place}" in page
    assert f"- **Served by**: {place}, as {MODEL}, up to 4 requests at once" in page
    assert "As it was sent for" in page and "user: <image: PNG" in page
    assert f"--model '{server.source}'" in page and "--concurrency 4" in page
    assert "worker resident" not in page
    files = [path for path in program.cwd.rglob("*") if path.is_file()]
    assert {"run.json", "summary.md", "worker.log", "telemetry.csv"} <= {path.name for path in files}
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    assert KEY not in done.stderr + done.stdout


def test_the_command_of_the_page_makes_the_run_again(program: Program, images: Path) -> None:
    with serving() as server:
        done, said = program.batch("--model", server.url, "--images", images, "--concurrency", "2")
        assert done.returncode == 0, done.stderr
        page = (Path(said["runs"][0]["path"]) / "summary.md").read_text()
        command = page.partition("```bash\n")[2].partition("```")[0]
        assert f"--model '{server.source}'" in command  # by name, though it was the only one then
        server.models = (MODEL, "another")
        again = program.run(*shlex.split(command.replace("\\\n", ""))[1:])
        assert again.returncode == 0, again.stderr
    first, second = sorted(run_folders(program.cwd))
    answers = [[result["response"] for result in load(folder)["results"]] for folder in (first, second)]
    assert answers[0] == answers[1] == ["".join(WORDS)] * 4


def test_headers_and_fields_of_the_settings(program: Program, images: Path) -> None:
    """Fields are recorded; headers go with each request, are written nowhere, are taken anew on resuming."""
    config = program.cwd.parent / "config"
    config.mkdir()
    program.env = {"FADA_TUI_CONFIG_DIR": str(config), "MY_TOKEN": KEY}
    seen: list[str | None] = []

    def settings(header: str) -> None:
        (config / "settings.toml").write_text(
            f'[servers."127.0.0.1"]\nheaders = {{X-Team = "{header}", Authorization = "Bearer $MY_TOKEN"}}\n'
            "extra = {chat_template_kwargs = {enable_thinking = false}}\n"
        )

    def listing(handler: served.Handler) -> None:
        seen.append(handler.headers["X-Team"])
        served.reply(handler, 401, {"error": f"not to {handler.headers['Authorization']}"})

    with serving(lambda asked: served.status(400, {"error": f"to {asked.headers['X-Team']}"})) as server:
        server.listing = listing
        settings("team-of-fetal-images")
        done, said = program.batch("--model", server.source, "--images", images, "--debug")
        assert done.returncode in (1, 3), done.stderr
        assert set(seen) == {"team-of-fetal-images"}
        assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
        folder = Path(said["runs"][0]["path"])
        assert load(folder)["generation"]["extra"] == {"chat_template_kwargs": {"enable_thinking": False}}
        server.behave = lambda asked: served.stream()
        server.asked.clear()
        (config / "settings.toml").write_text("")
        foreign = program.run("--batch", "--resume", folder.name)
        assert foreign.returncode == 2 and "(chat_template_kwargs)" in foreign.stderr
        assert f'[servers."127.0.0.1:{server.port}"]' in foreign.stderr and not server.asked
        settings("another-team")
        again = program.run("--batch", "--resume", folder.name)
        assert again.returncode == 0, again.stderr
        assert {asked.headers["X-Team"] for asked in server.asked} == {"another-team"}
        assert {asked.headers["Accept-Encoding"] for asked in server.asked} == {"identity"}
        kwargs = [asked.body["chat_template_kwargs"] for asked in server.asked]
        assert kwargs == [{"enable_thinking": False}] * 4
        (config / "settings.toml").write_text("")
        foreign = program.run("verify", folder.name, "--server")
        assert foreign.returncode == 2 and "(chat_template_kwargs)" in foreign.stderr
        settings("another-team")
        program.env.pop("MY_TOKEN")
        refused = program.run("--batch", "--model", server.source, "--images", images)
        assert refused.returncode == 2 and "the variable MY_TOKEN is not set: export it" in refused.stderr
        doctor = program.run("doctor")
    told = done.stdout + done.stderr + again.stdout + again.stderr + doctor.stdout + doctor.stderr
    files = [path.read_bytes() for path in program.cwd.rglob("*") if path.is_file()]
    for secret in (KEY, "team-of-fetal-images", "another-team"):
        assert secret not in told and not any(secret.encode() in data for data in files)


def test_format_and_size_of_images_are_sent_recorded_and_shown(program: Program, images: Path) -> None:
    options = ("--image-format", "jpeg", "--image-quality", "40", "--longest-edge", "48")
    with serving() as server:
        done, said = program.batch("--model", server.source, "--images", images, *options)
        assert done.returncode == 0, done.stderr
        assert {asked.format for asked in server.asked} == {"JPEG"}
        assert {asked.image.size for asked in server.asked} == {(48, 32)}
        folder = Path(said["runs"][0]["path"])
        run, page = load(folder), (folder / "summary.md").read_text()
        command = page.partition("```bash\n")[2].partition("```")[0]
        again = program.run(*shlex.split(command.replace("\\\n", ""))[1:])
        assert again.returncode == 0, again.stderr
        pictures = [asked.image.tobytes() for asked in server.asked]
        assert sorted(pictures[:4]) == sorted(pictures[4:])
    assert run["generation"]["image_format"] == "jpeg" and run["generation"]["image_quality"] == 40
    assert run["model"]["longest_edge"] == 48
    assert all(result["prompt"].startswith("user: <image: JPEG, 48×32, ") for result in run["results"])
    assert all((result["width"], result["height"]) == (96, 64) for result in run["results"])
    assert "- **Images Sent**: as JPEG, quality 40, at most 48 pixels a side" in page


def test_images_are_sent_as_png_unless_asked_otherwise(program: Program, images: Path) -> None:
    with serving() as server:
        done, said = program.batch("--model", server.source, "--images", images, "--limit", "1")
        assert done.returncode == 0, done.stderr
        assert server.asked[0].format == "PNG"
    folder = Path(said["runs"][0]["path"])
    generation = load(folder)["generation"]
    assert generation["image_format"] == "png" and "image_quality" not in generation
    assert generation["concurrency"] == 4
    page = (folder / "summary.md").read_text()
    assert "- **Images Sent**: as PNG, losslessly\n" in page and "image quality" not in page
    assert "--concurrency 4" in page and "batch" not in page.replace("--batch ", "")


def test_some_errors_and_the_run_goes_on(program: Program, images: Path) -> None:
    def behave(asked: Asked) -> Behaviour:
        return (
            served.status(400, {"error": "prompt of 9 tokens exceeds the context length"})
            if len(server.asked) == 1
            else served.stream()
        )

    with serving(behave) as server:
        done, said = program.batch("--model", server.source, "--images", images, "--concurrency", "1")
    assert done.returncode == 1, done.stderr
    run = load(Path(said["runs"][0]["path"]))
    assert [bool(result["error"]) for result in run["results"]] == [True, False, False, False]
    assert run["results"][0]["error"]["kind"] == ErrorKind.ENDPOINT_REFUSED
    assert "lower --max-new-tokens" in run["results"][0]["error"]["message"]


def test_a_field_that_is_left_out_is_told_once_recorded_and_known_on_resuming(
    program: Program, images: Path
) -> None:
    def behave(asked: Asked) -> Behaviour:
        if "seed" in asked.body:
            return served.status(422, {"detail": [{"loc": ["body", "seed"], "msg": "not permitted"}]})
        return served.stream() if answering else served.hang("A ")

    answering = False
    with serving(behave) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(images))
        wait_for(lambda: sum("seed" not in asked.body for asked in server.asked) == 4)
        (folder,) = run_folders(program.cwd)
        wait_for(lambda: load(folder)["model"].get("left_out") == ["seed"])
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=LONG_ENOUGH)
        assert err.count("takes no seed (body.seed: not permitted): left out from now on") == 1
        answering, before = True, len(server.asked)
        done = program.run("--batch", "--resume", folder.name)
        assert done.returncode == 0 and "takes no seed" not in done.stderr
        assert not any("seed" in asked.body for asked in server.asked[before:])
    assert load(folder)["model"]["left_out"] == ["seed"]


def test_a_server_that_is_down_fails_the_run_and_says_what_to_check(program: Program, images: Path) -> None:
    source = f"http://127.0.0.1:{served.unused_port()}/v1#m"
    done, said = program.batch("--model", source, "--images", images)
    assert done.returncode == 3
    assert said["runs"][0]["error"]["kind"] == ErrorKind.ENDPOINT_UNREACHABLE
    assert "is the server running there" in done.stderr and "Traceback" not in done.stderr


def test_no_image_leaves_unasked(program: Program, images: Path) -> None:
    """No name is even looked up: the refusal comes from the plan, and leaves no run behind."""
    source = "http://127.0.0.1.hospital.example:8000/v1#m"
    done, said = program.batch("--model", source, "--images", images)
    assert done.returncode == 2 and said["runs"] == []
    assert "may show patients' names" in said["error"]
    assert "--allow-host 127.0.0.1.hospital.example" in said["error"]
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (program.cwd / "results").exists()
    asked = program.run("--batch", "--dry-run", "--model", source, "--images", images,
                        "--allow-host", "127.0.0.1.hospital.example")  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "server     127.0.0.1.hospital.example:8000, 4 requests at once" in asked.stdout
    program.env = {"FADA_TUI_ALLOW_HOST": "a.example,127.0.0.1.hospital.example:8000"}
    planned, plan = program.batch("--dry-run", "--model", source, "--images", images)
    assert planned.returncode == 0
    assert plan["plan"][0]["server"] == "127.0.0.1.hospital.example:8000"
    assert plan["plan"][0]["parameters"] is None
    with_password = program.run("--batch", "--model", "http://me:hush@127.0.0.1/v1#m", "--images", images)
    assert with_password.returncode == 2
    assert "FADA_TUI_API_KEY" in with_password.stderr and "hush" not in with_password.stderr


def test_resuming_needs_the_same_consent(program: Program, images: Path) -> None:
    """What a run was allowed once does not stand in its files."""
    with serving(lambda asked: served.hang("A ")) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(images))
        wait_for(lambda: len(server.asked) == 4)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LONG_ENOUGH)
        (folder,) = run_folders(program.cwd)
        elsewhere = server.source.replace("127.0.0.1", "hospital.example")
        text = (folder / "run.json").read_text()
        (folder / "run.json").write_text(text.replace(server.source, elsewhere))
        asked = server.connections
        done = program.run("--batch", "--resume", folder.name)
        assert done.returncode == 2
        assert "--allow-host hospital.example" in done.stderr and "Traceback" not in done.stderr
        (folder / "run.json").write_text(text)
        server.behave = lambda asked: served.stream()
        assert server.connections == asked
        assert program.run("--batch", "--resume", folder.name).returncode == 0
    assert len(load(folder)["results"]) == 4


@pytest.mark.parametrize("waiting", ["for a token", "for another try"])
def test_ctrl_c_twice_ends_a_wait_at_once(program: Program, images: Path, waiting: str) -> None:
    trouble = served.hang() if waiting == "for a token" else served.status(429, Retry_After="100")
    with serving(lambda asked: served.stream() if len(server.asked) == 1 else trouble) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(images))
        wait_for(lambda: journaled(program.cwd) == 1 and len(server.asked) == 4)
        worker = worker_of(process)
        begun = time.monotonic()
        tell(process, signal.SIGINT, signal.SIGINT)
        _, err = process.communicate(timeout=LONG_ENOUGH)
        assert time.monotonic() - begun < 60, "it would wait longer by itself"
    assert process.returncode == 130, err
    assert "Traceback" not in err and worker is not None and not worker.is_running()
    (folder,) = run_folders(program.cwd)
    run = load(folder)
    assert len(run["results"]) == 1 and run["status"] == "interrupted"
    assert not (folder / "journal.jsonl").exists()


def test_ctrl_c_once_finishes_all_that_is_in_flight(program: Program, many: Path) -> None:
    """The first ones end only then; were others asked before the worker has heard, they would take long."""
    told = threading.Event()
    with serving(
        lambda asked: served.stream(until=told) if len(server.asked) <= 4 else served.stream(pace=2.0)
    ) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(many))
        wait_for(lambda: len(server.asked) == 4)
        tell(process, signal.SIGINT)
        told.set()
        _, err = process.communicate(timeout=LONG_ENOUGH)
        assert process.returncode == 130, err
        assert 4 <= len(server.asked) < 12
        assert "stopping after what is in flight; ctrl+c again" in err
    (folder,) = run_folders(program.cwd)
    assert len(load(folder)["results"]) == len(server.asked)


def test_a_worker_killed_with_several_in_flight_loses_nothing(program: Program, many: Path) -> None:
    killed = threading.Event()
    with serving(lambda asked: served.stream(until=killed if len(server.asked) > 3 else None)) as server:
        process = program.start("--batch", "--json", "--model", server.source, "--images", str(many))
        wait_for(lambda: journaled(program.cwd) == 3 and server.in_flight == 4)
        worker = worker_of(process)
        assert worker
        worker.kill()
        killed.set()
        out, err = process.communicate(timeout=LONG_ENOUGH)
    assert process.returncode == 0, err
    assert "SIGKILL" in err and "starting another" in err
    run = load(Path(json.loads(out.splitlines()[-1])["runs"][0]["path"]))
    assert run["status"] == "complete"
    paths = [result["path"] for result in run["results"]]
    planned = sorted(str(path.relative_to(many)) for path in many.rglob("*.png"))
    assert sorted(paths) == planned and [path[0] for path in paths] == sorted("ABC" * 4)
    assert not any(result["error"] for result in run["results"])
    # Finished results are not asked for again; those that were in flight are.
    assert len(server.asked) <= 12 + 4


def test_everything_killed_with_several_in_flight_loses_nothing(program: Program, many: Path) -> None:
    killed = threading.Event()
    with serving(lambda asked: served.stream(until=killed if len(server.asked) > 4 else None)) as server:
        process = program.start("--batch", "--model", server.source, "--images", str(many))
        wait_for(lambda: journaled(program.cwd) == 4 and server.in_flight == 4)
        kill_everything(process)
        killed.set()
        kept = journaled(program.cwd)
        before = len(server.asked)
        (folder,) = run_folders(program.cwd)
        assert program.run("--batch", "--resume", folder.name).returncode == 0
        assert len(server.asked) - before == 12 - kept
    assert len(load(folder)["results"]) == 12


async def test_of_several_in_flight_only_the_deadly_one_becomes_an_error(
    program: Program, images: Path, tmp_path: Path
) -> None:
    """The worker is killed whenever one image is in flight: the others must not be blamed for it."""
    registry = load_registry(tmp_path / "none.toml")
    with serving(lambda asked: served.stream(pace=0.1)) as server:
        settings = Settings(model=(server.source,), images=str(images))
        (job,), _ = jobs(settings, registry, None)
        deadly = job.plan.images[2].path
        session = Session.new(job, program.cwd / "results", Deadlines(), registry)
        restarts, together, alone = 0, 0, True
        async with aclosing(session.events()) as events:
            async for event in events:
                restarts += isinstance(event, WorkerRestarted)
                if isinstance(event, AnswerStarted):
                    together += 1
                    alone &= restarts == 0 or together == 1
                    if event.item.path == deadly:
                        assert session.worker_pid
                        os.kill(session.worker_pid, signal.SIGKILL)
                elif isinstance(event, AnswerFinished | WorkerRestarted):
                    together = max(together - 1, 0) if isinstance(event, AnswerFinished) else 0
    run = load(session.folder)
    assert restarts == 2 and alone
    errors = {result["path"]: result["error"] for result in run["results"]}
    assert errors.pop(deadly)["kind"] == ErrorKind.WORKER_DIED
    assert len(errors) == 3 and not any(errors.values())


def test_the_list_knows_servers(program: Program) -> None:
    with serving() as server:
        source = server.source
        added = program.run("models", "add", "here", "--source", source, "--api-key-env", "MY_KEY")
        assert added.returncode == 0, added.stderr
        assert server.connections == 0
    shown = program.run("models", "show", "here").stdout
    assert source in shown and "server" in shown and "MY_KEY" in shown and "Precision" not in shown
    row = next(line for line in program.run("models", "list").stdout.splitlines() if "  here  " in line)
    assert "server" in row and "untested" in row
    listed = program.run("models", "list").stdout
    for bad in ("sk-SECRET", "hf_SecretSecret"):
        refused = program.run("models", "add", "x", "--source", source, "--api-key-env", bad)
        assert refused.returncode == 2 and "api_key_env" in refused.stderr and bad not in refused.stderr
    assert program.run("models", "add", "here", "--source", source, "--adapter", "chat").returncode == 2
    assert program.run("models", "list").stdout == listed
