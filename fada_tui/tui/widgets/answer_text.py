"""The text of an answer as it streams in: only the lines that changed are drawn again."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from fada_tui.evaluation.scoring.marks import Mark, MarkKind
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.marks import length, pieces
from fada_tui.tui.present.wrapping import Wrapped


class AnswerText(ScrollView, can_focus=True):
    """Plain text, wrapped, that can grow at its end, below muted text. Nothing in it is parsed.

    Args:
        from_end: show the end of a text that is longer than there is room for, not its beginning.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("answer")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "answer-text--muted",
        "answer-text--matched",
        "answer-text--extra",
        "answer-text--alone",
    }

    DEFAULT_CSS = """
    AnswerText {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & .answer-text--muted { color: $muted; }
        & .answer-text--matched { color: $correct; text-style: bold; }
        & .answer-text--extra { color: $partial; text-style: underline; }
        & .answer-text--alone { text-style: underline; }
    }
    """

    def __init__(self, id: str | None = None, *, from_end: bool = False) -> None:
        super().__init__(id=id)
        self._text = ""
        self._muted = False
        self._before = ""
        self._muted_lines = 0
        """How many lines are of the text before, which is muted."""
        self._counted = ("", 0)
        """What these were counted of, and at which width."""
        self._wrapped = Wrapped(1)
        self._marks: tuple[Mark, ...] = ()
        self.opens_at_end = from_end
        """A text that has not room enough is shown from its end; else from its beginning."""
        self._places: list[int] = []
        """Characters before each line that are no white space, where something is marked."""

    def show(self, text: str, *, muted: bool = False, before: str = "", marks: tuple[Mark, ...] = ()) -> None:
        """Show this text; one that begins with what is shown only adds to it.

        Args:
            text: may be empty, until there is some.
            muted: all of it is.
            before: muted text above it.
            marks: of the text, as `present.marks.counted` returns them.
        """
        if marks != self._marks:
            self._marks = marks
            self.refresh()
        whole = "\n\n".join(part for part in (before, text) if part)
        grows = before.startswith(self._before) and bool(before) == bool(self._before)
        if muted == self._muted and grows and whole.startswith(self._text) and self._text:
            self._before = before
            self._add(whole[len(self._text) :])
        elif (whole, muted, before) != (self._text, self._muted, self._before):
            self._text, self._muted, self._before = whole, muted, before
            self._wrap()
            self._open()

    def _open(self) -> None:
        at_end = self.opens_at_end and not self._before
        self.anchor(at_end)  # at each layout, until it is scrolled: the size may change after this
        self.show_edge("end" if at_end else "beginning")

    @property
    def is_long(self) -> bool:
        """Whether there is more of the text than is seen."""
        seen = self.scrollable_content_region.height
        return 0 < seen < len(self._wrapped.lines)

    def show_edge(self, edge: str) -> None:
        """Scroll to the text's beginning, or to its end."""
        if edge == "end":
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)

    def _add(self, more: str) -> None:
        if not more:
            return
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self._text += more
        before = len(self._wrapped.lines)
        changed = self._wrapped.add(more)
        self._places = []
        self._count_muted()
        if len(self._wrapped.lines) != before:
            self._measure()
        width = self.scrollable_content_region.width
        self.refresh(Region(0, changed - self.scroll_offset.y, width, len(self._wrapped.lines) - changed))
        if at_end and self.max_scroll_y > self.scroll_offset.y:
            self.scroll_end(animate=False)

    def _wrap(self) -> None:
        self._wrap_to(self.scrollable_content_region.width)
        self._measure()
        self.refresh()

    def _wrap_to(self, width: int) -> None:
        self._wrapped = Wrapped(width, self._text)
        self._places = []
        self._count_muted()

    def _measure(self) -> None:
        """Take the text's size; lay the screen out anew only where a scroll bar comes or goes."""
        size, room = Size(self._wrapped.width, len(self._wrapped.lines)), self.container_size
        if room and (size.height > room.height) == self.show_vertical_scrollbar:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        else:
            self.virtual_size = size

    def _count_muted(self) -> None:
        now = (self._before, self._wrapped.width)
        if now != self._counted:
            self._counted = now
            self._muted_lines = len(Wrapped(now[1], now[0]).lines) if now[0] else 0

    def _begins(self, number: int) -> int:
        """Return how many characters of the text itself, white space left out, stand before a line."""
        if len(self._places) != len(self._wrapped.lines):
            self._places, place = [], -length(self._before)
            for line in self._wrapped.lines:
                self._places.append(place)
                place += length(line)
        return self._places[number]

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()
        if self.opens_at_end:
            self._open()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the text."""
        width = self.scrollable_content_region.width
        if self._wrapped.width == 1 < width:  # drawn before it is told of its size: a letter on each line
            self._wrap_to(width)
        number = y + self.scroll_offset.y
        text = self._wrapped.lines[number] if number < len(self._wrapped.lines) else ""
        style = self.rich_style
        if self._muted or number < self._muted_lines:
            style += self.get_component_rich_style("answer-text--muted")
        segments = [Segment(text, style)]
        if self._marks and number < len(self._wrapped.lines):
            marked = pieces(text, self._begins(number), self._marks)
            segments = [Segment(part, style + self._style_of(kind)) for part, kind in marked]
        return Strip(segments).adjust_cell_length(width, style).crop(0, width)

    def _style_of(self, kind: MarkKind | None) -> Style:
        return self.get_component_rich_style(f"answer-text--{kind}") if kind else Style.null()
