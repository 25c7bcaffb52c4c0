import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROGRAM, Program
from tests.program.test_entries import imported


@pytest.fixture
def installed(tmp_path: Path, program: Program) -> Program:
    """The program as `fada-tui` on the path, with one run in its results folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "fada-tui"
    script.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    script.chmod(0o755)
    program.env["PATH"] = f"{folder}:{os.environ['PATH']}"
    made = program.cwd / "results" / "20260102-030405_a"
    made.mkdir(parents=True)
    (made / "run.json").write_text("{}")
    return program


def completions(program: Program, line: str, shell: str = "bash") -> list[str]:
    """What the program answers to a shell that asks, by argcomplete's protocol."""
    out = program.cwd.parent / "completions"
    asked = {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": shell,
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
    }
    done = Program(program.cwd, program.env | asked).run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return out.read_text().splitlines()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fada-tui ver", ["verify"]),
        ("fada-tui --mod", ["--model"]),
        ("fada-tui --modle x --lim", ["--limit"]),
        ("fada-tui --model SmolVLM-5", ["SmolVLM-500M"]),
        ("fada-tui models status SmolVLM-5", ["SmolVLM-500M"]),
        ("fada-tui --questions ", ["clinical", "demo", "fada", "reference"]),
        ("fada-tui --classes ", ["fada"]),
        ("fada-tui --rubric ", ["fada"]),
        ("fada-tui --rubric mi", ["mine.toml"]),
        ("fada-tui --images-from mi", ["mine.toml"]),
        ("fada-tui --quantization ", ["4bit", "8bit"]),
        ("fada-tui --engine ", ["transformers", "vllm", "sglang", "llama.cpp"]),
        ("fada-tui models show a --engine ll", ["llama.cpp"]),
        ("fada-tui --resume ", ["20260102-030405_a"]),
        ("fada-tui verify ", ["20260102-030405_a"]),
        ("fada-tui --name ", []),
        ("fada-tui servers ", ["list"]),
        ("fada-tui servers list ", []),
    ],
)
def test_names_that_may_stand_there(installed: Program, line: str, expected: list[str]) -> None:
    (installed.cwd / "mine.toml").touch()
    assert completions(installed, line) == expected


def test_the_results_folder_of_the_line_is_looked_into(installed: Program) -> None:
    (installed.cwd / "results").rename(installed.cwd / "elsewhere")
    assert completions(installed, "fada-tui runs show ") == []
    assert completions(installed, "fada-tui runs show --results elsewhere ") == ["20260102-030405_a"]


def test_settings_that_cannot_be_used_complete_what_does_not_need_them(installed: Program) -> None:
    config = Path(os.environ["FADA_TUI_CONFIG_DIR"])
    config.mkdir()
    (config / "settings.toml").write_text("seed = 'x'")
    assert completions(installed, "fada-tui --resume ") == ["20260102-030405_a"]
    (config / "settings.toml").write_text("seed = ")
    assert completions(installed, "fada-tui --resume ") == []


def test_zsh_is_told_what_an_option_means(installed: Program) -> None:
    (told,) = completions(installed, "fada-tui --max-new", shell="zsh")
    assert told == "--max-new-tokens:longest answer, in tokens (default: 100)"


def test_bash_completes_with_the_code_that_is_printed(installed: Program) -> None:
    line = "fada-tui --model SmolVLM-5"
    script = (
        "source <(fada-tui completion bash)\n"
        f'COMP_LINE="{line}" COMP_POINT={len(line)} COMP_TYPE=9\n'
        "COMP_WORDS=(fada-tui --model SmolVLM-5) COMP_CWORD=2\n"
        "_python_argcomplete fada-tui SmolVLM-5 --model 2>/dev/null\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=installed.cwd,
        env={**os.environ, **installed.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [word.strip() for word in done.stdout.splitlines()] == ["SmolVLM-500M"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_with_the_code_that_is_printed(installed: Program) -> None:
    script = 'fada-tui completion fish | source; complete -C "fada-tui --resume "'
    done = subprocess.run(
        ["fish", "-c", script],
        cwd=installed.cwd,
        env={**os.environ, **installed.env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["20260102-030405_a"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_code_and_only_completion_imports_the_library(
    program: Program, shell: str
) -> None:
    done = program.run("completion", shell)
    assert done.returncode == 0 and "fada-tui" in done.stdout and "_ARGCOMPLETE" in done.stdout
    assert "argcomplete" in imported(program, "completion", shell)[1]
    assert "argcomplete" not in imported(program, "runs", "list")[1]


def test_another_shell_is_refused(program: Program) -> None:
    done = program.run("completion", "tcsh")
    assert done.returncode == 2 and "invalid choice: 'tcsh'" in done.stderr
