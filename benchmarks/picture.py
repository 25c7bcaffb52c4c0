"""Throughput over batch size as an SVG, on a ground of its own so that it reads in light and in dark."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from benchmarks.measures.throughput import Measured, Throughput
from benchmarks.rounds import Spread

PANEL = (520, 240)
"""Width and height of one model's plot, in pixels."""

LEFT, RIGHT, TOP, BOTTOM = 56, 172, 70, 54
"""Around each plot; names of lines stand at its right."""

GROUND, INK, QUIET, GRID = "#ffffff", "#1f2933", "#5f6b7a", "#e4e7eb"
COLOURS = {"ours": "#0b6e99", "pipeline": "#c2570c", "streamer": "#7a5195", "loop": "#5f6b7a"}
NAMES = {
    "ours": "fada-tui",
    "pipeline": "transformers pipeline",
    "streamer": "TextIteratorStreamer",
    "loop": "one-by-one loop",
}
BESIDE = {"ours": 3, "pipeline": -3}
"""Pixels that a way's dots stand beside their batch size, so that bars don't hide each other."""

NAME_HEIGHT = 15
"""Names that would stand closer are moved apart."""


def draw(models: Sequence[Throughput]) -> str:
    """Return a picture with a plot for each model: how many times the loop's throughput each way reached."""
    each = TOP + PANEL[1] + BOTTOM
    width, height = LEFT + PANEL[0] + RIGHT, len(models) * each
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
    ]
    for number, model in enumerate(models):
        lines += _Plot(model, number * each + TOP).lines()
    return "\n".join([*lines, "</svg>"]) + "\n"


class _Plot:
    """One model's: the batch sizes across, the ratio upwards from nothing."""

    def __init__(self, model: Throughput, top: int) -> None:
        self._model = model
        self._top = top
        ways = [way for way in model.ways if way.ratio]
        self._most = max((way.ratio.most for way in ways if way.ratio), default=1.0) * 1.08
        self._sizes = list(dict.fromkeys(way.batch for way in ways if way.family in ("ours", "pipeline")))

    def lines(self) -> Iterator[str]:
        model = self._model
        title = f"{model.model} ({model.parameters / 1e6:.3g}M parameters)"
        questions = f"{model.questions} question{'s' * (model.questions > 1)}"
        given = f"{model.images} images × {questions}, {model.tokens} tokens, {model.dtype}, {model.device}"
        yield _text(LEFT, self._top - 38, title, INK, size=15, weight=600)
        yield _text(LEFT, self._top - 19, f"throughput ÷ one-by-one loop; {given}", QUIET)
        yield from self._grid()
        names: list[tuple[float, str]] = []
        for family in ("loop", "streamer", "pipeline", "ours"):
            ways = [way for way in model.ways if way.family == family and way.ratio]
            if ways:
                level = family in ("loop", "streamer")
                yield from self._level(ways[0]) if level else self._curve(ways)
                names.append((self._y(_ratio(ways[-1]).median), family))
        yield from self._names(names)

    def _grid(self) -> Iterator[str]:
        right, bottom = LEFT + PANEL[0], self._top + PANEL[1]
        step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100) if self._most / step <= 7)
        count = int(self._most / step)
        for value in (number * step for number in range(count + 1)):
            y = self._y(value)
            yield _line(LEFT, y, right, y, GRID)
            yield _text(LEFT - 8, y + 4, f"{value:g} ×", QUIET, anchor="end")
        for size in self._sizes:
            yield _text(self._x(size), bottom + 20, str(size), QUIET, anchor="middle")
        yield _text(LEFT + PANEL[0] / 2, bottom + 40, "answers at once (batch size)", QUIET, anchor="middle")

    def _level(self, way: Measured) -> Iterator[str]:
        """A way without batches: one line all across."""
        y, colour = self._y(_ratio(way).median), COLOURS[way.family]
        yield _line(LEFT, y, LEFT + PANEL[0], y, colour, 'stroke-width="1.5" stroke-dasharray="5 4"')

    def _curve(self, ways: Sequence[Measured]) -> Iterator[str]:
        """A way with batches: medians joined, a bar from the least to the most; `auto` stands by itself."""
        colour = COLOURS[ways[0].family]
        beside = BESIDE.get(ways[0].family, 0)
        joined = [
            (self._x(way.batch) + beside, self._y(_ratio(way).median)) for way in ways if way.batch != "auto"
        ]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in joined)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        for way in ways:
            x, ratio = self._x(way.batch) + beside, _ratio(way)
            low, high, middle = self._y(ratio.least), self._y(ratio.most), self._y(ratio.median)
            yield _line(x, low, x, high, colour, 'opacity="0.6"')
            yield f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="4" fill="{colour}"/>'

    def _names(self, names: Sequence[tuple[float, str]]) -> Iterator[str]:
        """The lines' names at their right ends, highest first, none over another."""
        x, free = LEFT + PANEL[0] + 12, 0.0
        for y, family in sorted(names):
            free = max(y + 4, free)
            yield _text(x, free, NAMES[family], COLOURS[family], weight=600)
            free += NAME_HEIGHT

    def _x(self, size: object) -> float:
        place = self._sizes.index(size) if size in self._sizes else 0
        return LEFT + PANEL[0] * (place + 0.5) / max(len(self._sizes), 1)

    def _y(self, ratio: float) -> float:
        return self._top + PANEL[1] * (1 - ratio / self._most)


def _ratio(way: Measured) -> Spread:
    assert way.ratio is not None
    return way.ratio


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" {more}/>'


def _text(
    x: float, y: float, text: str, colour: str, *, size: int = 12, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
