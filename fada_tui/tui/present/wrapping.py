"""Text into lines of a width: words kept whole where they fit, cells counted, growing text wrapped once."""

import re

from rich.cells import cell_len, chop_cells

from fada_tui.core.text import printable

_PIECE = re.compile(r"\S+\s*|\s+")


def wrapped(paragraph: str, width: int) -> list[str]:
    """Return one paragraph as lines of at most `width` cells; an empty one is one empty line."""
    lines: list[str] = []
    line, room = "", width
    for piece in _PIECE.findall(paragraph):
        needed = cell_len(piece.rstrip())
        if needed > room and line:
            lines.append(line.rstrip())
            line, room = "", width
        if needed > width:
            word = piece.rstrip()
            *whole, end = chop_cells(word, width)
            lines, piece = [*lines, *whole], end + piece[len(word) :]
        line += piece
        room = width - cell_len(line)
    lines.append(line.rstrip())
    return lines


class Wrapped:
    """A text as it grows, wrapped; what is already whole is not wrapped again.

    Args:
        width: cells of a line, at least 1.
        text: to begin with.
    """

    def __init__(self, width: int, text: str = "") -> None:
        self.width = max(width, 1)
        self.lines: list[str] = [""]
        self._open = ""
        self._open_from = 0
        self.add(text)

    def add(self, text: str) -> int:
        """Append text; return the number of the first line that may have changed."""
        changed = self._open_from
        *whole, self._open = (self._open + text.replace("\r\n", "\n").replace("\t", "    ")).split("\n")
        del self.lines[self._open_from :]
        for paragraph in whole:
            self.lines += wrapped(printable(paragraph), self.width)
        self._open_from = len(self.lines)
        self.lines += wrapped(printable(self._open), self.width)
        return changed
