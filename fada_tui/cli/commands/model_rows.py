"""The rows of the model list as JSON, as lines, and as a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from fada_tui.cli.commands.common import table_lines
from fada_tui.core.records import ModelMemory
from fada_tui.core.text import printable
from fada_tui.models.endpoint import ADAPTER, is_endpoint
from fada_tui.models.registry import ModelRow
from fada_tui.report import memory, units
from fada_tui.report.figures import Figures
from fada_tui.report.metric_texts import time_in_list

_STYLES = {"tested": "green", "failed": "red", "gated": "yellow", "skipped": "dim"}


class Line(NamedTuple):
    """A model of the list, with the figures of its latest complete run, whose results need not be there."""

    row: ModelRow
    found: Figures | None


def flat(line: Line) -> dict[str, Any]:
    """Return a row for JSON: the entry's keys, its current status, and its latest complete run's figures."""
    row, found = line
    model = row.run.model if row.run else None
    return msgspec.to_builtins(row.entry) | {  # type: ignore[no-any-return]
        "status": row.status,
        "reason": row.reason,
        "runs": row.runs,
        "run": row.run.id if row.run else None,
        "load_time": model.load_time if model else None,
        "memory": msgspec.to_builtins(model.memory if model else ModelMemory()),
        "mean_time": found.mean_time if found else None,
        "time_per_answer": found.time_per_answer if found else None,
        "batch_sizes": found.batch_sizes if found else None,
        "tokens_per_second": found.tokens_per_second if found else None,
    }


def lines(line: Line) -> list[str]:
    """Return a row as lines of label and value; unknown values are left out."""
    row, entry = line.row, line.row.entry
    facts: list[tuple[str, object]] = [
        ("Model", entry.name),
        ("Source", entry.source),
        ("Revision", entry.revision),
        ("LoRA", entry.lora),
        ("Place", entry.order),
        ("Status", row.status),
        ("Why", row.reason),
        ("Size", _size(row)),
        ("Licence", entry.license),
        ("Adapter", entry.adapter),
        ("Key in", entry.api_key_env),
        ("Precision", None if is_endpoint(entry.source) else entry.dtype),
        ("Quantized", entry.quantization),
        ("Asks for", units.resolution(entry.asked_resolution)),
        ("Runs", row.runs or None),
        *_measured(line),
        ("Notes", entry.notes),
    ]
    return aligned((label, str(value)) for label, value in facts if value is not None)


def aligned(facts: Iterable[tuple[str, str]]) -> list[str]:
    """Return labels and texts as lines with aligned texts; a line without a label continues the last one."""
    return [f"{f'{label}:' if label else '':<12}{printable(text)}".rstrip() for label, text in facts]


def plain_table(rows: Sequence[Line]) -> str:
    """Return rows as lines with aligned columns, for a pipe or a file."""
    return "\n".join(table_lines(_COLUMNS, rows))


def print_table(rows: Sequence[Line]) -> None:
    """Print rows as a table fitted to the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        table.add_column(column.capitalize(), overflow="fold", justify="right" if column == "#" else "left")
    for row in rows:
        # Text, never markup: names and reasons are others' words.
        cells = (printable(text(row)) for text in _COLUMNS.values())
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
    Console().print(table)


def _load(row: ModelRow) -> str:
    load = units.seconds(row.run.model.load_time) if row.run else None
    return f"{load} s" if load else "-"


def _memory(row: ModelRow) -> str | None:
    measured = row.run.model.memory if row.run else ModelMemory()
    by_engine = row.run is not None and bool(row.run.engine)
    return memory.briefly(measured, by_engine=by_engine) if measured != ModelMemory() else None


def _speed(found: Figures | None) -> str:
    return (found and time_in_list(found.time_per_answer, found.batch_sizes)) or "-"


def _size(row: ModelRow) -> str | None:
    """Return the model's size: as counted by its latest run, else as the list has it."""
    counted = row.run.model.parameters if row.run else None
    text = units.parameters(counted or row.entry.parameters)
    unknown = ADAPTER if is_endpoint(row.entry.source) else None
    return text.partition(" ")[0] if text else unknown


def _measured(line: Line) -> list[tuple[str, object]]:
    row, found = line
    if row.run is None or found is None:
        return []
    model = row.run.model
    load, speed = units.seconds(model.load_time), units.seconds(found.time_per_answer)
    rate, sizes = found.tokens_per_second, units.batches(found.batch_sizes)
    return [
        ("Latest run", row.run.id),
        ("Load time", f"{load} s" if load else None),
        ("Memory", _memory(row)),
        ("Speed", f"{speed} s an answer{f', {sizes}' if sizes else ''}" if speed else None),
        ("Tokens", f"{rate:.1f} a second" if rate else None),
    ]


_COLUMNS: Final[Mapping[str, Callable[[Line], str]]] = {
    "#": lambda line: str(line.row.entry.order or "-"),
    "MODEL": lambda line: line.row.entry.name,
    "SIZE": lambda line: _size(line.row) or "-",
    "STATUS": lambda line: line.row.status,
    "LOAD": lambda line: _load(line.row),
    "MEMORY": lambda line: _memory(line.row) or "-",
    "SPEED": lambda line: _speed(line.found),
    "WHY": lambda line: line.row.reason or "",
}
