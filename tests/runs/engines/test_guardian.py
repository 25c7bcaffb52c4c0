"""An engine's process behind its guardian: nothing of it outlives the program, however that ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from fada_tui.runs.engines import ready
from fada_tui.runs.engines.last_words import reason_in
from fada_tui.runs.engines.launch import FOLDER, KEPT_FROM_IT, KEY_FILE
from fada_tui.runs.engines.ports import HeldPort
from fada_tui.runs.engines.process import EngineProcess
from fada_tui.runs.engines.ready import missing
from tests.conftest import LONG_ENOUGH, lives
from tests.runs.engines.playing import Play, command_line_of, environment_of, wait_until

KEY = "a-key-that-nobody-guesses-0123456789"

PROGRAM = """
import asyncio, sys
from pathlib import Path
from fada_tui.runs.engines.process import EngineProcess
from fada_tui.runs.engines.last_words import reason_in
from fada_tui.runs.engines.ports import HeldPort
from tests.runs.engines.playing import Play

async def main():
    play = Play(Path(sys.argv[1]))
    log = play.folder / "engine.log"
    engine = await EngineProcess.started(play.command(), HeldPort().number, "k" * 20, log, 0.3)
    await engine.wait()

asyncio.run(main())
"""


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path / "play")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that stands still for some seconds is none that hangs."""
    monkeypatch.setattr(ready, "_PATIENCE", LONG_ENOUGH)


async def started(play: Play, *, key_file: bool = False, patience: float = 0.3) -> tuple[EngineProcess, int]:
    """The engine, once it answers, and its port."""
    command, port = play.command(key_file=key_file), HeldPort().number
    process = await EngineProcess.started(command, port, KEY, play.folder / "engine.log", patience)
    while process.pid is None or await missing(command, port, KEY):
        assert process.runs, process.end_told
        await asyncio.sleep(0.02)
    return process, port


@pytest.mark.parametrize("key_file", [False, True])
async def test_an_engine_is_ready_for_who_has_its_key_which_stands_nowhere(
    play: Play, key_file: bool
) -> None:
    play.plan(prints_key=True)
    process, port = await started(play, key_file=key_file)
    (pid,) = play.pids()
    assert process.pid == pid
    assert "refuses the key" in await missing(play.command(), port, "another")
    assert KEY not in command_line_of(pid)
    assert KEY not in command_line_of(process.guardian_pid)
    assert (environment_of(pid).get("VLLM_API_KEY") == KEY) is not key_file
    await process.end()
    log = (play.folder / "engine.log").read_text()
    assert "api_key='[key]'" in log
    assert KEY not in log
    assert list(process.last)[-1] == "INFO ready"
    assert not play.left


async def test_keys_of_other_servers_and_our_python_path_are_none_of_its_business(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEPT_FROM_IT:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setenv("HF_TOKEN", "of-the-hub-which-it-needs")
    process, _ = await started(play)
    seen = environment_of(play.pids()[0])
    await process.end()
    assert not seen.keys() & set(KEPT_FROM_IT)
    assert seen["HF_TOKEN"] == "of-the-hub-which-it-needs"


async def test_keys_of_its_environment_and_arguments_are_in_no_log(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of-the-environment-01")
    play.plan(says=["token='hf_of-the-environment-01'", "wandb: k-of-the-arguments-02"])
    command = play.command()
    command = replace(command, argv=(*command.argv, "--wandb-api-key", "k-of-the-arguments-02"))
    log = play.folder / "engine.log"
    process = await EngineProcess.started(command, HeldPort().number, KEY, log, 0.3)
    while not log.exists() or "wandb" not in log.read_text():
        await asyncio.sleep(0.02)
    await process.end()
    assert "token='[key]'\nwandb: [key]\n" in log.read_text()
    assert list(process.last)[1:3] == ["token='[key]'", "wandb: [key]"]


async def test_an_engine_is_asked_to_end_before_it_is_killed(play: Play) -> None:
    process, _ = await started(play, patience=LONG_ENOUGH)
    await process.end(LONG_ENOUGH)
    assert process.end_told == "was killed by SIGTERM"


@pytest.mark.parametrize("by_the_person", [False, True])
async def test_a_folder_of_its_own_is_there_as_long_as_it_is(
    play: Play, by_the_person: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)  # which may be too long for sockets
    if by_the_person:
        monkeypatch.setenv("SOCKETS", str(tmp_path))
    command = play.command()
    command = replace(command, environment=command.environment | {"SOCKETS": FOLDER})
    process = await EngineProcess.started(command, HeldPort().number, KEY, tmp_path / "engine.log", 0.3)
    wait_until(play.pids)
    folder = Path(environment_of(play.pids()[0])["SOCKETS"])
    assert (folder == tmp_path) is by_the_person and folder.stat().st_mode & 0o077 == 0
    (folder / "left").touch()
    await process.end()
    assert (folder / "left").exists() is by_the_person


async def test_a_hung_engine_is_killed_with_all_that_it_started(play: Play) -> None:
    play.plan(hangs=True, children=True)
    process, _ = await started(play)
    wait_until(lambda: len(play.pids("children")) == 2)
    assert len(play.left) == 3
    await asyncio.wait_for(process.end(), LONG_ENOUGH)
    assert not play.left


async def test_what_a_crashed_engine_leaves_is_ended_and_its_last_lines_are_known(play: Play) -> None:
    play.plan(fails=1, children=True, lines=9)
    process = await EngineProcess.started(
        play.command(), HeldPort().number, KEY, play.folder / "engine.log", 0.3
    )
    await asyncio.wait_for(process.wait(), LONG_ENOUGH)
    assert process.end_told == "ended with status 1"
    assert reason_in(process.last) == "RuntimeError: no room for the model"
    assert not process.runs
    assert not play.left


async def test_a_program_that_is_not_there_is_told_and_no_key_is_left(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = replace(play.command(key_file=True), argv=("/nowhere/vllm", "serve", KEY_FILE))
    process = await EngineProcess.started(command, 1, KEY, play.folder / "engine.log")
    await asyncio.wait_for(process.wait(), LONG_ENOUGH)
    assert process.end_told == "could not be started: /nowhere/vllm: No such file or directory"
    assert list(tmp_path.iterdir()) == [play.folder]


async def test_output_goes_to_another_file_from_one_moment_to_the_next(play: Play) -> None:
    play.plan(lines=100_000)  # more than there is time for
    process = await EngineProcess.started(
        play.command(), HeldPort().number, KEY, play.folder / "first.log", 0.3
    )
    second = play.folder / "second.log"
    while not process.last:
        await asyncio.sleep(0.02)
    process.write_to(second)
    while not second.exists() or not second.read_text():
        await asyncio.sleep(0.02)
    process.write_to(None)
    await process.end()
    assert "loading" in second.read_text()
    assert "cheerful" in (play.folder / "first.log").read_text()


@pytest.mark.long
@pytest.mark.parametrize("hangs", [False, True])
def test_nothing_is_left_of_an_engine_whose_program_is_killed(play: Play, hangs: bool) -> None:
    play.plan(hangs=hangs, children=True)
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(play.folder)])
    wait_until(lambda: len(play.left) == 3)
    program.kill()
    program.wait()
    wait_until(lambda: not play.left)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
async def test_an_engine_ends_with_its_guardian_too(play: Play) -> None:
    process, _ = await started(play)
    os.kill(process.guardian_pid, signal.SIGKILL)
    await asyncio.wait_for(process.wait(), LONG_ENOUGH)
    assert process.end_told == "its guardian was killed"
    wait_until(lambda: not lives(play.pids()[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
@pytest.mark.long
def test_nothing_of_its_group_is_left_when_program_and_guardian_are_killed_at_once(play: Play) -> None:
    play.plan(hangs=True, children=True)
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(play.folder)])
    wait_until(lambda: len(play.left) == 3)
    guardian = psutil.Process(play.pids()[0]).ppid()
    for pid in (program.pid, guardian):
        os.kill(pid, signal.SIGKILL)
    program.wait()
    of_group, elsewhere = play.pids("children")
    wait_until(lambda: not lives(of_group) and not lives(play.pids()[0]))
    os.kill(elsewhere, signal.SIGKILL)  # no one is left to know of it


def test_two_programs_do_not_meet_at_a_port() -> None:
    held = [HeldPort() for _ in range(50)]
    assert len({port.number for port in held}) == 50
    for port in held:
        port.release()


def test_a_port_is_another_s_only_once_it_is_released() -> None:
    held = HeldPort()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        with pytest.raises(OSError):
            other.bind(("127.0.0.1", held.number))
        held.release()
        other.bind(("127.0.0.1", held.number))
