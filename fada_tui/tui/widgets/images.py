"""The image list: categories and images, of which only the visible ones are ever drawn."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from fada_tui.core.text import printable
from fada_tui.tui.keymap import bindings
from fada_tui.tui.present.cells import file_name, fitted
from fada_tui.tui.present.glyphs import FLAG, GLYPHS
from fada_tui.tui.state.image_rows import Header, ImageRows, Mark, Slot

Key = str | tuple[str, str]

NOTHING = "nothing to show here"
"""Of a filter that nothing fits, or a folder without images."""


MOST_MARKS = 8
"""Questions up to which each has a mark of its own; of more, the marks are counted."""

_COUNTED = ("running", "error", "incorrect", "partial", "correct", "unjudged")


def mark_pieces(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Return the marks of an image's questions: texts, and the kind that colours each.

    Args:
        kinds: of `GLYPHS`, one for each question.
    """
    if len(kinds) <= MOST_MARKS:
        return [(GLYPHS[kind], kind) for kind in kinds]
    counts = Counter(kinds)
    return [(f"{GLYPHS[kind]}{counts[kind]}", kind) for kind in _COUNTED if counts[kind]] or [
        (" ", "waiting")
    ]


class ImageList(ScrollView, can_focus=True):
    """A list that costs the same to draw with 10 images and with 100,000.

    Args:
        marks: what to show beside an image's name; asked for visible images alone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("images")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "images--cursor",
        "images--cursor-blurred",
        "images--header",
        "images--muted",
        "images--chosen",
        *(f"images--{kind}" for kind in GLYPHS),
    }

    DEFAULT_CSS = """
    ImageList {
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        overflow-x: hidden;
        & .images--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        & .images--cursor-blurred { background: $panel; text-style: bold; }
        & .images--header { color: $secondary; text-style: bold; }
        & .images--muted { color: $muted; }
        & .images--chosen { color: $accent; text-style: bold; }
        & .images--correct { color: $correct; }
        & .images--partial { color: $partial; }
        & .images--incorrect { color: $incorrect; }
        & .images--unjudged { color: $unjudged; }
        & .images--running { color: $primary; text-style: bold; }
        & .images--error { color: $error; text-style: bold; }
    }
    """

    class Highlighted(Message):
        """The cursor was moved: to an image, or to a category (no slot)."""

        def __init__(self, slot: Slot | None) -> None:
            super().__init__()
            self.slot = slot

        def can_replace(self, message: Message) -> bool:
            """Only the latest image counts."""
            return isinstance(message, ImageList.Highlighted) and message.slot is not None

    class Opened(Message):
        """An image was chosen by enter or mouse."""

        def __init__(self, slot: Slot) -> None:
            super().__init__()
            self.slot = slot

    class MarkedChanged(Message):
        """Other images are marked now."""

    class LeaveLeft(Message):
        """The person wants the pane to the left."""

    class LeaveRight(Message):
        """The person wants the pane to the right."""

    def __init__(self, marks: Callable[[Slot], Mark]) -> None:
        super().__init__()
        self._marks = marks
        self._image_rows = ImageRows(())
        self._cursor = 0
        self._marked: frozenset[Key] = frozenset()
        self._drawn: dict[int, Mark] = {}

    @property
    def marked(self) -> frozenset[Key]:
        """Keys of the marked images."""
        return self._marked

    @property
    def cursor(self) -> int:
        """The row that the cursor is in."""
        return self._cursor

    def show(self, image_rows: ImageRows, slot: Slot | None) -> None:
        """Show these images, with the cursor on one of them; categories folded by hand stay so."""
        for category in self._image_rows.folded & image_rows.categories.keys():
            image_rows = image_rows.fold(category, folded=True)
        self._image_rows = image_rows
        self._drawn.clear()
        self._resize()
        self._cursor = min(self._cursor, max(image_rows.height - 1, 0))
        if slot is not None:
            self.select(slot)
        elif isinstance(self._here, Header) and image_rows.height > 1:
            self._cursor = 1
        self.refresh()

    def select(self, slot: Slot) -> None:
        """Put the cursor on an image, unfolding its category; without a message."""
        if slot.image.category in self._image_rows.folded and self._image_rows.position(slot) is not None:
            self._fold(slot.image.category, folded=False)
        index = self._image_rows.index_of(slot)
        if index is not None:
            self._place(index)

    def refresh_marks(self) -> None:
        """Draw the visible rows whose mark has changed."""
        top = self.scroll_offset.y
        for index, before in list(self._drawn.items()):
            row = self._image_rows.row(index) if index < self._image_rows.height else None
            if not top <= index < top + self.size.height:
                del self._drawn[index]
            elif isinstance(row, Slot) and self._marks(row) != before:
                self._refresh_row(index)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw a row."""
        width = self.scrollable_content_region.width
        index = y + self.scroll_offset.y
        if index >= self._image_rows.height:
            if index > 0:
                return Strip.blank(width, self.rich_style)
            said = Segment(NOTHING, self.rich_style + self._style("muted"))
            return Strip([said]).adjust_cell_length(width, self.rich_style)
        row = self._image_rows.row(index)
        cursor = index == self._cursor
        base = self._cursor_style if cursor else self.rich_style
        pieces = self._header(row, width) if isinstance(row, Header) else self._image(row, index, width)
        sign = "›" if cursor else " "
        segments = [Segment(sign, base)]
        segments += [
            Segment(text, base if cursor and not own else base + style) for text, style, own in pieces
        ]
        return Strip(segments).adjust_cell_length(width, base)

    @property
    def _cursor_style(self) -> Style:
        name = "images--cursor" if self.has_focus else "images--cursor-blurred"
        return self.rich_style + self.get_component_rich_style(name, partial=True)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"images--{name}", partial=True)

    def _header(self, row: Header, width: int) -> list[tuple[str, Style, bool]]:
        count = f" {row.count:,}"
        name = fitted(row.name, max(width - 3 - len(count), 0))
        fold = "▸ " if row.folded else "▾ "
        return [(fold + name, self._style("header"), False), (count, self._style("muted"), False)]

    def _image(self, slot: Slot, index: int, width: int) -> list[tuple[str, Style, bool]]:
        mark = self._drawn[index] = self._marks(slot)
        chosen = slot.key in self._marked
        marks = mark_pieces(mark.kinds)
        room = width - 2 - sum(len(text) for text, _ in marks) - 2
        seconds = f" {mark.time:.2f}s" if mark.time is not None else ""
        if mark.device:
            seconds = f" {printable(mark.device)}"
            # Of a long name its end may go, of the device its kind: which worker it is stays.
            short = f" {printable(mark.device.rpartition(':')[2])}"
            seconds = seconds if room - len(seconds) >= cell_len(printable(slot.image.image)) else short
        elif room - len(seconds) < cell_len(printable(slot.image.image)):
            seconds = ""  # The name has more to say.
        return [
            ("+" if chosen else " ", self._style("chosen"), True),
            *((text, self._style(kind), True) for text, kind in marks),
            (FLAG if mark.flagged else " ", self._style("partial"), True),
            (
                file_name(slot.image.image, max(room - len(seconds), 0)),
                self._style("chosen") if chosen else Style.null(),
                False,
            ),
            (f"{seconds} ", self._style("muted"), False),
        ]

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._image_rows.height)

    def on_resize(self) -> None:
        """Take the new width, and keep the cursor in sight."""
        self._drawn.clear()
        self._resize()
        self._reveal()

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_row(self._cursor)

    # Moving

    @property
    def _here(self) -> Slot | Header | None:
        return self._image_rows.row(self._cursor) if self._cursor < self._image_rows.height else None

    def _place(self, index: int) -> None:
        before, self._cursor = self._cursor, max(0, min(index, self._image_rows.height - 1))
        if before != self._cursor:
            self._refresh_row(before)
            self._refresh_row(self._cursor)
        self._reveal()

    def _reveal(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if self._cursor < top:
            self.scroll_to(y=self._cursor if self._cursor > 1 else 0, animate=False, immediate=True)
        elif height and self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, immediate=True)

    def _go(self, index: int) -> None:
        before = self._cursor
        self._place(index)
        if self._cursor != before:
            self.post_message(self.Highlighted(self._here if isinstance(self._here, Slot) else None))

    def action_up(self) -> None:
        """Go a row up."""
        self._go(self._cursor - 1)

    def action_down(self) -> None:
        """Go a row down."""
        self._go(self._cursor + 1)

    def action_page(self, step: int) -> None:
        """Go a page up or down."""
        self._go(self._cursor + step * max(self.size.height - 1, 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self._go(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._go(self._image_rows.height - 1)

    def action_open(self) -> None:
        """Fold or unfold a category; open an image."""
        match self._here:
            case Header(name=name, folded=folded):
                self._fold(name, folded=not folded)
            case Slot() as slot:
                self.post_message(self.Opened(slot))

    def action_left(self) -> None:
        """Fold the category, going to its heading; leave to the left where that is done."""
        match self._here:
            case Header(name=name, folded=False):
                self._fold(name, folded=True)
            case Slot(image=image) if (header := self._image_rows.header_index(image.category)) is not None:
                self._go(header)
            case _:
                self.post_message(self.LeaveLeft())

    def action_right(self) -> None:
        """Unfold a category; leave to the right from an image."""
        match self._here:
            case Header(name=name, folded=True):
                self._fold(name, folded=False)
            case _:
                self.post_message(self.LeaveRight())

    def _fold(self, category: str, *, folded: bool) -> None:
        self._image_rows = self._image_rows.fold(category, folded=folded)
        self._drawn.clear()
        self._resize()
        self._place(min(self._cursor, self._image_rows.height - 1))
        self.refresh()

    # Marking

    def action_mark(self) -> None:
        """Mark an image, or all of a category; marked already, take the mark away."""
        match self._here:
            case Header(name=name):
                keys = {slot.key for slot in self._image_rows.group(name)}
                self._set_marked(self._marked - keys if keys <= self._marked else self._marked | keys)
            case Slot() as slot:
                self._set_marked(self._marked ^ {slot.key})
                self.action_down()

    def _set_marked(self, marked: frozenset[Key]) -> None:
        self._marked = marked
        self.refresh()
        self.post_message(self.MarkedChanged())

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is; open or fold on the second click."""
        index = event.y + self.scroll_offset.y
        if index < self._image_rows.height:
            self._go(index)
            if event.chain == 2 or isinstance(self._here, Header):
                self.action_open()
