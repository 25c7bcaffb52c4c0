"""Models without a run here in the comparison: what others tell of them, marked as not measured."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from fada_tui.core.records import ModelNote, Run
from fada_tui.report import units
from fada_tui.report.markdown import inline, name
from fada_tui.report.metric import Value

Told: TypeAlias = str | int | float | None

TOLD_COLUMNS = ("told", "told_size", "told_memory", "told_speed", "told_context", "told_quality")
"""Columns of CSV and JSON beside the metrics: the source, and what it tells, as it was written."""

NO_SOURCE = "source not given"

_NOTE = "Rows marked (told) are of models without a run here: told by others, not measured. Sources: "
_SOURCES = 12
_SHARE = re.compile(r"0?\.[0-9]+|0|1(\.0+)?")
_COUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMBT]?)", re.IGNORECASE)
_TIMES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def without_runs(notes: Iterable[ModelNote], answered: Iterable[Run]) -> tuple[ModelNote, ...]:
    """Return the notes on models that none of these runs is of, by name or source, in the order of names."""
    here = {known.casefold() for run in answered for known in (run.model.name, run.model.source) if known}
    left = (note for note in notes if note.name.casefold() not in here)
    return tuple(sorted(left, key=lambda note: (note.name.casefold(), note.name)))


def told_cells(note: ModelNote) -> dict[str, str | None]:
    """Return the cells of the table, in Markdown, by the metrics' keys."""
    cells = {
        "parameters": units.parameters(note.size) if isinstance(note.size, int) else _text(note.size),
        "memory": _memory(note.memory),
        "time_per_answer": _speed(note.speed),
        "context": _share(note.context),
        "quality": _share(note.quality),
    }
    known = {key: None if text is None else inline(text) for key, text in cells.items()}
    return {"model": f"{name(note.name)} (told)", **known}


def told_data(note: ModelNote) -> dict[str, Value]:
    """Return a row of CSV and JSON; of the metrics it has model and parameters alone."""
    return {
        "model": note.name,
        "parameters": parameters(note.size),
        "told": note.source or NO_SOURCE,
        "told_size": _text(note.size),
        "told_memory": _text(note.memory),
        "told_speed": _text(note.speed),
        "told_context": _text(note.context),
        "told_quality": _text(note.quality),
    }


def told_note(notes: Sequence[ModelNote]) -> str | None:
    """Return the line that says who tells what of the rows; `None` without any."""
    if not notes:
        return None
    told = [f"{name(note.name)}: {inline(note.source or NO_SOURCE)}" for note in notes[:_SOURCES]]
    more = f"; and {len(notes) - _SOURCES:,} more, in notes.toml" if len(notes) > _SOURCES else ""
    return f"{_NOTE}{'; '.join(told)}{more}."


def parameters(size: Told) -> int | None:
    """Return the number of parameters that a size such as `0.51B`, `510M` or a number says."""
    found = _COUNT.fullmatch((_text(size) or "").strip())
    return round(float(found[1]) * _TIMES[found[2].upper()]) if found else None


def _memory(value: Told) -> str | None:
    if isinstance(value, int) and value >= 0:
        return units.memory(value)
    return _text(value)


def _speed(value: Told) -> str | None:
    seconds = _number(value)
    return _text(value) if seconds is None else f"{units.seconds(seconds)} s"


def _share(value: Told) -> str | None:
    text = _text(value)
    return units.percent(float(text)) if text is not None and _SHARE.fullmatch(text.strip()) else text


def _number(value: Told) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _text(value: Told) -> str | None:
    return None if value is None else str(value)
