"""Escaping of untrusted text for a Markdown page, so that it cannot change the page's structure.

Foreign is whatever a person or the program did not choose for the page: answers, questions, prompts, file
names, error messages, and the notes on assessments. A person's notes on a run are Markdown (`report.notes`).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

_KEPT = frozenset("\n\t\u200c\u200d")
"""Invisible characters that are kept: those that scripts and emoji need, and two of layout."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SPECIAL = re.compile(r"[\\`*\[\]<>#~|&$@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""Special characters of Markdown and of GitHub's additions: tables, strikethrough, math, bare links.

An underscore within a word is none.
"""
_STARTS_BLOCK = re.compile(r"^(?:\d+(?=[.)](?:\s|$))|(?=[-+=:]))")
"""What would begin a list or a rule, or make a heading or a table of the line before it."""
_SHORT = 120
"""Characters up to which a text that is escaped is likely to come again."""
_BACKTICKS = re.compile(r"`+")


def visible(text: str) -> str:
    r"""Return the text with its control, bidirectional and other invisible characters made visible.

    Control characters become their pictures (ESC becomes ␛), others their number (⟨U+202E⟩); line ends
    become `\n`, which is kept, as tabs are. What is left is safe to print on a terminal.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    if unified.replace("\n", "").replace("\t", "").isprintable():
        return unified  # Nearly all text is such, and a long page has millions of characters.
    return "".join(
        _shown(character)
        if unicodedata.category(character) in _INVISIBLE and character not in _KEPT
        else character
        for character in unified
    )


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def inline(text: str) -> str:
    """Return the text as one line of prose: white space collapsed, all Markdown characters escaped.

    It may stand in a paragraph, a heading, a list item or a table cell, after words of ours; where it
    begins a block, `item` is needed.
    """
    return _short(text) if len(text) <= _SHORT else _escaped(text)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", " ".join(visible(text).split()))


_short = lru_cache(maxsize=4096)(_escaped)
"""Terms, names and questions come again with every answer."""


def item(text: str) -> str:
    """Return the text escaped as by `inline`, and also safe at the start of a paragraph or list item."""
    return leading(inline(text))


def leading(escaped: str) -> str:
    """Return an escaped text so that it begins no list, rule or heading where it comes first."""
    return _STARTS_BLOCK.sub(r"\g<0>\\", escaped)


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """Return a file's, folder's or model's name as one line of prose that shows every character.

    Line ends and tabs become pictures; so do spaces where Markdown would drop them: at the ends, where
    they would also keep bold type from closing, and in rows.
    """
    shown = visible(text).replace("\n", "␊").replace("\t", "␉")
    shown = re.sub(r"\s", lambda match: " " if match[0] == " " else f"⟨U+{ord(match[0]):04X}⟩", shown)
    shown = re.sub(r"^ +| +$|(?<= ) +", lambda match: "␠" * len(match[0]), shown)
    return inline(shown) or "(no name)"


def fenced(text: str, *, language: str = "text", indent: int = 0) -> list[str]:
    """Return the lines of a code block that holds the text, even if it contains fences.

    Args:
        text: The text; tabs become four spaces.
        language: The block's info string.
        indent: Columns by which a list item is indented that the block belongs to.
    """
    content = visible(text).replace("\t", "    ").split("\n")
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{' ' * indent}{line}".rstrip(" ") for line in (f"{fence}{language}", *content, fence)]


def quoted(label: str, text: str, *, indent: int = 0) -> list[str]:
    """Return a list item with the text after its label: one line in quotes, several in a block quotation.

    A viewer wraps both. Lines and paragraphs are kept; so is the indentation of lines, by spaces that do not
    break.
    """
    start = f"{' ' * indent}- **{label}**:"
    stripped = visible(text).strip("\n")
    if not stripped.strip():
        return [f'{start} "" (empty)']
    if "\n" in stripped:
        return [start, *(f"{' ' * indent}  {line}" for line in quotation(stripped))]
    return [f'{start} "{inline(stripped)}"']


def quotation(text: str) -> list[str]:
    """Return a text as a block quotation that has its lines and paragraphs, and nothing live in it."""
    shown = [_line(line) for line in visible(text).strip("\n").split("\n")]
    return [
        (f"> {line}\\" if line and after else f"> {line}".rstrip(" "))
        for line, after in zip(shown, [*shown[1:], ""], strict=True)
    ]


def _line(line: str) -> str:
    """Return a line of a text, which Markdown neither takes for the beginning of a block nor indents."""
    expanded = line.expandtabs(4)
    words = item(expanded)
    return "\u00a0" * (len(expanded) - len(expanded.lstrip())) + words if words else ""


def paragraphs(text: str) -> list[str]:
    """Return a person's text as paragraphs, separated at its empty lines."""
    parts = [item(part) for part in re.split(r"\n[^\S\n]*\n", visible(text))]
    return [line for part in parts if part for line in (part, "")][:-1]


def bullet(label: str, value: str | None) -> list[str]:
    """Return a list item of a label and a Markdown value; empty if the value is unknown."""
    return [] if value is None else [f"- **{label}**: {value}"]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table's lines from cells that already are Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
