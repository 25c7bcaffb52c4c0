"""Opening the image in another program: a real one, which writes down what it was given."""

import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.images.decode import decode
from fada_tui.tui.actions.image_viewer import NO_DISPLAY
from fada_tui.tui.screens.zoom import ZoomScreen
from fada_tui.tui.terminal import viewer as viewing
from fada_tui.tui.terminal.viewer import Viewer, ViewerError
from tests.conftest import LONG_ENOUGH
from tests.conftest import wait_for as wait_until
from tests.media import COLOURS, plain, save_dicom, save_frames
from tests.tui.dashboard import main_of, make_app, save_run, screen_text, wait_for

DISPLAY = {"DISPLAY": ":7"}

STAND_IN = f"""#!{sys.executable}
import os, sys
with open(sys.argv[1] + ".part", "w") as file:
    terminal = os.isatty(0) or os.isatty(1) or os.isatty(2)
    print(*sys.argv[2:], terminal, os.getsid(0) == os.getpid(), sep="\\n", file=file)
os.rename(sys.argv[1] + ".part", sys.argv[1])
print("said on the terminal?")
sys.stdin.read()
if "--stay" in sys.argv:
    import time
    time.sleep(600)
sys.exit(int(os.environ.get("STAND_IN_CODE", "0")))
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A program that writes its arguments, and where it runs, into the file named by the first of them."""
    program = tmp_path / "a viewer"
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(0o700)
    return program


def given(told: Path) -> list[str]:
    """What the program was given, once it has said so."""
    wait_until(told.exists)
    return told.read_text(encoding="utf-8").splitlines()


def test_it_is_given_the_path_and_is_on_its_own(
    tmp_path: Path, stand_in: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("-rf.png")
    viewer = Viewer(f"'{stand_in}' told --size='2 3' 'a;b'", DISPLAY, "linux")
    assert viewer.has_display
    assert viewer.show(Path("-rf.png")) == "a viewer"
    # One word stays one word, no shell reads any, and no name is taken for an option.
    assert given(tmp_path / "told") == ["--size=2 3", "a;b", str(tmp_path / "-rf.png"), "False", "True"]
    assert capfd.readouterr() == ("", "")
    viewer.close()


def test_what_fails_is_told_in_one_line(
    tmp_path: Path, stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(image)
    monkeypatch.setenv("STAND_IN_CODE", "4")
    monkeypatch.setattr(viewing, "FAILING_SECONDS", LONG_ENOUGH)
    for command, said in (
        ("no-such-viewer-here -x", "no-such-viewer-here is not there"),
        (f"'{stand_in}' {tmp_path / 'told'}", "a viewer ended with code 4 on a.png: "),
        (str(image), "a.png cannot be started"),
        ("'unclosed", "the setting viewer cannot be read"),
        ("  ", "the setting viewer is empty"),
    ):
        with pytest.raises(ViewerError, match=said) as raised:
            Viewer(command, DISPLAY, "linux").show(image)
        assert "\n" not in str(raised.value) and "viewer" in str(raised.value)
    with pytest.raises(ViewerError, match=r"gone\.png: no such file"):
        Viewer(str(stand_in), DISPLAY, "linux").show(tmp_path / "gone.png")


@pytest.mark.long
def test_one_that_stays_is_left_alone(tmp_path: Path, stand_in: Path) -> None:
    image = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(image)
    viewer = Viewer(f"'{stand_in}' {tmp_path / 'told'} --stay", DISPLAY, "linux")
    assert viewer.show(image) == "a viewer"
    viewer.close()
    (process,) = viewer._processes
    assert process.poll() is None
    process.kill()
    process.wait()


def test_frames_and_dicom_are_the_very_pixels_in_a_private_folder(tmp_path: Path, stand_in: Path) -> None:
    file = save_frames(tmp_path / "-loop.gif", plain(COLOURS[:3]))
    viewer = Viewer(f"'{stand_in}' {tmp_path / 'told'}", DISPLAY, "linux")
    viewer.show(Path(f"{file}#2"))
    copy = Path(given(tmp_path / "told")[0])
    assert copy.suffix == ".png" and copy.name.startswith("loop-2-")
    assert decode(copy).sha256 == decode(f"{file}#2").sha256
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    # What a file is called says nothing of what it is.
    scan = save_dicom(tmp_path / "scan.png", np.arange(64, dtype=np.uint16).reshape(8, 8))
    (tmp_path / "told").unlink()
    viewer.show(scan)
    (same,) = {Path(path) for path in given(tmp_path / "told") if path.endswith(".png")}
    assert same.parent == copy.parent and decode(same).sha256 == decode(scan).sha256
    viewer.close()
    assert not copy.parent.exists()


@pytest.mark.parametrize(
    ("environ", "platform", "has", "program"),
    [
        ({}, "linux", False, "xdg-open"),
        ({"DISPLAY": ""}, "linux", False, "xdg-open"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True, "xdg-open"),
        ({}, "darwin", True, "open"),
    ],
)
def test_where_there_is_a_display(environ: dict[str, str], platform: str, has: bool, program: str) -> None:
    viewer = Viewer(None, environ, platform)
    assert (viewer.has_display, viewer.words()) == (has, [program])


async def test_the_key_opens_it_and_says_why_not(
    tmp_path: Path, stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    app = make_app(tmp_path, viewer=f"'{stand_in}' {tmp_path / 'told'}")
    async with app.run_test(size=(120, 36)) as pilot:
        main = main_of(app)
        await wait_for(pilot, lambda: main.workspace.review.run)
        await pilot.press("O")
        await wait_for(pilot, lambda: NO_DISPLAY in screen_text(app))
        monkeypatch.setitem(os.environ, "DISPLAY", ":7")
        await pilot.press("z")
        await wait_for(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await pilot.press("O")
        await wait_for(pilot, lambda: "opened in a viewer" in screen_text(app))
        await pilot.press("1")
        await wait_for(pilot, lambda: main.workspace.review.progress().judged == 1)
        assert given(tmp_path / "told")[0].endswith("samples/Abdomen/Abdomen_001.png")
        copies = main.workspace.viewer._folder()
        await main.workspace.leave()
        assert not copies.exists()
