"""The benchmark of engines beside the worker, with a program that plays one. No time is tested."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONG_ENOUGH
from tests.runs.engines.playing import PROGRAM, Play

pytestmark = [pytest.mark.worker, pytest.mark.slow]


def test_worker_and_engine_answer_the_same_in_turn(tiny: Path, tmp_path: Path) -> None:
    """Each way has its row; what the played engine answers is none of the worker's answers."""
    play, config = Play(tmp_path / "play"), tmp_path / "own"
    config.mkdir()
    command = json.dumps([sys.executable, str(PROGRAM)])
    (config / "settings.toml").write_text(f"[engines.vllm]\ncommand = {command}\n", encoding="utf-8")
    options = ("--model", str(tiny), "--rounds", "2", "--batch-sizes", "8", "--concurrency", "3")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engines", *options],
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "FADA_TUI_CONFIG_DIR": str(config),
            "ENGINE_PLAY": str(play.folder),
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        timeout=LONG_ENOUGH,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line for line in done.stdout.splitlines() if " of 24 " in line]
    assert [row.split("│")[1].strip() for row in rows] == ["worker, batch 8", "vllm 0.99.1, 3 at once"]
    assert "24 of 24" in rows[0] and " 0 of 24" in rows[1]
    assert len(play.pids()) == 1 and not play.left
