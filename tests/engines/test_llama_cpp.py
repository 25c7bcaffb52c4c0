"""The program with llama.cpp's server as its engine, as `make engines` runs it where there is one.

`LLAMA_SERVER` says where it is, else PATH; `VLLM` is in the environment that has gguf, too.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fada_tui.core.paths import demo_weights
from tests.conftest import LONG_ENOUGH, Program, journaled, load, run_folders
from tests.engines.processes import killed_at, wait_until_ended
from tests.servers.acceptance import ASKED, COUNT, answered_here, answers_of

SERVER = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.worker,
    pytest.mark.skipif("VLLM" not in os.environ, reason="make engines installs gguf and runs this"),
    pytest.mark.skipif(SERVER is None, reason="no llama-server: LLAMA_SERVER says where it is"),
]


@pytest.fixture(autouse=True)
def settings() -> None:
    """llama.cpp as this machine's engine."""
    folder = Path(os.environ["FADA_TUI_CONFIG_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("settings.toml").write_text(f'[engines."llama.cpp"]\ncommand = ["{SERVER}"]\n')


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded model and its projector as GGUF files."""
    folder = tmp_path_factory.mktemp("gguf") / "demo"
    python, writer = Path(os.environ["VLLM"]).with_name("python"), Path(__file__).with_name("write_gguf.py")
    subprocess.run([python, "-P", writer, demo_weights(), folder], check=True, timeout=LONG_ENOUGH)
    return folder


def test_a_folder_of_gguf_files_is_answered_for(program: Program, files: Path) -> None:
    """Nearly as by the checkpoint itself: it writes the prompt of this architecture in its own way."""
    done, said = program.batch("--model", files, *ASKED, "--engine", "llama.cpp")
    assert done.returncode == 0, done.stderr
    folder = Path(said["runs"][0]["path"])
    answers, ours = answers_of(folder), answers_of(answered_here(program, "--dtype", "float32"))
    assert len(answers) == COUNT
    alike = sum(answers[key][0] == ours[key][0] for key in answers)
    assert alike >= 0.7 * COUNT
    run = load(folder)
    assert run["engine"]["name"] == "llama.cpp" and run["engine"]["command"][0] == SERVER
    assert run["generation"]["concurrency"] == 4
    assert run["model"]["server"]["context"] == 512
    verified = program.run("verify", folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_program_that_is_killed_leaves_nothing_behind(program: Program, files: Path) -> None:
    arguments = ("--batch", "--json", "--model", files, *ASKED, "--engine", "llama.cpp")
    process = program.start(*arguments)
    engine = killed_at(process, lambda: journaled(program.cwd) >= COUNT // 3, whole=True)
    process.communicate()
    wait_until_ended(engine)
    (folder,) = run_folders(program.cwd)
    resumed = program.run("--batch", "--resume", folder)
    assert resumed.returncode == 0, resumed.stderr
    assert len(answers_of(folder)) == COUNT
