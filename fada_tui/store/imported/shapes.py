"""The shapes in which other programs write results, all read as rows: pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from fada_tui.core.errors import UsageError
from fada_tui.core.json_data import MalformedError, decode_json, has_halves, parse_json
from fada_tui.core.text import printable, without_mark
from fada_tui.images.formats import SUFFIXES
from fada_tui.store.imported.columns import Columns, listed, parts_of
from fada_tui.store.imported.keys import (
    MODEL_NAMES,
    describes,
    holds,
    likely_wrappers,
    named_models,
    names_errors,
    summarises,
    wrappers,
)

SHAPES: Final = (
    "shapes that are taken: rows with an image, a question and a response, as a JSON list of objects, JSON "
    "Lines, CSV or XLSX; an object of such lists by model; such a list within 'results', 'predictions' or "
    "the like; answers by model, image and question"
)

_NOT_A_NUMBER = re.compile(rb"[:\[,]\s*(?:NaN|-?Infinity)\b")

_ASKS = re.compile(r"[?？]\s*$")
"""What ends a question, and neither a model's name nor a category's."""

_anything = msgspec.json.Decoder(Any)


class Row(NamedTuple):
    """One row, wherever it was found."""

    place: str
    """Where it is, for messages."""
    values: Mapping[str, Any]


def read_json_rows(
    data: bytes, columns: Columns, *, one_model: bool, one_question: bool
) -> tuple[list[Row], list[str]]:
    """Return the rows of JSON or JSON Lines in any of the shapes, and what is to be told of them.

    What stands around rows (a model's name, an image, a question) is in each of them, under its key or under
    the field's own name.

    Args:
        data: UTF-8.
        columns: what columns hold.
        one_model: whether a person says which model it was, so that no key does.
        one_question: whether a person says which one question was asked; likewise.

    Raises:
        UsageError: it is neither, or there is no row in it.
    """
    text = without_mark(data)
    walk = _Walk(columns, one_model=one_model, one_question=one_question)
    try:
        document = _decoded(text)
    except MalformedError as error:
        lines = _lines(text, error)
        if lines is None:
            raise UsageError(f"not JSON: {error}; {SHAPES}") from None
        rows = [row for number, line in lines for row in walk.rows(line, f"line {number}")]
    else:
        rows = list(walk.document(document))
    if not rows:
        raise UsageError(f"there are no results in it, nothing to import; {SHAPES}")
    return rows, list(walk.remarks())


def _decoded(text: bytes) -> Any:
    """Return a JSON value, also with what Python writes: NaN, and bytes of names that are no UTF-8.

    Raises:
        MalformedError: it is none.
    """
    try:
        return decode_json(text, _anything)
    except MalformedError:
        if _NOT_A_NUMBER.search(text) or has_halves(text):
            return parse_json(text, halves=True)
        raise


def _lines(text: bytes, whole: MalformedError) -> Iterator[tuple[int, Any]] | None:
    """Return the objects of JSON Lines with their numbers; `None` if it is another kind of text."""
    numbered = [(number, line) for number, line in enumerate(text.split(b"\n"), start=1) if line.strip()]
    if len(numbered) < 2 or not all(line.lstrip().startswith(b"{") for _, line in numbered[:2]):
        return None
    if not numbered[0][1].rstrip().endswith(b"}"):
        return None
    return ((number, _line(line, number)) for number, line in numbered)


def _line(line: bytes, number: int) -> Any:
    try:
        return _decoded(line)
    except MalformedError as error:
        raise UsageError(f"line {number}: not JSON: {error}; complete that line, or remove it") from None


class _Key(NamedTuple):
    """A key above rows that is no column's name."""

    name: str
    alone: bool
    """Whether nothing else that could hold rows stands beside it."""


class _Walk:
    """Finds the rows in a document, whatever is around them."""

    def __init__(self, columns: Columns, *, one_model: bool, one_question: bool) -> None:
        self._columns = columns
        self._one_model = one_model
        self._one_question = one_question
        self._left: dict[str, None] = {}
        self._categories: dict[str, None] = {}
        self._failed: dict[str, None] = {}
        """Keys of errors that are about no image, as of a model that could not be loaded."""

    def remarks(self) -> Iterator[str]:
        """Tell what was not read, and which keys were taken for what they may not be."""
        if self._left:
            yield f"not read: {listed(list(self._left))}"
        if self._failed:
            yield f"errors that are about no image, not read: {listed(list(self._failed))}"
        if self._categories:
            yield f"taken for categories: the keys {listed(list(self._categories))}"

    def document(self, value: Any) -> Iterator[Row]:
        if not isinstance(value, (list, dict)):
            raise UsageError(f"expected a list of results, found {kind(value)}; {SHAPES}")
        return self._values(value, (), {}, "")

    def rows(self, value: Any, place: str) -> Iterator[Row]:
        if not isinstance(value, dict):
            raise UsageError(f"{place}: expected an object, found {kind(value)}")
        return self._entry(value, (), {}, place, listed=True)

    def _values(
        self, value: Any, above: tuple[_Key, ...], around: Mapping[str, Any], place: str
    ) -> Iterator[Row]:
        if isinstance(value, list):
            for number, entry in enumerate(value, start=1):
                where = f"{place} entry {number}".lstrip()
                if not isinstance(entry, dict):
                    raise UsageError(f"{where}: expected an object, found {kind(entry)}")
                yield from self._entry(entry, above, around, where, listed=True)
        else:
            yield from self._entry(value, above, around, place)

    def _entry(
        self,
        value: Mapping[str, Any],
        above: tuple[_Key, ...],
        around: Mapping[str, Any],
        place: str,
        *,
        listed: bool = False,
    ) -> Iterator[Row]:
        if self._is_row(value, listed=listed):
            row = self._placed(value, above, around, place)
            if failed := self._failed_model(value, row, above, listed=listed):
                self._failed[failed] = None
            else:
                yield Row(place or "entry 1", row)
        elif failed := self._failed_model(value, self._over(around, value), above, listed=listed):
            self._failed[failed] = None
        else:
            yield from self._within(value, above, around, place)

    def _is_row(self, value: Mapping[str, Any], *, listed: bool) -> bool:
        """Return whether an object is a row: it has an answer or an error, or no more than plain values."""
        plain = [key for key, one in value.items() if not isinstance(one, (list, dict))]
        answered = [key for key, one in value.items() if not (one and isinstance(one, dict))]
        if self._columns.has(plain, "image") and self._columns.has(answered, "error", "response"):
            return True
        if self._columns.has(plain, "response") and not wrappers(value):
            return True
        return len(plain) == len(value) and (listed or self._columns.has(plain, "image", "error"))

    def _failed_model(
        self, value: Mapping[str, Any], row: Mapping[str, Any], above: tuple[_Key, ...], *, listed: bool
    ) -> str | None:
        """Return whose error it is, if it is about no image; `None` if it is a row like others."""
        held = any(one for one in value.values() if isinstance(one, (list, dict)))
        if held or self._columns.has(row, "image") or not self._only_error(value):
            return None
        if not listed:
            return above[-1].name if above else None
        if self._columns.has(row, "question", "question_id"):
            return None
        return next(
            (str(one) for key, one in row.items() if one and self._columns.has((key,), "model")), None
        )

    def _only_error(self, value: Mapping[str, Any]) -> bool:
        return self._columns.has(value, "error") and not self._columns.has(value, "response")

    def _within(
        self, value: Mapping[str, Any], above: tuple[_Key, ...], around: Mapping[str, Any], place: str
    ) -> Iterator[Row]:
        inner = {key: one for key, one in value.items() if isinstance(one, (list, dict))}
        said = self._said(value)
        results = wrappers(inner)
        if results:
            results |= {key: one for key, one in inner.items() if names_errors(key) and self._rows(one)}
        else:
            results = likely_wrappers(inner) or self._answers(inner)
        used = results or {key: one for key, one in inner.items() if not self._is_about(key, one)}
        self._left |= dict.fromkeys(
            key for key in inner if key not in used and not describes(key) and not self._names_model(key)
        )
        if results:
            for key, one in results.items():
                within = named_models(key, one)
                yield from self._values(within, above, self._over(around, said), f"{place} {key}".lstrip())
        elif inner:
            for key, one in used.items():
                keys = (*above, _Key(key, len(used) == 1))
                yield from self._values(one, keys, self._over(around, said), _under(place, key))
        elif value and all(key.lower().endswith(SUFFIXES) for key in value):
            for key, one in value.items():
                row = {"image": key, "response": one}
                where = _under(place, key)
                yield Row(where, self._placed(row, above, around, where))
        elif value and (above or self._columns.has(around, "image")):
            self._check_image(above, around, place)
            for key, one in value.items():
                where = _under(place, key)
                yield Row(where, self._placed({"question": key, "response": one}, above, around, where))

    def _check_image(self, above: tuple[_Key, ...], around: Mapping[str, Any], place: str) -> None:
        """Raise `UsageError` for texts by keys of which none is an image's file name."""
        if not self._columns.has(around, "image") and not above[-1].name.lower().endswith(SUFFIXES):
            raise UsageError(
                f"{place}: it is not clear what the keys {listed([key.name for key in above])} are, "
                f"none is the file name of an image; {SHAPES}"
            )

    def _said(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an object says of the rows within it, in plain values and in those that describe it."""
        said: dict[str, Any] = {}
        for key, one in value.items():
            if isinstance(one, dict) and self._names_model(key):
                names = [one[name] for name in MODEL_NAMES if isinstance(one.get(name), str)]
                if names:
                    said[key] = names[0]
            elif isinstance(one, dict) and describes(key):
                said |= {
                    name: text
                    for name, text in one.items()
                    if isinstance(text, str) and self._columns.has((name,), "model", "question")
                }
            elif not isinstance(one, (list, dict)) and self._says(key, one):
                said[key] = one
        return said

    def _says(self, key: str, value: Any) -> bool:
        """Return whether a plain value says something of rows; a path is where images lay, no category."""
        if self._columns.has((key,), "category"):
            return len(parts_of(str(value))) == 1
        return self._columns.has((key,), "image", "question", "question_id", "model")

    def _names_model(self, key: str) -> bool:
        return self._columns.has((key,), "model")

    def _is_about(self, key: str, value: Any) -> bool:
        """Return whether a key's value describes results and holds none."""
        if describes(key) or (isinstance(value, dict) and self._names_model(key)):
            return not wrappers(value)
        return summarises(key) or not holds(value)

    def _answers(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object's answers that are objects themselves: by question, or with more than text."""
        return {
            key: one
            for key, one in value.items()
            if isinstance(one, dict) and self._columns.has((key,), "response")
        }

    def _rows(self, value: Any) -> bool:
        return isinstance(value, list) and all(
            isinstance(one, dict) and self._columns.has(one, "image") for one in value
        )

    def _unclear(self, keys: Sequence[_Key], place: str) -> UsageError:
        names = listed([key.name for key in keys])
        return UsageError(f"{place}: it is not clear what the keys {names} are; {SHAPES}")

    def _over(self, around: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values with those around them whose fields they don't have."""
        own = {found.field for name in values if (found := self._columns.column(name))}
        kept = {
            name: one
            for name, one in around.items()
            if not ((found := self._columns.column(name)) and found.field in own)
        }
        return {**kept, **values}

    def _placed(
        self, values: Mapping[str, Any], above: tuple[_Key, ...], around: Mapping[str, Any], place: str
    ) -> Mapping[str, Any]:
        """Return a row's values with what the keys above it mean: model, category, image, question."""
        if not above and not around:
            return values
        row = self._over(around, values)
        keys, has = [key for key in above if not self._repeated(key.name, row)], self._columns.has
        if not has(row, "image"):
            names = [place for place, key in enumerate(keys) if key.name.lower().endswith(SUFFIXES)]
            below = keys[names[-1] + 1 :] if names else []
            keys = keys[: len(keys) - len(below)]
            if len(below) > 1:
                raise self._unclear(below, place)
            if below:
                row["question_id" if has(row, "question") else "question"] = below[0].name
            if names:
                row["image"] = keys.pop().name
        if keys and not self._one_question and not has(row, "question", "question_id"):
            row["question"] = keys.pop().name
        if keys and not has(row, "image"):
            row["image"] = keys.pop().name
        named = has(row, "model") or self._one_model
        in_folder = has(row, "category") or len(parts_of(str(row.get("image", "")))) > 1
        if named:
            if len(keys) == 1 and not in_folder:
                row["category"] = keys.pop().name
                self._categories[row["category"]] = None
            # One that is alone tells nothing apart.
            keys = [key for key in keys if not key.alone]
        if len(keys) == 1 and not has(row, "model"):
            row["model"] = keys.pop().name
        elif len(keys) == 2 and not has(row, "category") and not named:
            row["model"], row["category"] = (key.name for key in keys)
            keys = []
        if keys:
            raise self._unclear(keys, place)
        if any(
            key.name in (row.get("model"), row.get("category")) and _ASKS.search(key.name) for key in above
        ):
            raise self._unclear(above, place)
        return row

    def _repeated(self, name: str, row: dict[str, Any]) -> bool:
        """Return whether a row says itself what a key above it says; of two paths the longer one is kept."""
        for column, value in row.items():
            found = self._columns.column(column)
            if not found or found.field in ("response", "error", "time") or not isinstance(value, str):
                continue
            if found.field != "image":
                if value == name:
                    return True
            elif parts_of(value)[-1:] == parts_of(name)[-1:]:
                row[column] = max(value, name, key=lambda path: len(parts_of(path)))
                return True
            elif parts_of(value)[-2:-1] == (name,):
                return True
        return False


def _under(place: str, key: str) -> str:
    return f"{place} '{printable(key)[:60]}'".lstrip()


def kind(value: Any) -> str:
    """Return what a value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"[:40]
        case str():
            return "a text" if value.strip() else "an empty text"
        case list():
            return "a list"
        case _:
            return "an object"


def looks_like_json(data: bytes) -> bool:
    """Return whether a file's text begins as JSON does."""
    return re.match(rb"\s*[\[{]", without_mark(data)) is not None
