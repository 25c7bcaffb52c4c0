"""Fields of requests that a server does not take: found in its words, and left out from then on."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.worker.remote.request import DETAIL, LIMITS, NEEDED

OnLeftOut = Callable[[tuple[str, ...], str], None]
"""Takes the fields that are left out from now on, and a message about it in one line."""

_EFFECTS = {
    "temperature": "how random answers are is up to the server",
    "seed": "sampled answers are not reproducible",
    "stream_options": "tokens are not counted",
    "stream": "answers come whole",
    "chat_template_kwargs": "whether the model thinks is up to the server",
}
_TOO_LARGE = re.compile(
    r"too (large|big|high|long|many)|at most|exceed|greater|less than|must be|between|maximum|larger|<=",
    re.IGNORECASE,
)
"""What is said of a limit that is known, but too high."""

_PLACE = re.compile(r"""\bloc['"]?\s*[:=]\s*[(\[]([^)\]]*)[)\]]""")
"""The place of an invalid value as pydantic writes it in a text."""

_DOTS = re.compile(r"[.\[\]]+")
_TEXTS = ("error", "message", "msg", "detail", "details", "description", "reason", "title", "errors")
_decoder = msgspec.json.Decoder()


class LeftOutFields:
    """What one loaded model's requests do without.

    Args:
        names: fields that are known to be left out.
        place: the server's name in messages.
        on_left_out: told once of each other one.
    """

    def __init__(self, names: Iterable[str], place: str, on_left_out: OnLeftOut) -> None:
        self.names = frozenset(names)
        self._place = place
        self._on_left_out = on_left_out

    def add(self, names: Iterable[str], said: str) -> None:
        """Leave these out from now on.

        Args:
            names: of fields.
            said: the server's words, as a message quotes them.
        """
        new = tuple(name for name in dict.fromkeys(names) if name not in self.names)
        if new:
            self.names |= set(new)
            self._on_left_out(new, self._described(new, said))

    def _described(self, names: tuple[str, ...], said: str) -> str:
        effects = [_EFFECTS[name] for name in names if name in _EFFECTS]
        if len(set(LIMITS) - self.names) == 1 and set(LIMITS) & set(names):
            effects.append(f"the limit is sent as {next(iter(set(LIMITS) - self.names))}")
        then = f"; {', '.join(effects)}" if effects else ""
        return f"{self._place} takes no {' and no '.join(names)} ({said}): left out from now on{then}"


def named(body: bytes, sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields of a request that a refusal is about; empty if it is about something else.

    Places of invalid values count before prose. In prose the first field that is named is the one.

    Args:
        body: of the response.
        sent: the fields that were sent and can be left out.
    """
    value = _decoded(body)
    prose = "\n".join(_texts(value))
    allowed = {name for name in sent if name not in LIMITS or not _TOO_LARGE.search(prose)}
    places = [*_places(value), *_places_in(prose)]
    found = [_of_place(place, allowed) for place in places]
    if any(found):
        return tuple(dict.fromkeys(name for name in found if name))
    if any(place[0] in NEEDED or place[-1] in NEEDED for place in places):
        return ()
    return _in_prose(prose, sent, allowed)


def _in_prose(prose: str, sent: Mapping[str, Any], allowed: set[str]) -> tuple[str, ...]:
    first: dict[str, int] = {}
    for name in allowed:
        places = [place for one in _spellings(name, sent[name]) if (place := _place_of(one, prose)) >= 0]
        if places:
            first[name] = min(places)
    for less, more in (("stream_options", "stream"), ("top_p", "temperature")):
        if less in first and more in first:  # one is not taken beside the other
            del first[more]
    return (min(first, key=lambda name: first[name]),) if first else ()


def _spellings(name: str, value: Any) -> list[str]:
    within = value if isinstance(value, dict) else ()
    return [name, *(["streaming"] if name == "stream" else []), *(one for one in within if "_" in one)]


def _place_of(name: str, prose: str) -> int:
    """Return where a name stands as a word of its own; one of two letters or less, in quotation marks.

    Chinese and the like put no space around it.
    """
    word = re.escape(name)
    pattern = rf"['\"`]{word}['\"`]" if len(name) < 3 else rf"(?<![A-Za-z0-9_-]){word}(?![A-Za-z0-9_-])"
    found = re.search(pattern, prose, re.IGNORECASE)
    return found.start() if found else -1


def _of_place(place: tuple[str, ...], allowed: set[str]) -> str | None:
    if place[0] in allowed and place[0] != DETAIL:
        return place[0]
    if place[0] == "messages":
        return DETAIL if place[-1] == DETAIL and DETAIL in allowed else None
    return place[-1] if place[-1] in allowed else None


def _decoded(body: bytes) -> Any:
    try:
        return decode_json(body, _decoder)
    except MalformedError:
        return body.decode("utf-8", "replace")


def _places(value: Any) -> Iterator[tuple[str, ...]]:
    """Yield the places that are named as such: `loc` of pydantic, `param` of OpenAI, keys of `errors`."""
    if isinstance(value, list):
        for one in value:
            yield from _places(one)
    elif isinstance(value, dict):
        place = value.get("loc")
        yield from _place(place if isinstance(place, list) else [])
        param = value.get("param")
        yield from _place(_DOTS.split(param) if isinstance(param, str) else [])
        by_field = value.get("errors")
        for path in by_field if isinstance(by_field, dict) else ():
            yield from _place(part for part in _DOTS.split(path) if part != "$")
        for name in _TEXTS:
            yield from _places(value.get(name))


def _places_in(prose: str) -> Iterator[tuple[str, ...]]:
    for found in _PLACE.finditer(prose):
        yield from _place(part.strip(" '\"") for part in found[1].split(","))


def _place(parts: Iterable[object]) -> Iterator[tuple[str, ...]]:
    names = [str(part) for part in parts if str(part) and part != "body"]
    if names:
        yield tuple(names)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts for people, but not what they quote of the request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name in _TEXTS:
            yield from _texts(value.get(name))
