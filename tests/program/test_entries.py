"""What each entry of the program imports, seen in a fresh interpreter: deferred imports show here, too."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Program

HEAVY = {"torch", "transformers", "huggingface_hub", "tokenizers", "accelerate", "safetensors", "textual"}
HEAVY |= {"pydicom", "av"}


def imported(program: Program, *arguments: str) -> tuple[int, set[str]]:
    """Run the program in a fresh interpreter; return its exit code and the top-level modules it imported."""
    script = (
        "import sys\n"
        "from fada_tui.cli import main\n"
        "try:\n"
        "    code = main(sys.argv[1:])\n"
        "except SystemExit as stop:\n"
        "    code = stop.code\n"
        "print('MODULES', code or 0, *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, *arguments],
        cwd=program.cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    last = done.stdout.splitlines()[-1].split()
    assert last[0] == "MODULES", done
    return int(last[1]), set(last[2:])


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["models", "list"],
        ["models", "next"],
        ["models", "show", "fada-demo"],
        ["runs", "list"],
        ["doctor"],
        ["--batch", "--dry-run"],
    ],
    ids=" ".join,
)
def test_an_entry_does_not_import_what_is_slow(program: Program, arguments: list[str]) -> None:
    code, modules = imported(program, *arguments)
    assert code == 0
    assert not modules & HEAVY


def test_verifying_leaves_what_is_slow_to_the_worker(program: Program) -> None:
    code, modules = imported(program, "verify", "nowhere")
    assert code == 2 and "asyncio" in modules
    assert not modules & HEAVY


def test_help_imports_next_to_nothing(program: Program) -> None:
    _, modules = imported(program, "--help")
    not_needed = {
        "msgspec",
        "rich",
        "asyncio",
        "numpy",
        "PIL",
        "psutil",
        "pynvml",
        "platformdirs",
        "argcomplete",
    }
    assert not modules & (not_needed | {"difflib"})


def test_the_front_end_does_not_import_the_worker() -> None:
    script = (
        "import sys, fada_tui.cli.headless\n"
        "sys.exit(any(name.startswith('fada_tui.worker') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_process_that_is_left_running_leaves_what_is_slow_to_the_worker() -> None:
    script = (
        "import sys, fada_tui.runs.detached.main\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "others = ('fada_tui.worker', 'fada_tui.tui', 'fada_tui.cli')\n"
        "print(any(name.startswith(others) for name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    modules, others = done.stdout.splitlines()
    assert "asyncio" in modules.split() and others == "False"
    assert not set(modules.split()) & HEAVY


def test_importing_creates_nothing(program: Program, tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import fada_tui.cli.headless, fada_tui.cli.commands.runs, fada_tui.cli.doctor",
        ],
        cwd=program.cwd,
        env={"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    assert not any(home.iterdir()) and not any(program.cwd.iterdir())


def test_the_dashboard_does_not_import_what_its_first_frame_does_not_need() -> None:
    script = (
        "import sys, fada_tui.tui.launch\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "screens = ('fada_tui.tui.screens.', 'fada_tui.tui.main_screen', 'fada_tui.tui.new_run.screen')\n"
        "print(*sorted(name for name in sys.modules if name.startswith(screens)))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    modules, screens = (set(line.split()) for line in done.stdout.splitlines())
    assert "textual" in modules
    heavy = (HEAVY - {"textual"}) | {"numpy", "PIL", "pynvml", "psutil", "markdown_it", "pygments"}
    assert modules & heavy == set()
    own_parts = ("answer_actions", "desk_actions", "layered", "picture_keys")
    parts = {f"fada_tui.tui.screens.{part}" for part in own_parts}
    assert screens - parts == {"fada_tui.tui.main_screen"}
