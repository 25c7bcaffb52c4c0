"""Rows of others' results as answers: each value in its place, errors told from answers. Pure."""

import re
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple

from fada_tui.core.errors import LONGEST_REASON, UsageError
from fada_tui.core.secrets import hide
from fada_tui.store.imported.columns import Columns, Field, listed, parts_of
from fada_tui.store.imported.shapes import SHAPES, Row, kind

_LONGEST = 1e9
"""Seconds above which a value is not a plausible generation time, and may not fit a float."""

_NO_ERROR = frozenset(("", "none", "null", "nan", "false", "no", "0", "ok"))
"""What stands in a column of errors, beside nothing, where there was none."""

_HALF = re.compile("[\ud800-\udfff]")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")

_SECONDS = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[0-9]+,[0-9]+)\s*(?:s|sec|seconds)?",
    re.IGNORECASE,
)
"""A time as text; spreadsheets of many languages write its decimals behind a comma."""

_GROUPED = re.compile(r"[0-9]+,[0-9]{3}")
"""What in a smaller unit than seconds may be thousands: 1,500 ms."""


class Answer(NamedTuple):
    """What a row says."""

    place: str
    """Where the row is, for messages."""
    model: str | None
    folders: tuple[str, ...]
    """Those of the image's path, as far as the row names them."""
    image: str
    category: str | None
    patient: str | None
    question_id: str | None
    question: str | None
    response: str | None
    error: str | None
    """Why there is no answer."""
    time: float | None
    """Seconds."""


def read_answers(rows: Sequence[Row], columns: Columns, prefixes: Sequence[str]) -> tuple[list[Answer], str]:
    """Return the answers in rows, and in words which columns they were taken from.

    Args:
        rows: at least one.
        columns: what columns hold.
        prefixes: texts that begin what is an error and no answer, case as written.

    Raises:
        UsageError: there is no column of images or of answers, one is ambiguous, or a row's value is of
            another type; the message names the row.
    """
    chosen = columns.choose([row.values for row in rows])
    missing = [field for field in ("image", "response") if field not in chosen]
    if missing == ["response"] and "error" in chosen:
        missing = []
    if missing:
        names = list(dict.fromkeys(name for row in rows for name in row.values))
        words = " and ".join({"image": "an image", "response": "an answer"}[field] for field in missing)
        raise UsageError(
            f"no column is known to hold {words} (there are {listed(names)}): say which one does, with "
            f"{' '.join(f'--map {field}=COLUMN' for field in missing)}; {SHAPES}"
        )
    factor = columns.factor(chosen["time"]) if "time" in chosen else 1.0
    taken = ", ".join(f"{field} = {listed([name])}" for field, name in chosen.items() if field != name)
    seen = dict.fromkeys(name for row in rows for name in row.values)
    if passed := [name for name in seen if columns.column(name) and name not in chosen.values()]:
        taken = "; ".join(filter(None, (taken, f"not read: {listed(passed)}")))
    return [_answer(row, chosen, factor, tuple(prefixes)) for row in rows], taken


def _answer(row: Row, chosen: Mapping[Field, str], factor: float, prefixes: tuple[str, ...]) -> Answer:
    read = _Reader(row, chosen)
    image = read.text("image")
    parts = parts_of(image or "")
    if not parts:
        raise read.wrong("image", "expected the name of a file" if image else "expected text")
    response, error = read.response(), read.error()
    if error is None:
        if response is None or not response.strip():
            error = f"there is no answer: {'null' if response is None else 'an empty text'} in the file"
        elif response.lstrip().startswith(prefixes):
            error = response
    return Answer(
        place=row.place,
        model=read.text("model"),
        folders=parts[:-1],
        image=parts[-1],
        category=read.code("category"),
        patient=read.code("patient"),
        question_id=read.code("question_id"),
        question=read.text("question"),
        response=None if error else response,
        error=_one_line(error) if error else None,
        time=read.seconds(factor),
    )


def _one_line(error: str) -> str:
    """Return an error's text without keys, on one line, shortened."""
    said = " ".join(hide(_written(error[: 8 * LONGEST_REASON])).split())
    return said if len(said) <= LONGEST_REASON else f"{said[: LONGEST_REASON - 1]}…"


def _written(text: str, *, name: bool = False) -> str:
    """Return a text that can be written: of halves of surrogate pairs only the bytes of a name stay."""
    if text.isascii():
        return text
    return (_NO_BYTE if name else _HALF).sub("\N{REPLACEMENT CHARACTER}", text)


class _Reader:
    """Reads the values of one row, by their fields."""

    def __init__(self, row: Row, chosen: Mapping[Field, str]) -> None:
        self._row = row
        self._chosen = chosen

    def _value(self, field: Field) -> Any:
        name = self._chosen.get(field)
        value = None if name is None else self._row.values.get(name)
        return None if isinstance(value, float) and isnan(value) else value

    def wrong(self, field: Field, expected: str) -> UsageError:
        name = self._chosen.get(field, field)
        found = kind(self._value(field)) if name in self._row.values else "nothing"
        return UsageError(f"{self._row.place}: {listed([name])}: {expected}, found {found}")

    def code(self, field: Field) -> str | None:
        """Return a text, or a whole number as one; `None` where there is none."""
        value = self._value(field)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(field)

    def text(self, field: Field) -> str | None:
        """Return a text; `None` where there is none."""
        value = self._value(field)
        if value is not None and not isinstance(value, str):
            raise self.wrong(field, "expected text")
        return _written(value.strip(), name=field in ("image", "category")) or None if value else None

    def response(self) -> str | None:
        value = self._value("response")
        if isinstance(value, (bool, int, float)):
            return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        if value is not None and not isinstance(value, str):
            raise self.wrong("response", "expected text or null")
        return value and _written(value)

    def error(self) -> str | None:
        value = self._value("error")
        if value and isinstance(value, dict):
            value = value.get("message") or value.get("kind") or "an error without a message"
        if value is True:
            return "an error without a message"
        if isinstance(value, str):
            return None if value.strip().casefold() in _NO_ERROR else value
        return str(value) if value else None

    def seconds(self, factor: float) -> float | None:
        value = self._value("time")
        if isinstance(value, str):
            found = _SECONDS.fullmatch(value.strip())
            number = found["number"] if found else ""
            if factor != 1 and _GROUPED.fullmatch(number):
                raise self.wrong("time", "expected a number with a decimal point, and no other marks")
            value = float(number.replace(",", ".")) if found else value.strip() or None
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST:
            raise self.wrong("time", "expected seconds or null")
        return float(value) if factor == 1 else round(float(value) * factor, 6)
