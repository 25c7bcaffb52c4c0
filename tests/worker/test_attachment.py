"""What a worker holds open of its run: the lock, which it touches while it has it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONG_ENOUGH

TOUCHING = """
import os, sys, time
from pathlib import Path
from fada_tui.worker import server
server.TOUCH_SECONDS = 0.01
lock = Path(sys.argv[1])
attachment = server.Attachment()
attachment.take([os.dup(1), os.open(lock, os.O_RDWR)])
while lock.stat().st_mtime == 0:
    time.sleep(0.01)
attachment.let_go()
os.utime(lock, (0, 0))
time.sleep(0.1)
sys.exit(lock.stat().st_mtime != 0)
"""


@pytest.mark.worker
def test_a_worker_touches_its_run_s_lock_until_it_lets_go(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    lock.touch()
    os.utime(lock, (0, 0))
    done = subprocess.run([sys.executable, "-c", TOUCHING, str(lock)], timeout=LONG_ENOUGH, check=False)
    assert done.returncode == 0
