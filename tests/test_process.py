"""The worker's process by itself: what is sent to one that goes, and what one that does not start leaves."""

import asyncio
import fcntl
import os
import signal
import struct
import termios
from pathlib import Path

import pytest

from fada_tui.process import WorkerProcess
from tests.conftest import wait_for


def waiting(socket: int) -> int:
    """Bytes that were sent and not read."""
    return int(struct.unpack("i", fcntl.ioctl(socket, termios.TIOCOUTQ, bytes(4)))[0])


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
