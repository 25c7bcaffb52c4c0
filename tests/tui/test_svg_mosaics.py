"""A saved screen shows pictures without their font, and beneath a question they stay what they are."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.screen import ModalScreen

from fada_tui.config.rubrics import load_rubric
from fada_tui.config.settings import Settings
from fada_tui.models.registry import SHIPPED, load_registry
from fada_tui.tui.app import FadaApp
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.terminal.block_mosaics import CHARACTERS, MOSAICS
from fada_tui.tui.terminal.graphics.detect import Detected, Graphics
from fada_tui.tui.terminal.svg_mosaics import drawn_as_shapes
from tests.tui.dashboard import screen_text, wait_for

NEW = re.compile("[\U0001cd00-\U0001ceaf\U0001fb00-\U0001fbef]")
SHAPE = re.compile(r'<path class="([^"]+)" d="([^"]+)" shape-rendering="crispEdges"/>')
RECTANGLE = re.compile(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z")


def rich_text(characters: str, left: float = 12.2, row: int = 2) -> str:
    """A text as Rich exports it."""
    length = f'textLength="{12.2 * len(characters):g}"'
    place = f'x="{left:g}" y="{row * 24.4 + 20:g}"'
    return f'<text class="t-r1" {place} {length} clip-path="url(#t-line-{row})">{characters}</text>'


@pytest.mark.parametrize("name", ["sextant", "octant"])
def test_each_pattern_is_drawn_where_its_parts_are(name: str) -> None:
    mosaic = MOSAICS[name]
    new = [pattern for pattern, one in enumerate(mosaic.characters) if NEW.match(one)]
    for before, pattern in pairwise(new):
        (shape,) = SHAPE.findall(
            drawn_as_shapes(rich_text(mosaic.characters[before] + mosaic.characters[pattern]))
        )
        assert shape[0] == "t-r1"
        covered = 0
        for left, top, width, height in (map(float, one) for one in RECTANGLE.findall(shape[1])):
            row = round((top - 2 * 24.4 - 1.5) / 24.4 * mosaic.rows)
            column = round((left - 2 * 12.2) / 12.2 * mosaic.columns)
            assert height == pytest.approx(24.4 / mosaic.rows, abs=0.01)
            for part in range(round(width / 12.2 * mosaic.columns)):
                if column + part >= 0:  # in the second cell
                    covered |= 1 << row * mosaic.columns + column + part
        assert covered == pattern


def test_texts_and_half_blocks_stay_as_they_are() -> None:
    plain = rich_text("▀▀▀") + rich_text("Größe &amp; more")
    assert drawn_as_shapes(plain) == plain
    mixed = drawn_as_shapes(plain + rich_text("a 🬀 in an answer") + rich_text("🬀"))
    assert "Größe &amp; more" in mixed and "a 🬀 in an answer" in mixed
    assert len(SHAPE.findall(mixed)) == 2, "half blocks beside others are drawn like them"


def dashboard(folder: Path, graphics: Graphics) -> FadaApp:
    """The dashboard on the samples, in a terminal that draws pictures so."""
    return FadaApp(
        AppContext(
            settings=Settings(results=str(folder / "results"), assessor="ada"),
            registry=load_registry(folder / "models.toml", SHIPPED),
            rubric=load_rubric("fada"),
            graphics=Detected(graphics, "asked for"),
        )
    )


def shades(svg: str) -> set[str]:
    """The colours of the shapes in a saved screen."""
    fills = dict(re.findall(r"\.([\w-]+) { fill: (#\w+)", svg))
    return {fills[kind] for kind, _ in SHAPE.findall(svg)}


@pytest.mark.parametrize("graphics", ["sextant", "octant"])
async def test_a_saved_screen_has_the_picture_and_beneath_a_question_dimmed(
    graphics: Graphics, tmp_path: Path
) -> None:
    app = dashboard(tmp_path, graphics)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_for(pilot, lambda: bool(NEW.search(screen_text(app))))
        characters = NEW.findall(screen_text(app))
        assert CHARACTERS.issuperset(characters) and "�" not in screen_text(app)
        assert {cell_len(line) for line in screen_text(app).split("\n")} == {100}
        clear = app.export_screenshot()
        app.push_screen(ModalScreen())
        await wait_for(pilot, lambda: shades(app.export_screenshot()) not in (set(), shades(clear)))
        dimmed = app.export_screenshot()
    for svg in (clear, dimmed):
        assert not NEW.search(svg) and len(SHAPE.findall(svg)) >= len(characters) * 0.5
    assert max(shades(dimmed)) < max(shades(clear)), "hexadecimal, so that the brightest is the last"
