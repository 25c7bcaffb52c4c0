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

from fada_tui.runs.worker_client.process import WorkerProcess
from tests.conftest import open_files, wait_for


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
    before = open_files()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(FileNotFoundError):
        await WorkerProcess.started(tmp_path / "worker.log")
    assert open_files() == before


async def test_a_start_that_is_cancelled_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_files()
    starting = asyncio.create_task(WorkerProcess.started(tmp_path / "worker.log"))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert open_files() == before
