"""The formats that a run's results are exported in, as command line, keys and dashboard name them.

Plain data: `--help` reads it. What writes each of them stands in `exports`.
"""

from typing import Final, NamedTuple


class ExportFormat(NamedTuple):
    """A format of `exports.export_run`."""

    name: str
    """On the command line, and the suffix of its files."""
    key: str
    """In the dashboard."""
    label: str
    """In sentences and in the footer."""
    written: str
    """What is written."""
    purpose: str
    """What it is for."""


EXPORT_FORMATS: Final = (
    ExportFormat(
        name="csv",
        key="c",
        label="CSV",
        written="a CSV table",
        purpose="a table for spreadsheets, a row per answer",
    ),
    ExportFormat(
        name="jsonl",
        key="l",
        label="JSON lines",
        written="JSON lines",
        purpose="a line per answer, with all that is known",
    ),
    ExportFormat(
        name="html",
        key="h",
        label="HTML",
        written="an HTML page",
        purpose="a page by itself, to send to others",
    ),
)

_LABELS = [one.label for one in EXPORT_FORMATS]
LISTED: Final = f"{', '.join(_LABELS[:-1])} or {_LABELS[-1]}"
"""All of them in a sentence."""
