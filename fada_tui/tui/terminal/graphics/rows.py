"""Lines of a picture that become kitty's or sixel's only when they are written to the terminal.

To Textual each is a line of half blocks: it can cut it where something covers it, tint it beneath a modal
screen, export it. Only a whole line that is being written gives its real picture, so that no escape sequence
is ever cut, tinted or measured as text.

A sixel picture is one sequence for all lines, and what is written in its cells erases it. So it is written
after the last line, when all of them were. Whatever else writes the lines, Textual's updates of the whole
screen among them, which may come several at a time, writes half blocks; they are mended by drawing anew.

So is a picture that kitty's protocol places at the cursor. That one lies above whatever is written: it is
taken off when something covers a part of it.
"""

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from textual.geometry import Offset, Region
from textual.strip import Strip

from fada_tui.tui.terminal.graphics.render import Rendered
from fada_tui.tui.terminal.graphics.shelf import SHELF


class Row(Strip):
    """A line across a widget, with a line of the picture in it.

    Args:
        plain: the line as text.
        drawing: what it is part of.
        number: which of the picture's lines it is.
    """

    def __init__(self, plain: Strip, drawing: "Drawing", number: int) -> None:
        super().__init__(plain, plain.cell_length)
        self.plain = plain
        self.drawing = drawing
        self.number = number

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Return the parts between cuts; whole if there is none, and text if something covers it."""
        cuts = list(cuts)
        whole = cuts == [self.cell_length]
        self.drawing.composed(whole)
        return [self] if whole else self.plain.divide(cuts)

    def crop(self, start: int, end: int | None = None) -> Strip:
        """Return a part as text, or the line itself where that is all of it."""
        if start <= 0 and (end is None or end >= self.cell_length):
            return self
        self.drawing.torn()
        return self.plain.crop(start, end)

    def render(self, console: Console) -> str:
        """Return what is written to the terminal."""
        return self.drawing.write(self, console)


class Drawing:
    """One composition of a picture, from being asked for its lines to their being written.

    Args:
        rendered: the picture.
        at: its top left corner on the screen.
        left: cells of each line before the picture.
        blank: a line of the picture's width without it.
        whole: whether a picture may be written that is one sequence for all lines; half blocks otherwise.
        done: called when it was.
        mend: called soon after the drawing turned out to be incomplete on the screen.
        later: calls something once what is going on has been done.
    """

    def __init__(
        self,
        rendered: Rendered,
        at: Offset,
        left: int,
        blank: Strip,
        whole: bool,
        done: Callable[[], object],
        mend: Callable[[], object],
        later: Callable[[Callable[[], None]], object],
    ) -> None:
        self._rendered = rendered
        self._at = at
        self._left = left
        self._blank = blank
        self._may_be_whole = whole
        self._done = done
        self._mend = mend
        self._later = later
        self._whole = 0
        self._covered = False
        self._written = 0
        self._torn = False
        self._lifted = False
        self._checked = False

    def composed(self, whole: bool) -> None:
        """Take note of a line that will be written, all of it or the parts that nothing covers."""
        self._whole += whole
        self._covered = self._covered or not whole
        if not whole and SHELF.lift(self._rendered.number):
            self._lifted = True
            self._check_soon()

    def torn(self) -> None:
        """Take note that a part of a line is written."""
        self._torn = True
        SHELF.lift(self._rendered.number)
        self._check_soon()

    def write(self, row: Row, console: Console) -> str:
        """Return what is written for a whole line."""
        self._check_soon()
        if self._rendered.placeholders:
            return self._kitty(row, console) if SHELF.reachable else row.plain.render(console)
        return self._at_once(row, console)

    def _kitty(self, row: Row, console: Console) -> str:
        rendered = self._rendered
        sent = SHELF.send(rendered.number, rendered.payload, rendered.removal)
        picture = f"{_background(self._blank)}{rendered.placeholders[row.number]}\x1b[0m"
        return sent + self._framed(row, console, picture)

    def _at_once(self, row: Row, console: Console) -> str:
        """Return a blank line, and behind the last one the whole picture."""
        rendered = self._rendered
        if not self._may_be_whole or self._covered or self._whole < rendered.placement.rows:
            self._torn = True
            SHELF.lift(rendered.number)
            return row.plain.render(console)
        columns, rows = rendered.placement.columns, rendered.placement.rows
        text = self._framed(row, console, self._blank.render(console))
        self._written += 1
        if self._written < rows:
            return text
        self._done()
        if rendered.number:
            text += SHELF.place(rendered.number, Region(*self._at, columns, rows), rendered.removal)
        return f"{text}\x1b7\x1b[{self._at.y + 1};{self._at.x + 1}H{rendered.payload}\x1b8"

    def _framed(self, row: Row, console: Console, picture: str) -> str:
        """Put a line of the picture into what is left and right of it."""
        right = self._left + self._rendered.placement.columns
        before = row.plain.crop(0, self._left).render(console)
        return before + picture + row.plain.crop(right, row.cell_length).render(console)

    def _check_soon(self) -> None:
        if not self._checked:
            self._checked = True
            self._later(self._check)

    def _check(self) -> None:
        incomplete = 0 < self._written < self._rendered.placement.rows
        if self._lifted or (not self._covered and (self._torn or incomplete)):
            self._mend()


def _background(strip: Strip) -> str:
    """Return the sequence that sets a strip's background; a picture does not quite fill its cells."""
    colour = next((style.bgcolor for _, style, _ in strip if style), None)
    return f"\x1b[48;2;{';'.join(map(str, colour.triplet))}m" if colour and colour.triplet else ""
