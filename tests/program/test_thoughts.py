"""A model that thinks, from the command line to the run's files."""

import json
from pathlib import Path

import pytest

from tests.conftest import Program, load, write_image
from tests.thinking import save_thinking

pytestmark = pytest.mark.worker


def test_thoughts_and_answers_in_a_runs_files(program: Program, tmp_path: Path) -> None:
    images = write_image(tmp_path / "images" / "A" / "A.png").parents[1]
    asked = [word for text in ("think?", "endless?", "plain?") for word in ("--question", text)]
    limits = ("--max-new-tokens", "9", "--max-thinking-tokens", "7", "--thinking", "on")
    model = save_thinking(tmp_path / "thinking")
    done, said = program.batch("--model", model, "--images", images, *asked, *limits, "--batch-size", "3")
    assert done.returncode == 1, done.stderr
    (warning,) = [line for line in done.stderr.splitlines() if "no switch for thinking" in line]
    assert warning.startswith("warning: thinking: ") and "--thinking on changes nothing" in warning
    folder = Path(said["runs"][0]["path"])
    run = load(folder)
    assert (run["generation"]["thinking"], run["generation"]["max_thinking_tokens"]) == ("on", 7)
    think, endless, plain = run["results"]
    assert (think["response"], think["thoughts"]) == ("The brain", {"text": "A heart maybe", "tokens": 4})
    assert "fetal" not in json.dumps(think["auto"]) and think["tokens"]["generated"] == 7
    assert endless["response"] is None and endless["thoughts"]["tokens"] == 7
    assert endless["error"]["kind"] == "only_thoughts" and endless["auto"] is None
    assert "raise --max-thinking-tokens (7)" in endless["error"]["message"]
    assert "thoughts" not in plain
    page = (folder / "summary.md").read_text()
    assert "**Thoughts (4 tokens)**" in page and "--max-thinking-tokens 7" in page

    again = program.run("--batch", "--resume", folder)
    assert again.returncode == 1, again.stderr
    assert "1 answer to make, 2 of 3 there already" in again.stderr and "plan" in load(folder)
