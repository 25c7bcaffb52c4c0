"""The worker's process by itself: what is sent to one that goes, and what one that does not start leaves."""

import asyncio
import fcntl
import os
import signal
import struct
import sys
import termios
from pathlib import Path

import pytest

from fada_tui.runs.worker_client import process
from fada_tui.runs.worker_client.process import WorkerProcess
from tests.conftest import leaves_nothing_open, wait_for


def waiting(socket: int) -> int:
    """Bytes that were sent and not read."""
    return int(struct.unpack("i", fcntl.ioctl(socket, termios.TIOCOUTQ, bytes(4)))[0])


@pytest.mark.worker
async def test_a_worker_may_be_ended_while_a_command_is_sent(tmp_path: Path) -> None:
    process = await WorkerProcess.started(tmp_path / "worker.log")
    os.kill(process.pid, signal.SIGSTOP)
    assert process._commands is not None
    commands = process._commands.fileno()
    with (tmp_path / "a file").open("wb") as file:
        sending = asyncio.create_task(asyncio.to_thread(process.send, bytes(1 << 24), (file.fileno(),)))
        await asyncio.to_thread(wait_for, lambda: waiting(commands))
        await process.end(0)
        with pytest.raises(OSError):
            await sending
    with pytest.raises(OSError):
        process.send(b"{}\n")


async def test_a_worker_that_cannot_be_started_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with leaves_nothing_open(), pytest.raises(FileNotFoundError):
        await WorkerProcess.started(tmp_path / "worker.log")


async def test_a_start_that_is_cancelled_leaves_nothing_open(tmp_path: Path) -> None:
    with leaves_nothing_open():
        starting = asyncio.create_task(WorkerProcess.started(tmp_path / "worker.log"))
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting


def test_threads_are_those_of_the_worker_s_share_unless_a_person_says_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in process.THREADS_SET_BY:
        monkeypatch.delenv(name, raising=False)
    shared = process._environment(2)
    assert {shared[name] for name in process.THREADS_SET_BY} == {"2"}
    assert not process._environment(None).keys() & set(process.THREADS_SET_BY)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    own = process._environment(2)
    assert own["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in own
