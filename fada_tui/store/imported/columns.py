"""Which column of others' results holds what, by the names that people give them: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from fada_tui.core.errors import UsageError
from fada_tui.core.text import printable
from fada_tui.core.toml import suggestion

Field: TypeAlias = Literal[
    "image", "category", "patient", "question", "question_id", "response", "time", "error", "model"
]

FIELDS: tuple[Field, ...] = get_args(Field)

_NAMES: Final[Mapping[Field, Sequence[Sequence[str]]]] = {
    "image": (
        ("image_path", "img_path", "image_file_path"),
        ("image", "img", "image_name", "img_name", "image_file", "image_filename", "image_file_name"),
        ("path", "file_path", "filepath"),
        ("file", "filename", "file_name"),
        ("image_id", "img_id"),
    ),
    "category": (
        ("category", "category_name"),
        ("class", "class_name"),
        ("folder", "folder_name"),
        ("label",),
    ),
    "patient": (("patient",), ("patient_id", "patient_code")),
    "question": (("question_text",), ("question",), ("prompt", "query")),
    "question_id": (("question_id", "qid", "question_key"),),
    "response": (
        ("response", "prediction", "model_response", "model_answer", "model_output", "predicted_answer"),
        ("generated_text", "generated_answer", "answer_text", "response_text"),
        ("output", "output_text"),
        ("answer",),
        ("text", "generated"),
    ),
    "time": (
        ("generation_time", "inference_time"),
        ("response_time", "time", "latency"),
        ("seconds", "elapsed", "elapsed_time", "duration"),
    ),
    "error": (("error", "error_message"), ("exception",)),
    "model": (("model", "model_name", "model_id"),),
}
"""Names of each field's column, in groups: of two that are there, that of an earlier group is meant."""

UNITS: Final[Mapping[str, float]] = {"_ms": 1e-3, "_seconds": 1.0, "_sec": 1.0, "_s": 1.0}
"""Seconds in the unit that ends the name of a column of times."""

_PLACES: Final[Mapping[str, tuple[Field, int]]] = {
    name: (field, place)
    for field, groups in _NAMES.items()
    for place, names in enumerate(groups)
    for name in names
}


class Column(NamedTuple):
    """A column that may hold a field."""

    field: Field
    group: int
    """Place of its name among those of the field: the lower, the likelier."""
    factor: float = 1.0
    """Seconds in a unit of a column of times."""


@cache
def known_column(name: str) -> Column | None:
    """Return what a column holds by its name; `None` if that says nothing."""
    plain = _plain(name)
    if found := _PLACES.get(plain):
        return Column(*found)
    for unit, factor in UNITS.items():
        found = _PLACES.get(plain.removesuffix(unit)) if plain.endswith(unit) else None
        if found and found[0] == "time":
            return Column(*found, factor)
    return None


def _plain(name: str) -> str:
    """Return a name in one spelling: `Image Name`, `imageName` and `image-name` are `image_name`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^\w]+|_+", "_", apart.casefold()).strip("_")


class Columns:
    """The columns of one file: those that a person maps, then those that their names tell."""

    def __init__(self, mapped: Mapping[Field, str]) -> None:
        self._by_name = {name: field for field, name in mapped.items()}
        self._mapped = mapped

    def column(self, name: str) -> Column | None:
        """Return what a column holds; of a field that a person maps no other column does."""
        if field := self._by_name.get(name):
            known = known_column(name)
            return Column(field, 0, known.factor if known and field == "time" == known.field else 1.0)
        found = known_column(name)
        return None if found and found.field in self._mapped else found

    def has(self, values: Iterable[str], *fields: Field) -> bool:
        """Return whether one of these columns holds one of the fields."""
        return any((found := self.column(name)) and found.field in fields for name in values)

    def choose(self, rows: Sequence[Mapping[str, Any]]) -> dict[Field, str]:
        """Return the column of each field that a file has.

        Raises:
            UsageError: a mapped column is not there, or two columns could be the same thing.
        """
        names = list(dict.fromkeys(name for row in rows for name in row))
        for field, name in self._mapped.items():
            if name not in names:
                raise UsageError(
                    f"--map {field}={name}: there is no such column{suggestion(name, names)} "
                    f"(there are {listed(names)})"
                )
        candidates: dict[Field, list[tuple[int, str]]] = {}
        for name in names:
            if found := self.column(name):
                candidates.setdefault(found.field, []).append((found.group, name))
        return {field: _likeliest(field, found, rows) for field, found in candidates.items()}

    def factor(self, name: str) -> float:
        """Return the seconds in a unit of a column of times."""
        found = self.column(name)
        return found.factor if found else 1.0


def _likeliest(field: Field, found: Sequence[tuple[int, str]], rows: Sequence[Mapping[str, Any]]) -> str:
    if field == "image" and len(found) > 1 and (longest := _same_files([name for _, name in found], rows)):
        return longest
    first = min(group for group, _ in found)
    names = [name for group, name in found if group == first]
    if len(names) > 1:
        raise UsageError(
            f"the columns {listed(names)} could all be the {_CALLED.get(field, field)}: "
            f"say which one is, with --map {field}={names[0]}"
        )
    return names[0]


def _same_files(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the column with the longest paths where all name the same files; else `None`."""
    lengths = dict.fromkeys(names, 0)
    for row in rows:
        paths = {name: parts_of(value) for name in names if isinstance(value := row.get(name), str)}
        if len({parts[-1] for parts in paths.values() if parts}) > 1:
            return None
        for name, parts in paths.items():
            lengths[name] += len(parts)
    return max(names, key=lambda name: lengths[name])


def parts_of(path: str) -> tuple[str, ...]:
    r"""Return a path's folders and its file's name, whichever of `/` and `\` separates them."""
    return tuple(part for part in re.split(r"[/\\]+", path.strip()) if part not in ("", ".", ".."))


_CALLED: Final[Mapping[Field, str]] = {"response": "answer", "time": "time of generation"}

_LISTED = 12


def listed(names: Sequence[str]) -> str:
    """Return names in quotes, the first dozen of many."""
    shown = [f"'{printable(name)[:60]}'" for name in names[:_LISTED]]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{', '.join(shown)}{more}"


def mapping_of(texts: Iterable[str]) -> dict[Field, str]:
    """Return the columns that a person names, by field.

    Args:
        texts: each `FIELD=COLUMN`, or several of these with commas between them.

    Raises:
        UsageError: one is written otherwise, names no field, or a field for the second time.
    """
    mapped: dict[Field, str] = {}
    for text in texts:
        # A comma may also stand in a column's name: only one before a field separates.
        for one in re.split(rf",\s*(?=(?:{'|'.join(FIELDS)})\s*=)", text):
            name, equals, column = (part.strip() for part in one.partition("="))
            field = next((field for field in FIELDS if field == name), None)
            if not equals or not column or field is None:
                raise UsageError(
                    f"--map {one}: expected FIELD=COLUMN, as in image=file,response=said "
                    f"(fields: {', '.join(FIELDS)})"
                )
            if field in mapped:
                raise UsageError(f"--map names a column for {field} twice: '{mapped[field]}' and '{column}'")
            mapped[field] = column
    return mapped
