"""Parts of a Markdown page as lines for the screen, by rich's Markdown in the theme's colours."""

import io
from collections.abc import Iterator, Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import BlockQuote, CodeBlock, Heading, Markdown, MarkdownContext, MarkdownElement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from fada_tui.tui.present.page import Part, Piece
from fada_tui.tui.present.wrapping import wrapped

STYLES = {
    "heading": ("markdown.h1", "markdown.h2", "markdown.h3", "markdown.h4", "markdown.h5", "markdown.h6"),
    "code": ("markdown.code", "markdown.code_block"),
    "mark": ("markdown.item.bullet", "markdown.item.number", "markdown.block_quote", "markdown.hr"),
    "table": ("markdown.table.border",),
    "table-heading": ("markdown.table.header",),
    "link": ("markdown.link", "markdown.link_url"),
}
"""What the theme colours, and rich's names of it."""

INDENT = 2
"""Columns of the page by which an item of a list is indented within another."""

ITEM_CELLS = 3
"""Cells by which rich indents it."""

LEAST_WIDTH = 12


class _Heading(Heading):
    """A heading at the left, of any level."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("").join([self.text])


class _Code(CodeBlock):
    """Code in one colour."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(str(self.text).rstrip("\n"), style=self.style_name)


class _Quotation(BlockQuote):
    """A quotation with an empty line between its parts, as outside of one."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    def on_child_close(self, context: MarkdownContext, child: MarkdownElement) -> bool:
        if self._begun:
            self.elements.append(Text(" "))
        self._begun = True
        return super().on_child_close(context, child)


class _PageMarkdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "blockquote_open": _Quotation,
        "fence": _Code,
        "code_block": _Code,
    }


class PageText:
    """Lays out parts of a page.

    Args:
        styles: by the keys of `STYLES`.
    """

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._code = styles["code"]
        named = {name: styles[key] for key, names in STYLES.items() for name in names}
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            theme=Theme(named),
            legacy_windows=False,
            _environ={},
        )

    def lines(self, part: Part, width: int) -> list[list[Segment]]:
        """Return a part's lines, none wider than the width, with empty ones between its pieces."""
        return [line for piece in part.pieces for line in self._piece(piece, width)]

    def _piece(self, piece: Piece, width: int) -> Iterator[list[Segment]]:
        indent = min(piece.indent // INDENT * ITEM_CELLS, max(width - LEAST_WIDTH, 0))
        if piece.gap:
            yield []
        before = [Segment(" " * indent)] if indent else []
        body = self._code_lines if piece.code else self._markdown_lines
        for line in body(piece.text, max(width - indent, 1)):
            yield [*before, *line]

    def _code_lines(self, text: str, width: int) -> Iterator[list[Segment]]:
        for line in text.split("\n"):
            for shown in wrapped(line, width):
                yield [Segment(shown + " " * max(width - cell_len(shown), 0), self._code)]

    def _markdown_lines(self, text: str, width: int) -> list[list[Segment]]:
        shown = _PageMarkdown(text, hyperlinks=False)
        lines = self._console.render_lines(shown, self._console.options.update(width=width), pad=False)
        while lines and _empty(lines[-1]):
            lines.pop()
        while lines and _empty(lines[0]):
            lines.pop(0)
        return lines


def _empty(line: list[Segment]) -> bool:
    return not any(segment.text.strip() for segment in line)
