"""A person's notes as Markdown: an outline under headings, a list as its entries. Pure."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fada_tui.core.notes_fields import FIELDS

_NAMES = {heading.casefold().removesuffix("s"): field for field, heading in FIELDS.items()} | {
    "weaknesse": "weaknesses"
}
_AROUND_NAME = re.compile(r"^[\W\d_]+|[\W_]+$")
_BLANK_ENDS = re.compile(r"\A(?:[^\S\n]*\n)+|\s+\Z")


class Outline(NamedTuple):
    """A text taken apart at its headings."""

    fields: dict[str, str]
    """The text under each known heading, by field, in Markdown; empty where nothing stands under it."""
    rest: tuple[str, ...]
    """What stands under no known heading: its heading in quotes, or where it stands."""


def parser() -> MarkdownIt:
    """Return a parser of CommonMark with tables and strikethrough, to which raw HTML is plain text."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("html_block")


_parser = cache(parser)


def outline(text: str) -> Outline:
    """Return the fields that a text's headings name; a field that is named twice has both texts.

    A known heading of any level begins its field, which ends at the next known heading, or at another one
    of its level or above.
    """
    lines = _lines(text)
    fields: dict[str, str] = {}
    rest: list[str] = []
    field: str | None = None
    level, begin, label = 0, 0, "the text before the first heading"

    def close(end: int) -> None:
        body = _BLANK_ENDS.sub("", "\n".join(lines[begin:end]))
        if field is not None:
            fields[field] = "\n\n".join(filter(None, (fields.get(field, ""), body)))
        elif body:
            rest.append(label)

    tokens = _parser().parse("\n".join(lines))
    for heading, content in pairwise(tokens):
        if heading.type != "heading_open" or heading.level > 0 or heading.map is None:
            continue
        depth, words = int(heading.tag[1:]), _words(content)
        named = _NAMES.get(_AROUND_NAME.sub("", words).casefold().removesuffix("s"))
        if named is None and field is not None and depth > level:
            continue
        close(heading.map[0])
        field, level, begin, label = named, depth, heading.map[1], f'"{words}"'
    close(len(lines))
    return Outline(fields, tuple(rest))


def entries(text: str) -> tuple[str, ...]:
    """Return the entries of a list in Markdown: items without their markers, and lines of paragraphs.

    Other blocks, such as headings and code, are an entry each.
    """
    lines = _lines(text)
    found: list[str] = []
    at = 0
    for begin, end, kind in _blocks(text):
        found += lines[at:begin]  # definitions of links, which are no block
        block = lines[begin:end]
        at = end
        if kind == "list_item":
            found.append(_without_marker(block))
        elif kind == "paragraph":
            found += block
        else:
            found.append("\n".join(block).rstrip())
    found += lines[at:]
    return tuple(one.strip() if "\n" not in one else one for one in found if one.strip())


def list_text(listed: Sequence[str]) -> str:
    """Return the text of which `entries` makes these entries, for an editor: one a line, if it can be."""
    if not any("\n" in entry for entry in listed):
        return "\n".join(listed)
    return "\n".join(f"\n{one}\n" if stands_alone(one) else _item("- ", one) for one in listed).strip("\n")


def numbered(number: int, entry: str) -> str:
    """Return an entry as an item of a numbered list."""
    return _item(f"{number}. ", entry)


def stands_alone(entry: str) -> bool:
    """Return whether an entry is a block of its own, such as a heading or code, and no item of a list."""
    return next((kind not in ("paragraph", "list_item") for _, _, kind in _blocks(entry)), False)


def _item(marker: str, entry: str) -> str:
    first, *others = entry.split("\n")
    indent = " " * len(marker)
    return "\n".join([marker + first, *(f"{indent}{line}" if line.strip() else "" for line in others)])


def _blocks(text: str) -> list[tuple[int, int, str]]:
    """Return the blocks of a text and the items of its lists: first line, line behind the last, kind."""
    return [
        (token.map[0], token.map[1], token.type.removesuffix("_open"))
        for token in _parser().parse("\n".join(_lines(text)))
        if token.map is not None
        and token.type not in ("bullet_list_open", "ordered_list_open", "inline")
        and (token.level == 0 or (token.level == 1 and token.type == "list_item_open"))
    ]


def _without_marker(lines: Sequence[str]) -> str:
    marker = re.match(r"\s*(?:[-+*]|\d+[.)])\s*", lines[0])
    width = marker.end() if marker else 0
    rest = (re.sub(rf"^\s{{0,{width}}}", "", line) for line in lines[1:])
    return "\n".join([lines[0][width:], *rest]).rstrip()


def _words(inline: Token) -> str:
    return " ".join("".join(child.content or " " for child in inline.children or ()).split())


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
