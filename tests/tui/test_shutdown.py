"""The dashboard's end when its terminal goes without a word."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import LONG_ENOUGH
from tests.tui.dashboard import save_run


@pytest.mark.long
def test_a_terminal_that_goes_without_a_signal_ends_the_dashboard(tmp_path: Path) -> None:
    save_run(tmp_path)
    master, slave = os.openpty()
    # A session of its own without a controlling terminal: no hang-up is sent when the pty goes.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "fada_tui.cli", "--results", str(tmp_path / "results")],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(slave)
    written = b""
    until = time.monotonic() + LONG_ENOUGH
    while b"judged" not in written and time.monotonic() < until:
        written += os.read(master, 1 << 16)
    assert b"judged" in written
    os.close(master)
    assert process.wait(LONG_ENOUGH) == 129
    assert not psutil.pid_exists(process.pid)
