"""Rows of bars, each measure on one scale for all rows; intervals as whiskers."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from fada_tui.core.text import printable
from fada_tui.tui.present.cells import fitted
from fada_tui.tui.present.runs import UNKNOWN, Measure

GAP = 3
NARROWEST = 6
"""Cells of a bar; where there is no room for that, only its number is shown."""


class BarRow(NamedTuple):
    """A name and its measures, by their keys."""

    name: str
    measures: Mapping[str, Measure]


def bar(measure: Measure, full: float, width: int) -> str:
    """Return a measure drawn in exactly `width` cells; `━━├──┼──┤` where it has an interval.

    Args:
        measure: the figure; nothing is drawn of an unknown one.
        full: what a bar of the whole width stands for.
        width: cells there are.
    """
    if measure.value is None or full <= 0 or width < 1:
        return " " * max(width, 0)
    if measure.low is None or measure.high is None:
        halves = max(round(measure.value / full * width * 2), 1 if measure.value > 0 else 0)
        return ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(width)
    low, at, high = (
        min(max(round(value / full * (width - 1)), 0), width - 1)
        for value in (measure.low, measure.value, measure.high)
    )
    cells = ["━"] * low + [" "] * (width - low)
    cells[low : high + 1] = ["─"] * (high - low + 1)
    cells[low], cells[high], cells[at] = "├", "┤", "┼"
    return "".join(cells)


class Bars(Widget, can_focus=False):
    """The bars of the rows around the cursor.

    Args:
        headings: of the measures, by their keys, from left to right.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bars--heading", "bars--cursor", "bars--bar", "bars--muted"}

    DEFAULT_CSS = """
    Bars {
        height: 1fr;
        & .bars--heading { color: $secondary; }
        & .bars--cursor { color: $foreground; background: $panel; text-style: bold; }
        & .bars--bar { color: $primary; }
        & .bars--muted { color: $unjudged; }
    }
    """

    def __init__(self, headings: Mapping[str, str], id: str | None = None) -> None:
        super().__init__(id=id)
        self._headings = headings
        self._rows: Sequence[BarRow] = ()
        self._scales: Mapping[str, float] = {}
        self._cursor = self._top = 0
        self._texts: Mapping[str, int] = dict.fromkeys(headings, 0)
        self._longest = 1

    def show(self, rows: Sequence[BarRow], scales: Mapping[str, float], cursor: int) -> None:
        """Show these rows.

        Args:
            rows: from the top.
            scales: what a full bar of each measure stands for.
            cursor: the row that must be seen.
        """
        self._rows, self._scales = rows, scales
        self._longest = max((cell_len(printable(row.name)) for row in rows), default=1)
        self._texts = {
            key: max((len(row.measures[key].text) for row in rows), default=0) + 1 for key in self._headings
        }
        self.go(cursor)

    def go(self, cursor: int) -> None:
        """Bring a row in sight."""
        self._cursor = max(0, min(cursor, len(self._rows) - 1))
        room = max(self.content_size.height - 1, 1)
        self._top = min(max(self._top, self._cursor - room + 1), self._cursor, max(len(self._rows) - room, 0))
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self.go(self._cursor)

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or a row."""
        width = self.content_size.width
        name_width, cells = self._widths(width)
        base = self.rich_style
        if y == 0:
            line = [Segment(" " * (name_width + 2), base)]
            for key, heading in self._headings.items():
                text = fitted(heading, cells + self._texts[key])
                line.append(Segment(" " * GAP + text, base + self._styled("heading")))
            return Strip(line).adjust_cell_length(width, base)
        index = y - 1 + self._top
        if index >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[index]
        if index == self._cursor:
            base += self._styled("cursor")
        line = [Segment(("› " if index == self._cursor else "  ") + fitted(row.name, name_width), base)]
        for key in self._headings:
            measure = row.measures[key]
            style = base + self._styled("muted") if measure.text == UNKNOWN else base
            line += [
                Segment(" " * GAP, base),
                Segment(bar(measure, self._scales[key], cells), base + self._styled("bar")),
                Segment(printable(measure.text).rjust(self._texts[key]), style),
            ]
        return Strip(line).adjust_cell_length(width, base)

    def _widths(self, width: int) -> tuple[int, int]:
        """Return the cells of names, and of each bar."""
        name = min(self._longest, max(width // 4, 10))
        spare = width - name - 3 - sum(self._texts.values()) - GAP * len(self._texts)
        each = spare // max(len(self._texts), 1)
        return name, each if each >= NARROWEST else 0

    def _styled(self, name: str) -> Style:
        return self.get_component_rich_style(f"bars--{name}", partial=True)
