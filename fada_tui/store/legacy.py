"""Older scripts' raw data: a JSON list of objects with image, category, question, response and time."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fada_tui.core.errors import StoreError
from fada_tui.core.file_names import encode_name
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.records import Dataset, ModelEntry, ModelFacts, Question, Result, Run, Timing, Tool
from fada_tui.core.text import without_mark

_anything = msgspec.json.Decoder(Any)

_LONGEST = 1e9
"""Seconds above which a value is not a plausible generation time, and may not fit a float."""


def read_legacy(
    data: bytes, *, model: ModelEntry, run_id: str, dataset_name: str, started: str | None, tool: Tool
) -> Run:
    """Return the run described by an older script's list; what the list lacks stays unknown.

    Questions are numbered `q1`, `q2`… as they first appear; an image's path is its category and name.
    Of the model only what does not depend on how it was loaded is taken from the entry.

    Args:
        data: The file's bytes, UTF-8.
        model: The entry of the model that gave the answers.
        run_id: Name of the run to be.
        dataset_name: What the report calls the images.
        started: ISO 8601, where known.
        tool: The program that imports.

    Raises:
        StoreError: the data are not such a list; the message names entry and key.
    """
    results: dict[tuple[str, str], Result] = {}
    questions: dict[str, Question] = {}
    for number, entry in enumerate(_entries(data), start=1):
        if not isinstance(entry, dict):
            raise StoreError(f"entry {number}: expected an object, found {_kind(entry)}")
        text = _text(entry, "question", number)
        question = questions.setdefault(text, Question(id=f"q{len(questions) + 1}", text=text))
        result = _result(entry, question, number)
        if result.key in results:
            raise StoreError(
                f'entry {number}: key "image": {result.path!r} was already asked this; keep one of the two'
            )
        results[result.key] = result
    return Run(
        id=run_id,
        status="complete",
        started=started,
        tool=tool,
        model=ModelFacts(
            name=model.name, source=model.source or None, parameters=model.parameters, license=model.license
        ),
        questions=tuple(questions.values()),
        dataset=_dataset(dataset_name, tuple(results.values())),
        results=tuple(results.values()),
    )


def _entries(data: bytes) -> list[Any]:
    try:
        entries = decode_json(without_mark(data), _anything)
    except MalformedError as error:
        raise StoreError(f"not JSON: {error}") from None
    if not isinstance(entries, list):
        raise StoreError(f"expected a list of results, found {_kind(entries)}")
    if not entries:
        raise StoreError("the list of results is empty: there is nothing to import")
    return entries


def _result(entry: Mapping[str, Any], question: Question, number: int) -> Result:
    image = encode_name(_text(entry, "image", number))
    category = encode_name(_text(entry, "category", number))
    time = _seconds(entry, number)
    return Result(
        image=image,
        category=category,
        question=question.text,
        response=_response(entry, number),
        time=time,
        path=f"{category}/{image}",
        question_id=question.id,
        timing=Timing(generate=time),
    )


def _value(entry: Mapping[str, Any], key: str, number: int) -> Any:
    if key not in entry:
        raise StoreError(f'entry {number}: key "{key}" is missing')
    return entry[key]


def _text(entry: Mapping[str, Any], key: str, number: int) -> str:
    value = _value(entry, key, number)
    if not isinstance(value, str) or not value.strip():
        raise StoreError(f'entry {number}: key "{key}": expected text, found {_kind(value)}')
    return value


def _response(entry: Mapping[str, Any], number: int) -> str | None:
    value = _value(entry, "response", number)
    if value is not None and not isinstance(value, str):
        raise StoreError(f'entry {number}: key "response": expected text or null, found {_kind(value)}')
    return value


def _seconds(entry: Mapping[str, Any], number: int) -> float | None:
    value = _value(entry, "time", number)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST:
        raise StoreError(f'entry {number}: key "time": expected seconds or null, found {_kind(value)}')
    return float(value)


def _kind(value: Any) -> str:
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


def _dataset(name: str, results: tuple[Result, ...]) -> Dataset:
    images = {result.path: result.category for result in results}
    categories = dict.fromkeys(images.values(), 0)
    for category in images.values():
        categories[category] += 1
    return Dataset(name=name, categories=categories, images=len(images))
