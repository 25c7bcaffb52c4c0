"""Values that no honest file has, put in the place of each value that one has."""

import copy
import math
from collections.abc import Iterator
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    1.5,
    -0.0,
    1e308,
    "",
    "\x00",
    "\x1b]0;x\x07",
    "../../../etc/passwd",
    "x" * 5000,
    "\u202e😀\u2028",
    [],
    {},
    [[[]]],
    {"": None},
    ["a", 1, None],
    {"a": {"b": [1, {"c": "d"}]}},
    [2**62] * 40,
)
"""Of the kinds that JSON and TOML share but for `None`, which TOML has not."""

FEW: tuple[Any, ...] = (True, -1, 2**63 - 1, 1e308, "\x00", "x" * 5000, [], {}, [[[]]], [2**62] * 40)
"""Of these, one of each kind, for long documents."""

ODD_NUMBERS = (math.nan, math.inf, -math.inf)
"""TOML has them, and JSON as Python and checkpoints write it."""


def altered(document: Any, values: tuple[Any, ...] = HOSTILE) -> Iterator[tuple[str, Any]]:
    """Return the document with one value taken out, and with each hostile value in the place of one.

    Each comes with the place of what was altered. Of a list only the first and the last are altered.
    """
    for place in _places(document):
        for value in values:
            yield _said(place, value), _with(document, place, value)
        if place:
            yield _said(place, "nothing"), _without(document, place)


def _said(place: tuple[Any, ...], value: Any) -> str:
    return f"{'.'.join(map(str, place)) or 'all'} = {value!r}"[:80]


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*at, key))
    elif isinstance(value, list) and value:
        for index in dict.fromkeys((0, len(value) - 1)):
            yield from _places(value[index], (*at, index))


def _with(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return copy.deepcopy(value)
    changed = copy.deepcopy(document)
    _holder(changed, place)[place[-1]] = value
    return changed


def _without(document: Any, place: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(document)
    del _holder(changed, place)[place[-1]]
    return changed


def _holder(document: Any, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        document = document[key]
    return document
