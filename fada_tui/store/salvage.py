"""What can be saved of a damaged `run.json`: every whole result, and what is whole of the rest. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import fields, replace

from fada_tui.core.control import is_control
from fada_tui.core.json_data import MalformedError, value_at
from fada_tui.core.records import (
    Dataset,
    ModelFacts,
    Plan,
    Question,
    Result,
    Run,
    Tool,
    UnknownFields,
    convert,
    encode,
    is_readable,
    known_keys,
)
from fada_tui.core.text import without_mark

_KEYS = tuple(key for key in known_keys(Run) if key != "check")
_TYPES = {one.encode_name: one.type for one in fields(Run)}
_OBJECT = re.compile(r'\{\s*"')
_RESULT_SIZES = (2**16, 2**20)
"""Characters in which a result is looked for: first in few, then in as many as the longest may have."""

_FIELD = re.compile(r'[\s,]*("(?:[^"\\]|\\.)*")\s*:\s*')
_OUTSIDE_RESULTS = "|".join(key for key in _KEYS if key != "error")
_FIELD_OF_A_RUN = re.compile(rf'[,\]]\s*"({_OUTSIDE_RESULTS})"\s*:\s*')


def salvage(data: bytes, name: str, journal: Sequence[Result] = ()) -> Run:
    """Return the run that is left of a damaged file.

    Each whole result is in it, even twice where the file has it twice. What is lost of the rest is made of
    the results as far as they tell it, else unknown. Without its plan a run cannot be resumed.

    Args:
        data: the file's bytes; none if it is gone.
        name: of the run's folder.
        journal: results that are not in the file yet, which tell of the run, too.
    """
    found, results = _parts(without_mark(data).decode(errors="surrogateescape"))
    good = {key: value for key in _KEYS if key in found and (value := _typed(key, found[key])) is not None}
    if unknown := {key: found[key] for key in found if key not in _TYPES and _encodable(found[key])}:
        good["unknown_fields"] = UnknownFields(unknown)
    if not is_readable(good.get("schema", "")):
        good.pop("schema", None)
    # Where the damage hides which list they are of, they are told by what they are about.
    if strays := [one for one in results if is_control(one)]:
        whole = good.get("controls") or ()
        good["controls"] = (*whole, *(one for one in strays if one not in whole))
        results = [one for one in results if not is_control(one)]
    run = Run(**{**_made_of(name, good.get("plan"), (*results, *journal)), **good, "results": tuple(results)})
    lost = len(results) + len(journal) < run.dataset.images * len(run.questions)
    return replace(run, status="interrupted") if lost and run.status == "complete" else run


def _made_of(name: str, plan: Plan | None, results: Sequence[Result]) -> dict[str, Any]:
    """Return what plan and results tell of a run."""
    images = {image.path: image.category for image in (plan.images if plan else ())}
    images |= {result.path: result.category for result in results}
    questions = {result.question_id: result.question for result in results}
    model = ModelFacts(name=name.partition("_")[2] or name)
    return {
        "id": name,
        "status": "interrupted",
        "tool": Tool(name="fada-tui", version="unknown"),
        "model": ModelFacts(name=plan.model.name, source=plan.model.source) if plan else model,
        "questions": tuple(Question(id=id, text=text) for id, text in questions.items()),
        "dataset": Dataset(name=name, categories=dict(Counter(images.values())), images=len(images)),
    }


def _parts(text: str) -> tuple[dict[str, Any], list[Result]]:
    """Return the run's fields that can be read, but for the results; and the whole ones of these."""
    found: dict[str, Any] = {}
    results: list[Result] | None = None
    place = text.find("{") + 1
    while place < len(text):
        field = _FIELD.match(text, place)
        key, start = (_value(field[1], 0)[0], field.end()) if field else (None, place)
        value, end = _value(text, start)
        if key == "results":
            results = results or []
        elif end > start and isinstance(key, str):
            found.setdefault(key, value)
            place = end
            continue
        # Results, or a damaged stretch, in which there may be some.
        place = end if key == "results" and end > start else _next_field(text, start)
        if results is not None:
            results += _whole_results(text, start, place)
    if results is None:  # their key is damaged
        return (
            {key: value for key, value in found.items() if not isinstance(value, list) or key in _TYPES},
            list(_whole_results(text, text.find("{") + 1, len(text))),
        )
    return found, results


def _next_field(text: str, place: int) -> int:
    """Return the place before the next field that only a run can have: the end if there is none."""
    for field in _FIELD_OF_A_RUN.finditer(text, place):
        value, end = _value(text, field.end())
        if field[1] == "results" or (end > field.end() and _typed(field[1], value) is not None):
            return field.start() + 1
    return len(text)


def _whole_results(text: str, start: int, stop: int) -> Iterator[Result]:
    """Yield each whole result that begins between two places."""
    while begun := _OBJECT.search(text, start, stop):
        start = begun.start() + 1
        # Pieces, since what is no JSON is refused in a time that grows with the text that it is in.
        for size in _RESULT_SIZES:
            value, end = _value(text[begun.start() : begun.start() + size], 0)
            if end:
                start = begun.start() + end
                break
        if result := _result(value):
            yield result


def _value(text: str, place: int) -> tuple[Any, int]:
    """Return the JSON value at a place and where it ends: at the same place if there is none."""
    try:
        return value_at(text, place)
    except MalformedError:
        return None, place


def _result(value: Any) -> Result | None:
    """Return a result if all of it is there."""
    try:
        result: Result = convert(value, Result)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None
    return result if _encodable(result) else None


def _typed(key: str, value: Any) -> Any:
    """Return a run's field as its type; `None` if it is not of that type."""
    try:
        return convert(value, _TYPES[key]) if _encodable(value) else None
    except msgspec.ValidationError:
        return None


def _encodable(value: object) -> bool:
    """Return whether a value can be written again: not if bytes are no text, or if it is too deep."""
    try:
        encode(value)
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
