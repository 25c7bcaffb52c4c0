"""The export formats of a run's results, with their names on the command line and in the dashboard.

Plain data: `--help` reads it. What writes each of them stands in `exports`.
"""

from typing import Final, NamedTuple


class ExportFormat(NamedTuple):
    """A format of `exports.export_run`."""

    name: str
    """Name on the command line, and suffix of the files."""
    key: str
    """Key in the dashboard."""
    label: str
    """Label in sentences and in the footer."""
    written: str
    """Description of the file's contents."""
    purpose: str
    """What the format is used for."""


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
"""All formats in a sentence."""
