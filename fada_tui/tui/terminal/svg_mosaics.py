"""Pictures of mosaics in an exported SVG as shapes: few fonts have these characters."""

import re
from collections.abc import Iterator

from fada_tui.tui.terminal.block_mosaics import CHARACTERS, HALF, OCTANT, SEXTANT, Mosaic

_TEXT = re.compile(
    r'<text class="([^"]+)" x="([^"]+)" y="([^"]+)" textLength="([^"]+)" clip-path="[^"]+">([^<]+)</text>'
)
"""A text as Rich exports it."""

_ABOVE_BASE = 18.5
_HEIGHT = 24.4
"""Of a line there: how far its top lies above what its texts stand on, and its height."""

_NEW = re.compile("[\U0001cd00-\U0001ceab\U0001fb00-\U0001fbe7]")
_PATTERNS = {
    character: (mosaic, pattern)
    for mosaic in (OCTANT, SEXTANT, HALF)
    for pattern, character in enumerate(mosaic.characters)
}


def drawn_as_shapes(svg: str) -> str:
    """Return an exported screen with its pictures as shapes; as it is where they are of half blocks."""
    return _TEXT.sub(_shape, svg) if _NEW.search(svg) else svg


def _shape(match: re.Match[str]) -> str:
    kind, left, base, length, text = match.groups()
    if not CHARACTERS.issuperset(text):
        return match[0]
    width, top = float(length) / len(text), float(base) - _ABOVE_BASE
    path = "".join(
        part
        for number, character in enumerate(text)
        for part in _cell(*_PATTERNS[character], float(left) + number * width, top, width)
    )
    return f'<path class="{kind}" d="{path}" shape-rendering="crispEdges"/>'


def _cell(mosaic: Mosaic, pattern: int, left: float, top: float, width: float) -> Iterator[str]:
    """Yield a rectangle for each row of a cell's parts, as wide as what is filled of it."""
    across, down = width / mosaic.columns, _HEIGHT / mosaic.rows
    for row in range(mosaic.rows):
        filled = [column for column in range(mosaic.columns) if pattern >> row * mosaic.columns + column & 1]
        if filled:
            x, y = left + filled[0] * across, top + row * down
            yield f"M{x:.6g} {y:.6g}h{len(filled) * across:.6g}v{down:.6g}h-{len(filled) * across:.6g}z"
