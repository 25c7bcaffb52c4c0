"""The wheel that is built from the checkout, installed apart from it and started from an empty folder."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pexpect
import pytest

from tests.conftest import LONG_ENOUGH, load

pytestmark = pytest.mark.worker


CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of an environment that holds our wheel, and borrows its dependencies from this one."""
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", place, CHECKOUT], check=True)
    (wheel,) = place.glob("fada_tui-*.whl")
    venv.create(place / "env", with_pip=False)
    site = next((place / "env" / "lib").glob("python*")) / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "env" / "bin" / "python"


def test_it_does_the_main_job_by_itself(installed: Path, tmp_path: Path) -> None:
    where = subprocess.run(
        [installed, "-c", "import fada_tui; print(fada_tui.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(installed.parent.parent) in where.stdout
    program = [installed, "-P", "-m", "fada_tui.cli", "--batch", "--json"]
    done = subprocess.run(
        [*program, "--per-category", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (shown,) = json.loads(done.stdout.splitlines()[-1])["runs"]
    run = load(Path(shown["path"]))
    assert len(run["results"]) == 6
    assert run["dataset"]["root"].startswith(str(installed.parent.parent))
    assert run["model"]["source"] == "demo"


def test_it_opens_the_dashboard_by_itself(installed: Path, tmp_path: Path) -> None:
    child = pexpect.spawn(
        str(installed),
        ["-P", "-m", "fada_tui.cli"],
        cwd=str(tmp_path),
        env={**os.environ, "TERM": "xterm-256color"},
        dimensions=(36, 120),
        timeout=LONG_ENOUGH,
    )
    child.expect("Press r to ask fada-demo")
    child.send("r")
    child.expect("Estimate")
    child.send("q")
    child.expect("Press r to ask fada-demo")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
