"""A table of some hundred rows: columns as wide as they need to be, the least important dropped for room."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from msgspec import Struct
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fada_tui.core.text import printable
from fada_tui.tui.present.cells import fitted

GAPS = (6, 4, 3, 2, 1)
"""Cells between columns, the widest that leaves no column cut first."""


class Column(Struct, frozen=True, kw_only=True):
    """A column of a sheet."""

    key: str
    heading: str
    right: bool = False
    """Its text stands at the right, as numbers do."""
    least: int | None = None
    """Cells to which its text may be cut; `None`: never cut."""
    rank: int = 0
    """Which column goes first where there is no room: the highest; 0 never goes."""
    cells: int | None = None
    """Cells that it needs; `None`: as many as its widest text, for which all rows are looked at."""
    fills: bool = False
    """It takes what the others leave: cells that are known, and a few to which it may be cut."""
    cut: Callable[[str, int], str] = fitted
    """Makes a text exactly so many cells wide."""


class Cell(NamedTuple):
    """What stands in a column of a row."""

    text: str
    style: str = ""
    """A name of `STYLES`."""


STYLES = ("muted", "correct", "partial", "incorrect", "running", "chosen")


class Layout(NamedTuple):
    """Which columns are shown, how wide, and how far apart."""

    columns: tuple[tuple[int, int], ...]
    gap: int


def laid_out(
    columns: Sequence[Column], natural: Sequence[int], width: int, keep: str | None = None
) -> Layout:
    """Fit columns into a width.

    Args:
        columns: all columns.
        natural: the cells that each needs.
        width: cells there are.
        keep: key of a column that never goes.
    """
    shown = list(range(len(columns)))
    gaps = GAPS[-2:] if any(column.fills for column in columns) else GAPS
    while True:
        uncut = tuple((at, natural[at]) for at in shown)
        for gap in gaps:
            if _taken(uncut, gap) <= width:
                return Layout(_filled(columns, uncut, width - _taken(uncut, gap)), gap)
        for gap in GAPS[-2:]:
            cut = _cut(columns, uncut, _taken(uncut, gap) - width)
            if _taken(cut, gap) <= width:
                return Layout(_filled(columns, cut, width - _taken(cut, gap)), gap)
        droppable = [at for at in shown if columns[at].rank and columns[at].key != keep]
        if not droppable:
            return Layout(cut, GAPS[-1])
        shown.remove(max(droppable, key=lambda at: columns[at].rank))


def _taken(columns: Sequence[tuple[int, int]], gap: int) -> int:
    return sum(cells for _, cells in columns) + gap * (len(columns) - 1)


def _filled(
    columns: Sequence[Column], shown: Sequence[tuple[int, int]], spare: int
) -> tuple[tuple[int, int], ...]:
    """Return the widths, spare cells given to the column that takes them."""
    return tuple((at, cells + spare if columns[at].fills else cells) for at, cells in shown)


def _cut(
    columns: Sequence[Column], shown: Sequence[tuple[int, int]], excess: int
) -> tuple[tuple[int, int], ...]:
    """Return the widths, those cut that may be, from the left, until so many cells are gone."""
    widths = []
    for at, cells in shown:
        least = columns[at].least
        less = 0 if least is None else max(min(excess, cells - least), 0)
        excess -= less
        widths.append((at, cells - less))
    return tuple(widths)


def aligned(text: str, width: int, *, right: bool, cut: Callable[[str, int], str] = fitted) -> str:
    """Return a text of others' in exactly so many cells."""
    spare = width - cell_len(printable(text)) if right else 0
    return " " * spare + printable(text) if spare > 0 else cut(text, width)


class Sheet(ScrollView, can_focus=False):
    """Rows under headings, with a cursor; the screen owns the keys.

    Args:
        columns: all columns, from the left.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sheet--heading",
        "sheet--sorted",
        "sheet--cursor",
        *(f"sheet--{name}" for name in STYLES),
    }

    DEFAULT_CSS = """
    Sheet {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        & .sheet--heading { color: $secondary; }
        & .sheet--sorted { color: $primary; text-style: bold; }
        & .sheet--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & .sheet--muted { color: $unjudged; }
        & .sheet--correct { color: $correct; }
        & .sheet--partial { color: $partial; }
        & .sheet--incorrect { color: $incorrect; }
        & .sheet--running { color: $primary; text-style: bold; }
        & .sheet--chosen { color: $accent; text-style: bold; }
    }
    """

    class Highlighted(Message):
        """The cursor went to another row."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Opened(Message):
        """A row was double-clicked."""

    class HeadingChosen(Message):
        """A heading was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, columns: Sequence[Column], id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._rows: Sequence[Sequence[Cell]] = ()
        self._sort: tuple[str, bool] | None = None
        self._cursor = 0
        self._fitted = Layout((), 1)

    @property
    def cursor(self) -> int:
        """The row under the cursor."""
        return self._cursor

    @property
    def page(self) -> int:
        """Rows that are seen at once."""
        return max(self.scrollable_content_region.height - 1, 1)

    def show(self, rows: Sequence[Sequence[Cell]], cursor: int, sort: tuple[str, bool] | None = None) -> None:
        """Show these rows.

        Args:
            rows: a cell for each column; or one alone, which takes the whole line.
            cursor: the row under the cursor.
            sort: key of the column that sorts them, and whether the highest is first.
        """
        self._rows, self._sort = rows, sort
        self._cursor = max(0, min(cursor, len(rows) - 1))
        self._fit_columns()
        self.call_after_refresh(self._reveal)

    @property
    def columns(self) -> Sequence[Column]:
        """All columns, from the left."""
        return self._columns

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Have other columns from the next `show` on."""
        self._columns = tuple(columns)

    def hold(self, cursor: int) -> None:
        """Show the rows as they are now, the row under the cursor, which is this one, where it was seen."""
        seen_at = self._cursor - self.scroll_offset.y
        self._cursor = max(0, min(cursor, len(self._rows) - 1))
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)
        if self._cursor - seen_at != self.scroll_offset.y:
            self.scroll_to(y=self._cursor - seen_at, animate=False, immediate=True)
        self.refresh()

    @property
    def row_count(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def go(self, index: int) -> None:
        """Put the cursor on a row, or the nearest that there is."""
        before, self._cursor = self._cursor, max(0, min(index, len(self._rows) - 1))
        if before == self._cursor:
            return
        for row in (before, self._cursor):
            self.refresh(Region(0, row + 1 - self.scroll_offset.y, self.size.width, 1))
        self._reveal()
        self.post_message(self.Highlighted(self._cursor))

    def _reveal(self) -> None:
        top = self.scroll_offset.y
        wanted = min(max(top, self._cursor - self.page + 1), self._cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True)

    def _widest(self, at: int) -> int:
        """Return the cells of a column's widest text: of one whose width is given no row needs to be made."""
        return max((cell_len(printable(row[at].text)) for row in self._rows if len(row) > 1), default=0)

    def _fit_columns(self) -> None:
        width = self.scrollable_content_region.width - 2
        natural = [
            max(cell_len(column.heading), self._widest(at), 1)
            if column.cells is None
            else max(cell_len(column.heading), column.cells, 1)
            for at, column in enumerate(self._columns)
        ]
        self._fitted = laid_out(self._columns, natural, width, self._sort[0] if self._sort else None)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)
        self.refresh()

    def on_resize(self) -> None:
        """Fit the columns into the new width."""
        self._fit_columns()
        self._reveal()

    def render_line(self, y: int) -> Strip:
        """Draw the headings, or a row."""
        width = self.scrollable_content_region.width
        if y == 0:
            return Strip(self._headings()).adjust_cell_length(width, self.rich_style)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        cursor = index == self._cursor
        base = self.rich_style + self._styled("cursor") if cursor else self.rich_style
        segments = [Segment("›" if cursor else " ", base)]
        row = self._rows[index]
        if len(row) == 1:
            style = base if cursor else base + self._styled(row[0].style)
            return Strip([*segments, Segment(fitted(row[0].text, width - 1), style)])
        for at, cells in self._fitted.columns:
            cell = row[at]
            column = self._columns[at]
            text = aligned(cell.text, cells, right=column.right, cut=column.cut)
            # Under the cursor the glyph or word must do: its colours are made for the background without.
            style = base + self._styled(cell.style) if cell.style and not cursor else base
            segments += [Segment(text, style), Segment(" " * self._fitted.gap, base)]
        return Strip(segments).adjust_cell_length(width, base)

    def _headings(self) -> list[Segment]:
        segments = [Segment(" ", self.rich_style)]
        for at, cells in self._fitted.columns:
            column = self._columns[at]
            chosen = self._sort is not None and self._sort[0] == column.key
            arrow = ("▼" if self._sort and self._sort[1] else "▲") if chosen else ""
            # The arrow takes the first cell of the gap, so that no column moves with it.
            text = f"{column.heading.rjust(cells) if column.right else column.heading}{arrow}"
            style = self.rich_style + self._styled("sorted" if chosen else "heading")
            segments.append(Segment(text.ljust(cells + self._fitted.gap), style))
        return segments

    def _styled(self, name: str) -> Style:
        return self.get_component_rich_style(f"sheet--{name}", partial=True)

    def on_click(self, event: events.Click) -> None:
        """Go to the row, or sort by the heading, that was clicked."""
        if event.y == 0:
            left = 1
            for at, cells in self._fitted.columns:
                if left <= event.x < left + cells + 1:
                    self.post_message(self.HeadingChosen(self._columns[at].key))
                left += cells + self._fitted.gap
            return
        index = event.y - 1 + self.scroll_offset.y
        if index < len(self._rows):
            self.go(index)
            if event.chain == 2:
                self.post_message(self.Opened())
