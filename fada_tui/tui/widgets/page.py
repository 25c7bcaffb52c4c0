"""A Markdown page of any length: only what comes to sight is laid out.

Heights of the other parts are estimates. Where one is corrected, what is in sight stays where it is.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import ClassVar, Literal, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollUp
from textual.selection import Selection
from textual.strip import Strip

from fada_tui.tui.present.page import Part, parts
from fada_tui.tui.widgets.page_text import STYLES, PageText

How: TypeAlias = Literal["down", "up", "page_down", "page_up", "first", "last"]

AT_ONCE = 8
"""Parts that are cut before the first frame; the others follow in a thread."""

BATCH = 400
"""Parts that are cut at a time then."""

KEPT = 60
"""Parts whose lines are kept."""


class PageView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a page; scrolls by `go`, the wheel and the scrollbar."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"page--{name}" for name in STYLES}

    DEFAULT_CSS = """
    PageView {
        height: 1fr;
        padding: 0 2;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        & .page--heading { color: $primary; text-style: bold; }
        & .page--code { background: $panel; }
        & .page--mark { color: $accent; }
        & .page--table { color: $muted; }
        & .page--table-heading { color: $secondary; text-style: bold; }
        & .page--link { color: $accent; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: list[Part] = []
        self._heights: list[int] = []
        self._starts: list[int] = [0]
        """The first line of each part, then the number of all lines."""
        self._lines: dict[int, list[list[Segment]]] = {}
        """Of the parts that were laid out last, the latest at the end."""
        self._exact: set[int] = set()
        self._width = 0
        self._top = (0, 0)
        """The part at the top, and the line of it."""
        self._wanted: tuple[int, int] | None = None
        """Where to go once so much of the page is cut."""
        self._page = ""
        self._page_text: PageText | None = None
        self._settling = self._to_end = self._reading = False

    @property
    def part_count(self) -> int:
        """How many parts of the page are known so far."""
        return len(self._parts)

    @property
    def laid_out(self) -> int:
        """How many parts are laid out."""
        return len(self._lines)

    def show(self, page: str, *, rendered: bool = True, keep: bool = False) -> None:
        """Show another page.

        Args:
            page: its Markdown.
            rendered: otherwise the text of it.
            keep: stay at about the same place.
        """
        cut = parts(page, rendered=rendered)
        self._page, self._wanted = page, self._top if keep else None
        self._parts, self._top = [], (0, 0)
        self._forget()
        self._to_end, self._reading = False, True
        self._take(list(islice(cut, AT_ONCE)))
        self._restore()
        self.run_worker(self._read(cut), exclusive=True)

    async def _read(self, cut: Iterator[Part]) -> None:
        """Cut the rest of the page."""
        while more := await asyncio.to_thread(lambda: list(islice(cut, BATCH))):
            self._take(more)
        self._reading = False
        if self._to_end:
            self.go("last")

    def _take(self, more: list[Part]) -> None:
        self._parts += more
        self._heights += [part.height(self._width) for part in more]
        self._measure()
        if self._wanted is not None and self._wanted[0] < len(self._parts) and self._width:
            place, self._wanted = self._wanted, None
            self._settle(*place)

    def go(self, how: How) -> None:
        """Scroll."""
        self._wanted, self._to_end = None, how == "last" and self._reading
        page = max(self.scrollable_content_region.height - 1, 1)
        match how:
            case "first":
                self.scroll_to(y=0, animate=False, immediate=True)
            case "last" if self._parts and self._width:
                self._settle(len(self._parts) - 1, self._starts[-1])
            case _:
                lines = {"down": 1, "up": -1, "page_down": page, "page_up": -page}.get(how, 0)
                self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def on_scroll_down(self, event: ScrollDown) -> None:
        """Go a page down where the scrollbar is clicked."""
        self._clicked(event, "page_down")

    def on_scroll_up(self, event: ScrollUp) -> None:
        """Go a page up where the scrollbar is clicked."""
        self._clicked(event, "page_up")

    def _clicked(self, event: ScrollDown | ScrollUp, how: How) -> None:
        # Not Textual's own way, which is animated: heights may be corrected in between.
        event.prevent_default()
        event.stop()
        self.go(how)

    # Heights

    def _forget(self) -> None:
        """Go back to estimates: what is laid out is for another page, width or theme."""
        self._heights = [part.height(self._width) for part in self._parts]
        self._lines.clear()
        self._exact.clear()
        self._measure()

    def _measure(self) -> None:
        self._starts = [0, *accumulate(self._heights)]
        size = Size(self.scrollable_content_region.width, self._starts[-1])
        if size != self.virtual_size:
            self.virtual_size = size

    def _lay_out(self, index: int) -> list[list[Segment]]:
        """Return a part's lines; its height is exact from now on."""
        if (lines := self._lines.pop(index, None)) is None:
            if self._page_text is None:
                self._page_text = PageText({name: self._styled(name) for name in STYLES})
            lines = self._page_text.lines(self._parts[index], self._width)
            self._heights[index] = len(lines)
            self._exact.add(index)
        self._lines[index] = lines
        if len(self._lines) > KEPT:
            del self._lines[next(iter(self._lines))]
        return lines

    def _styled(self, name: str) -> Style:
        return self.get_component_rich_style(f"page--{name}", partial=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes to sight."""
        if not self._settling and self._parts and round(new_value) != round(old_value):
            self._scrolled(round(old_value), round(new_value))
        super().watch_scroll_y(old_value, self.scroll_y)

    def _scrolled(self, old: int, new: int) -> None:
        """Find what is at the top now: so many lines from what was there, or a place far away."""
        part, line = self._top
        if abs(new - old) > 3 * self.size.height:
            part = min(bisect_right(self._starts, new) - 1, len(self._parts) - 1)
            line = new - self._starts[part]
            if part not in self._exact:
                share = line / max(self._heights[part], 1)
                line = round(share * len(self._lay_out(part)))
        else:
            line += new - old
        self._settle(part, line)

    def _restore(self) -> None:
        """Go to the same place of the page, once its heights are others."""
        if self._parts and self._width:
            self._settle(min(self._top[0], len(self._parts) - 1), self._top[1])

    def _settle(self, part: int, line: int) -> None:
        """Lay out a screen from a line of a part, which may lie before or behind the part, and go there."""
        height = self.scrollable_content_region.height
        while line < 0 and part > 0:
            part -= 1
            line += len(self._lay_out(part))
        while line >= len(self._lay_out(part)) and part < len(self._parts) - 1:
            line -= self._heights[part]
            part += 1
        below, last = len(self._lay_out(part)) - line, part
        while below < height and last < len(self._parts) - 1:
            last += 1
            below += len(self._lay_out(last))
        line -= max(height - below, 0)  # The page ends here: its last line is the lowest.
        while line < 0 and part > 0:
            part -= 1
            line += len(self._lay_out(part))
        self._top = (part, max(line, 0))
        self._measure()
        self._settling = True
        self.scroll_to(y=self._starts[part] + self._top[1], animate=False, immediate=True)
        self._settling = False
        self.refresh()

    # Drawing

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out for another width."""
        width = self.scrollable_content_region.width
        if width != self._width and width > 0:
            part, line = self._top
            share = line / self._heights[part] if part < len(self._heights) else 0
            self._width = width
            self._forget()
            if part < len(self._parts):
                self._top = (part, round(share * len(self._lay_out(part))))
        self._restore()

    def notify_style_update(self) -> None:
        """Draw in the colours of another theme."""
        super().notify_style_update()
        self._page_text = None
        self._lines.clear()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the page."""
        width, base = self.scrollable_content_region.width, self.rich_style
        number = y + self.scroll_offset.y
        if not self._parts or number >= self._starts[-1]:
            return Strip.blank(width, base)
        strip = Strip(self._line(number)).apply_style(base).adjust_cell_length(width, base)
        if (selection := self.text_selection) is not None and (span := selection.get_span(number)):
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, number)

    def _line(self, number: int) -> list[Segment]:
        part = bisect_right(self._starts, number) - 1
        lines = self._lay_out(part) if part < len(self._parts) else []
        inside = number - self._starts[part]
        return lines[inside] if inside < len(lines) else []

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        cells = strip.cell_length
        end = cells if end < 0 else min(end, cells)
        if start >= end:
            return strip
        style = self.screen.get_component_rich_style("screen--selection")
        chosen = strip.crop(start, end)
        marked = Strip([Segment(one.text, (one.style or Style()) + style) for one in chosen], end - start)
        return Strip.join([strip.crop(0, start), marked, strip.crop(end, cells)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that was selected with the mouse."""
        if selection.start is None and selection.end is None:
            return self._page, "\n"
        first, below = self.scroll_offset.y, self.scroll_offset.y + self.scrollable_content_region.height
        start = selection.start or Offset(0, first)
        end = selection.end or Offset(self._width, below - 1)
        numbers = range(start.y, min(end.y + 1, self._starts[-1]))
        lines = ["".join(one.text for one in self._line(number)).rstrip() for number in numbers]
        chosen = Selection(Offset(start.x, 0), Offset(end.x, end.y - start.y))
        return chosen.extract("\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw what is selected."""
        self.refresh()
