"""Escaping of untrusted text for the terminal, and shares as percentages."""

import codecs
import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1 controls: escape sequences begin here
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls reorder what is read
    "\u2028\u2029\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return the text on one line, control, bidi and lone surrogate characters as `\xNN` or `\uNNNN`."""
    return _UNSAFE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(match[0])
    return named.get(match[0]) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def percentage(share: float) -> str:
    """Return a share of 1 as a whole percentage; 0% and 100% only where they are exact."""
    if 0 < share <= 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def without_mark(data: bytes) -> bytes:
    """Return the text without the byte order mark that some editors put before UTF-8 text."""
    return data.removeprefix(codecs.BOM_UTF8)
