"""The dashboard in terminals of others, with windows of their own: what stands there is the picture.

Each needs an X server without a screen (Xvfb), xdotool and ImageMagick, and is skipped where they or the
terminal are missing. `SHOTS=folder` keeps screenshots.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fada_tui.core.paths import samples_dir
from tests.terminals.matching import Box, Pixels, card, framed, unlike
from tests.terminals.window import PROGRAMS, TOOLS, Grid, Window, display, missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
SAMPLE = samples_dir() / "Brain" / "Brain_001.png"
NARROW = (150, 288)


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    if lacking := missing(*TOOLS):
        pytest.skip(f"not installed: {lacking}")
    with display() as name:
        yield name


@pytest.fixture(params=PROGRAMS)
def window(request: pytest.FixtureRequest, screen: str, tmp_path: Path) -> Iterator[Window]:
    program = PROGRAMS[request.param]
    if lacking := missing(program.command[0]):
        pytest.skip(f"not installed: {lacking}")
    images = tmp_path / "images" / "Brain"
    images.mkdir(parents=True)
    card().save(images / "1_card.png")
    Image.open(SAMPLE).save(images / "2_sample.png")
    card(*NARROW).save(images / "3_narrow.png")
    environ = {
        "PYTHONPATH": str(ROOT),
        "FADA_TUI_CONFIG_DIR": str(tmp_path / "config"),
        "HF_HUB_OFFLINE": "1",
        "FADA_TUI_ASSESSOR": "ada",
    }
    command = [sys.executable, "-m", "fada_tui.cli", "--images", str(tmp_path / "images")]
    window = Window(program, screen, tmp_path, [*command, "--results", str(tmp_path / "results")], environ)
    try:
        yield window
    finally:
        window.close()


def shows_card(shown: Pixels, image: Image.Image) -> Box | None:
    """Return where a card stands, once it does as it should."""
    box = framed(shown)
    return box if box is not None and not unlike(box.of(shown), image) else None


def around(box: Box, grid: Grid) -> Box:
    """Return a picture's cells."""
    right, bottom = box.right - grid.left, box.bottom - grid.top
    return Box(
        box.left,
        box.top,
        grid.left + -(-right // grid.width) * grid.width,
        grid.top + -(-bottom // grid.height) * grid.height,
    )


def faults(shown: Pixels, box: Box, grid: Grid, image: Image.Image) -> str:
    """Return what is wrong with a picture's place and with what surrounds it."""
    if (box.left - grid.left) % grid.width or (box.top - grid.top) % grid.height:
        return f"it does not begin with a cell: {box}, {grid}"
    width, height = box.size
    if abs(width / height - image.width / image.height) > 1.5 / min(box.size) * image.width / image.height:
        return f"its sides are {width} to {height}"
    cells = around(box, grid)
    beside = shown[box.top : box.bottom, box.left - grid.width : box.left - 1]
    background = np.median(beside.reshape(-1, 3), axis=0)
    for name, part in {
        "left": beside,
        "right": shown[cells.top : cells.bottom, box.right : cells.right + grid.width - 1],
        "below": shown[box.bottom : cells.bottom, cells.left : cells.right],
    }.items():
        if part.size and np.abs(part - background).max() > 8:
            return f"what is {name} of it is no background"
    return ""


def test_the_picture_stands_there_whatever_happens(window: Window, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["window"]
    the_card, narrow = card(), card(*NARROW)
    sample = Image.open(SAMPLE).convert("RGB")

    def keep(what: str, shown: Pixels) -> Pixels:
        if folder := os.environ.get("SHOTS"):
            Image.fromarray(shown).save(Path(folder) / f"{name}-{what}.png")
        return shown

    def card_at(what: str, image: Image.Image, before: Box | None = None, *, smaller: bool = False) -> Box:
        """Wait for a card, elsewhere than before or also smaller, and see that it is as it should be."""

        def stands(shown: Pixels) -> tuple[Box, Pixels] | None:
            box = shows_card(shown, image)
            if box is None or box == before or (smaller and before and box.size >= before.size):
                return None
            return box, shown

        try:
            box, shown = window.until(f"the card {what}", stands)
        except AssertionError:
            shown = keep(f"{what}-failed", window.look())
            found = framed(shown)
            raise AssertionError(f"{what}: {found and unlike(found.of(shown), image)}") from None
        keep(what, shown)
        assert faults(shown, box, grid, image) == "", what
        return box

    grid = window.open()
    shell = keep("shell", window.look())
    window.start()
    first = card_at("first", the_card)

    # Another image: nothing of the first is left.
    window.press("j")
    window.until("the sample", lambda shown: not unlike(first.of(shown), sample))
    keep("sample", window.look())
    window.press("j")
    second = card_at("narrow", narrow, first)
    shown = window.look()
    background = shown[first.top + 2, first.left - 3]
    for left, right in ((first.left, second.left - 1), (around(second, grid).right, first.right)):
        part = shown[first.top : first.bottom, left:right].astype(int)
        assert np.abs(part - background).max() <= 8, "something of the first image is left"
    window.press("k", "k")
    assert card_at("again", the_card, second) == first

    # Screens and dialogs above it, and away.
    before = window.look()
    for what, key in {"help": "question", "palette": "ctrl+p", "name": "N"}.items():
        window.press(key)
        window.until(f"the {what}", lambda shown: shows_card(shown, the_card) is None)
        keep(what, window.look())
        window.press("Escape")
        assert card_at(f"after-{what}", the_card) == first
        window.until(f"all as before the {what}", lambda shown: same(before, shown))

    # Zoom, and back; the other colours, and back.
    window.press("z")
    large = card_at("zoom", the_card, first)
    assert large.size > first.size
    window.press("z")
    assert card_at("after-zoom", the_card, large) == first
    window.press("D")
    window.until("a light screen", lambda shown: shown[grid.top + 1].mean() > 128)
    window.until("light around the card", lambda shown: not faults(shown, first, grid, the_card))
    assert card_at("light", the_card) == first
    window.press("D")
    window.until("a dark screen", lambda shown: shown[grid.top + 1].mean() < 128)

    # Another size. mlterm shows the whole old picture in its corner until it is drawn anew.
    window.resize(100 * grid.width + 30, 30 * grid.height + 50)
    small = card_at("smaller", the_card, first, smaller=True)

    # The shell.
    window.resize(shell.shape[1], shell.shape[0])
    assert card_at("as-before", the_card, small) == first
    window.press("q")
    window.until("the shell", lambda _: window.left == "0")
    window.until("nothing of the dashboard", lambda shown: same(shell, shown))
    keep("left", window.look())


def same(before: Pixels, after: Pixels) -> bool:
    """Whether two screens are the same, but for a cursor or the time."""
    if before.shape != after.shape:
        return False
    return float((np.abs(before.astype(int) - after).max(axis=2) > 30).mean()) < 0.002
