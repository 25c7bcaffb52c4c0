"""A Markdown page cut into parts that are laid out one by one, each by itself. Pure, and linear in the page.

Cut is where no part needs the others: at empty lines, headings, items of lists and fences. What is inside a
fence is no Markdown, and is cut anywhere; so are tables and paragraphs that would take long to lay out.
"""

import io
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from fada_tui.core.text import printable

TAB = 4
PART_LINES = 24
"""Lines of the page from which a part is complete: about a screen."""

PIECE_LINES = 60
"""The most lines of a piece."""

LIST_LINES = 12
"""Lines of a list after which another piece begins at the next item."""

LINE_LENGTH = 2_000
"""The most characters of a line; longer ones are cut before a word, where there is one."""

_FENCE = re.compile(r"( *)(`{3,}|~{3,})([^`]*)$")
_QUOTED_FENCE = re.compile(r" *(?:(?:[-*+>]|\d+[.)])\s+|>)+(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?: |$)")
_ITEM = re.compile(r"( *)(?:[-*+]|\d{1,9}[.)])(?: |$)")
_WORD = re.compile(r"(?<= )[^\W\d]")
_RULE = re.compile(r" {0,3}([-*_])(?: *\1){2,} *$")


class Piece(Struct, frozen=True):
    """A block of the page, or a part of one."""

    text: str
    """Printable, its lines separated by line ends; without `indent` spaces before each."""
    code: bool = False
    """It stands in a fence: shown as it is."""
    indent: int = 0
    """Columns by which it is indented."""
    gap: bool = False
    """An empty line stands before it."""


class Part(Struct, frozen=True):
    """Pieces that are laid out together."""

    pieces: tuple[Piece, ...]
    lines: int
    """Of the page."""
    characters: int

    def height(self, width: int) -> int:
        """Return about how many lines it takes at this width, before it is laid out."""
        return max(self.lines + self.characters // max(width, 1), 1)


def parts(page: str, *, rendered: bool = True) -> Iterator[Part]:
    """Cut a page into parts of about a screen.

    Args:
        page: Markdown, as it was read.
        rendered: parse it; otherwise its text is shown as it is.
    """
    lines = _lines(page)
    found = _Cutter().pieces(lines) if rendered else (Piece(line, code=True) for line in lines)
    held: list[Piece] = []
    count = characters = 0
    for piece in found:
        held.append(piece)
        count += piece.text.count("\n") + 1 + piece.gap
        characters += len(piece.text)
        if count >= PART_LINES:
            yield Part(tuple(held), count, characters)
            held, count, characters = [], 0, 0
    if held:
        yield Part(tuple(held), count, characters)


def _lines(page: str) -> Iterator[str]:
    """Yield the page's lines, printable, none too long to be laid out."""
    for raw in io.StringIO(page, newline=None):
        line = raw.rstrip("\n")
        if not line.isprintable():
            line = printable(line.expandtabs(TAB))
        while len(line) > LINE_LENGTH:
            # Before a letter, as "- " or "#" at a line's beginning would be Markdown.
            words = [found.start() for found in _WORD.finditer(line, LINE_LENGTH // 2, LINE_LENGTH)]
            at = words[-1] if words else LINE_LENGTH
            yield line[:at]
            line = line[at:]
        yield line


class _Cutter:
    """Cuts lines into pieces."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._indent = 0
        self._gap = self._blank = False
        self._in_list = False
        self._fence = ""
        """What closes the code that the lines are in."""
        self._inside = ""
        """What closes code inside of the held piece, which begins in a quotation or behind a list's mark."""
        self._headings: list[str] = []
        """Of a table that was cut: they come again, as they tell its columns."""

    def pieces(self, lines: Iterable[str]) -> Iterator[Piece]:
        """Yield the pieces of these lines."""
        for line in lines:
            if self._fence:
                yield from self._code(line)
            elif self._inside:
                yield from self._hold(line)
                self._inside = "" if _closes(line.lstrip(" >"), self._inside) else self._inside
            elif not line.strip():
                self._blank = True
            elif found := _FENCE.match(line):
                yield from self._begin(len(found[1]))
                self._fence = found[2]
            else:
                yield from self._text(line)
        yield from self._flush()

    def _code(self, line: str) -> Iterator[Piece]:
        if _closes(line, self._fence):
            yield from self._flush(code=True)
            self._fence = ""
            return
        spaces = len(line) - len(line.lstrip(" "))
        self._held.append(line[min(spaces, self._indent) :])
        if len(self._held) >= PIECE_LINES:
            yield from self._flush(code=True)

    def _text(self, line: str) -> Iterator[Piece]:
        item = None if _RULE.match(line) else _ITEM.match(line)
        spaces = len(line) - len(line.lstrip(" "))
        heading = _HEADING.match(line) is not None
        in_list = self._in_list and (spaces > 0 or item is not None)
        if heading or self._ends(spaces, item is not None, in_list):
            listed = item is not None and (spaces < TAB or in_list)
            yield from self._begin(spaces if listed or in_list else 0)
            self._in_list = listed or in_list
        yield from self._hold(line)
        if found := _QUOTED_FENCE.match(line):
            self._inside = found[1]
        if heading:
            yield from self._flush()

    def _ends(self, spaces: int, item: bool, in_list: bool) -> bool:
        """Whether a line begins a new piece."""
        if not self._held:
            return True
        if self._blank:
            return spaces < TAB or in_list
        return item and in_list and (spaces < self._indent or len(self._held) >= LIST_LINES)

    def _hold(self, line: str) -> Iterator[Piece]:
        if self._blank and self._held:
            self._held.append("")
        if self._headings and not self._held and not self._gap and line.startswith("|"):
            self._held += self._headings
        self._blank, self._headings = False, []
        spaces = len(line) - len(line.lstrip(" "))
        self._held.append(line[min(spaces, self._indent) :])
        if len(self._held) >= PIECE_LINES or sum(map(len, self._held)) > 2 * LINE_LENGTH:
            headings = self._held[:2] if self._held[0].startswith("|") else []
            yield from self._flush()
            self._headings = headings

    def _begin(self, indent: int) -> Iterator[Piece]:
        yield from self._flush()
        self._indent, self._gap, self._blank = indent, self._blank, False

    def _flush(self, *, code: bool = False) -> Iterator[Piece]:
        if self._held:
            yield Piece("\n".join(self._held), code, self._indent, self._gap)
        self._held, self._gap = [], False


def _closes(line: str, fence: str) -> bool:
    """Whether a line closes what this fence has opened."""
    shown = line.strip()
    return len(shown) >= len(fence) and shown.strip(fence[0]) == ""
