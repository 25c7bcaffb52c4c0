"""CSV and JSON output that is safe to open in a spreadsheet or a terminal."""

import codecs
import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fada_tui.report.markdown import visible

_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_UNESCAPED = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Control, separator and bidirectional characters that JSON may hold as they are."""


class _Lines(list[str]):
    """A file-like object that collects the lines of a CSV writer."""

    def write(self, line: str) -> None:
        """Append a line."""
        self.append(line)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    r"""Return a CSV table as in RFC 4180, but with lines ended by `\n`; values are looked up by column.

    Unknown values are empty. A text that a spreadsheet would take for a formula gets a leading `'`; control
    characters are made visible.
    """
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return "".join(lines)


def csv_file(text: str) -> bytes:
    """Return a CSV table as a file's bytes: UTF-8 with the byte order mark that Excel needs."""
    return codecs.BOM_UTF8 + text.encode()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Before control characters are made visible, for a return is one of the signs.
    guard = "'" if _FORMULA.match(value) else ""
    return guard + visible(value)


def json_text(value: Any) -> str:
    """Return a value as indented JSON with a final newline."""
    return escaped(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()) + "\n"


def escaped(text: str) -> str:
    """Return JSON in which characters that would control a terminal are escaped."""
    return _UNESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
