"""A person's notes on a page: their Markdown stays Markdown, within the section in which it stands.

Headings go below the section's, raw HTML is shown as text, and images from elsewhere are refused: a page
that is opened must fetch nothing. Whatever then still would not stay within its section is escaped whole.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from html import escape
from itertools import accumulate
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline, autolink, image
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from fada_tui.core.notes_text import entries, numbered, parser, stands_alone
from fada_tui.report.markdown import inline, item, paragraphs, visible

_DEEPEST = 6
"""Levels of headings."""
_NESTED = 12
"""Blocks within blocks that are looked into: the parser gives up at 20, other programs don't."""
_ELSEWHERE = re.compile(r"[:\\]|^/")
_BEFORE_TEXT = re.compile(r"(?:\s|>|[-+*]\s|\d+[.)]\s)*")
_END = "end"
_ENDING = [("heading_open", 0, ""), ("inline", 1, _END), ("heading_close", 0, "")]


class _Edit(NamedTuple):
    """A replacement within the text of a block, by offsets into it."""

    begin: int
    end: int
    text: str


class _UnclearError(Exception):
    """Where a block's text stands in its lines is not clear."""


def written(text: str | None, below: int) -> list[str]:
    """Return a person's text as lines of Markdown; empty if there is none.

    Args:
        text: as it was written.
        below: level of the heading under which it stands.
    """
    shown = visible(text or "").strip("\n").rstrip()
    return (_contained(shown, below) or paragraphs(shown)) if shown.strip() else []


def listed(notes: Sequence[str], facts: Sequence[str], below: int) -> list[str]:
    """Return a person's entries as a numbered list that goes on with facts, which are Markdown already.

    Args:
        notes: the entries; those that are headings, code or tables stand between the items.
        facts: the last items.
        below: level of the heading under which the list stands.
    """
    shown = [one for note in notes for one in _entries(visible(note))]
    parts, number = [], 0
    for one in shown:
        alone = stands_alone(one)
        number += not alone
        parts.append(f"\n{_closed(one)}\n" if alone else numbered(number, one))
    lines = _contained("\n".join(parts).strip("\n"), below) if parts else []
    if lines is None:
        number = len(shown)
        lines = [f"{place}. {item(one)}" for place, one in enumerate(shown, start=1)]
    elif shown and stands_alone(shown[-1]) and facts:
        lines.append("")
    return lines + [f"{place}. {fact}" for place, fact in enumerate(facts, start=number + 1)]


def to_html(lines: Sequence[str]) -> str:
    """Return the HTML of notes; an image is its description, as the page has no other file."""
    markdown = parser()
    markdown.add_render_rule("image", _description)
    return str(markdown.render("\n".join(lines)))


def _entries(note: str) -> Sequence[str]:
    """Return an entry without the list marker that it may have been written with; none if it is empty."""
    return (note.strip("\n"),) if "\n" in note.strip() else entries(note)


def _contained(text: str, below: int) -> list[str] | None:
    """Return the lines of a text that stays in its section; `None` where that is not certain."""
    try:
        lines = _rewritten(_closed(text), below)
    except _UnclearError:
        return None
    return lines if _stays(lines, below) else None


def _rewritten(text: str, below: int) -> list[str]:
    env: dict[str, Any] = {}
    markdown = _searching()
    tokens = markdown.parse(text, env)
    lines: list[str | None] = [*text.split("\n")]
    levels = [int(token.tag[1:]) for token in tokens if token.type == "heading_open"]
    demotion = max(0, below + 1 - min(levels, default=_DEEPEST))
    row, cells = (0, 0), (-1, 0)
    for token in tokens:
        row = (token.map[0], token.map[1]) if token.map else row
        if token.type == "inline":
            cells = _edit(lines, token.content, row, _edits(markdown, token.content, env), cells)
        if token.type == "heading_open" and demotion:
            level = min(_DEEPEST, int(token.tag[1:]) + demotion)
            _demote(lines, token, level)
    return [line for line in lines if line is not None]


def _searching() -> MarkdownIt:
    """Return a parser that notes what has to be replaced in `env["edits"]`, if the text is `env["text"]`."""
    markdown = parser()
    markdown.inline.ruler.at("image", _image)
    markdown.inline.ruler.at("autolink", _autolink)
    return markdown


def _image(state: StateInline, silent: bool) -> bool:
    begin = state.pos
    found = image(state, silent)
    if not silent and state.src.startswith("![", begin):
        if not found:
            _note(state, _Edit(begin, begin + 1, "\\!"))
        elif _ELSEWHERE.search(address := str(state.tokens[-1].attrs.get("src", ""))):
            label = inline(state.tokens[-1].content)
            what = f"{label}, {inline(address)}" if label else inline(address)
            _note(state, _Edit(begin, state.pos, f"⟨remote image not shown: {what}⟩"))
        elif state.src[state.pos - 1] == "]":  # its address stands elsewhere, and on a page others' may
            _note(state, _Edit(begin, state.pos, f"![{state.tokens[-1].content}](<{address}>)"))
    return found


def _autolink(state: StateInline, silent: bool) -> bool:
    begin = state.pos
    found = autolink(state, silent)
    if not silent and not found and state.src[begin] == "<":
        _note(state, _Edit(begin, begin + 1, "\\<"))
    return found


def _note(state: StateInline, edit: _Edit) -> None:
    if state.src == state.env.get("text"):
        state.env["edits"].append(edit)


def _edits(markdown: MarkdownIt, content: str, env: EnvType) -> list[_Edit]:
    edits: list[_Edit] = []
    if "<" in content or "![" in content:
        markdown.inline.parse(content, markdown, {**env, "text": content, "edits": edits}, [])
    return edits


def _edit(
    lines: list[str | None],
    content: str,
    row: tuple[int, int],
    edits: Sequence[_Edit],
    cells: tuple[int, int],
) -> tuple[int, int]:
    """Edit a block's text where it stands in the lines.

    Args:
        lines: of the whole text; those of a block that is edited become one, and `None` for the others.
        content: the block's text, without the marks of what it stands in.
        row: the block's first line, and the one behind its last.
        edits: in the order of the text.
        cells: line of the block before, and the column where it ended: cells of a table share a line.

    Returns:
        The same for this block.
    """
    after = cells[1] if cells[0] == row[0] else 0
    if "|" in content and "\n" not in content and (lines[row[0]] or "").find(content, after) < 0:
        # A cell of a table: its bars are escaped in the line, which the parser takes back.
        edits = [
            _Edit(begin + content.count("|", 0, begin), end + content.count("|", 0, end), text)
            for begin, end, text in edits
        ]
        content = content.replace("|", "\\|")
    parts = content.split("\n")
    there = [line or "" for line in lines[row[0] : row[0] + len(parts)]]
    columns = [
        line.find(part, 0 if index else after)
        for index, (line, part) in enumerate(zip(there, parts, strict=False))
    ]
    if not edits:
        return (row[0], columns[-1] + len(parts[-1])) if columns and columns[-1] >= 0 else cells
    if len(columns) < len(parts) or min(columns) < 0:
        raise _UnclearError
    begins = [0, *accumulate(len(part) + 1 for part in parts)]
    lines_begin = [0, *accumulate(len(line) + 1 for line in there)]

    def place(offset: int) -> int:
        index = bisect_right(begins, offset) - 1
        return lines_begin[index] + columns[index] + offset - begins[index]

    whole, pieces, at = "\n".join(there), [], 0
    for edit in edits:
        pieces += [whole[at : place(edit.begin)], edit.text]
        at = place(edit.end)
    end = sum(map(len, pieces)) + place(len(content)) - at
    lines[row[0] : row[0] + len(parts)] = ["".join([*pieces, whole[at:]]), *[None] * (len(parts) - 1)]
    return (row[0], end)


def _demote(lines: list[str | None], heading: Token, level: int) -> None:
    begin, end = heading.map or (0, 0)
    line, marks = lines[begin] or "", "#" * level
    if heading.markup.startswith("#"):
        lines[begin] = line.replace(heading.markup, marks, 1)
        return
    # A heading that is underlined, which has two levels only.
    if end - begin != 2:
        raise _UnclearError
    column = found.end() if (found := _BEFORE_TEXT.match(line)) else 0
    text = line[column:]
    lines[begin] = f"{line[:column]}{marks} {text}{' #' if text.rstrip().endswith('#') else ''}"
    lines[begin + 1] = None


def _closed(text: str) -> str:
    """Return the text with the line that ends its last block of code, where its writer left that out."""
    last = parser().parse(text)[-1:]
    if not last or last[0].type != "fence" or last[0].level or last[0].map is None:
        return text
    begin, end = last[0].map
    mark, line = last[0].markup, text.split("\n")[end - 1].strip()
    ended = end - 1 > begin and line.startswith(mark) and not line.strip(mark[0])
    return text if ended else f"{text}\n{mark}"


def _stays(lines: Sequence[str], below: int) -> bool:
    """Return whether what follows the lines is outside them, and they hold nothing that is refused."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = markdown.parse("\n".join([*lines, "", f"# {_END}"]))
    ending = [(token.type, token.level, token.content) for token in tokens[-3:]]
    return ending == _ENDING and all(_allowed(token, below) for token in tokens[:-3])


def _allowed(token: Token, below: int) -> bool:
    if token.type == "heading_open" and int(token.tag[1:]) <= below:
        return False
    return (
        token.level < _NESTED
        and not token.type.startswith("html")
        and not (token.type == "image" and _ELSEWHERE.search(str(token.attrs.get("src", ""))))
        and all(_allowed(child, below) for child in token.children or ())
    )


def _description(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    described = renderer.renderInlineAsText(tokens[index].children, options, env)
    return escape(f"⟨image: {described}⟩")
