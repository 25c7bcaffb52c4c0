"""Reading JSON that others wrote: whatever it holds, it is either read or refused in one line.

Depth, numbers and text are bounded here, so that nothing that is made of a file later meets a structure that
cannot be walked, a number that cannot be written, or a text that cannot be encoded.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import msgspec

from fada_tui.core.errors import reason

T = TypeVar("T")

DEEPEST = 64
"""Lists and tables inside one another; a checkpoint's configuration has some five."""

_LONGEST_WHOLE = 18
"""Characters of a number that is certain to fit 64 bits."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class MalformedError(msgspec.DecodeError):
    """A file's JSON or TOML cannot be used; the text is one line, which does not name the file."""


def parse_json(data: bytes, *, halves: bool = False) -> Any:
    """Return the value of a JSON text as Python's own types.

    NaN and infinities are read, as checkpoints have them. Of a key that comes twice the last one counts, as
    in the libraries that read the same files. A whole number that may not fit 64 bits becomes a float.

    Args:
        data: UTF-8, or UTF-16 or UTF-32 as Python's `json` detects them.
        halves: whether halves of surrogate pairs are read, too; who asks for them sees to it that such
            texts can be written.

    Raises:
        MalformedError: it is no JSON, or deeper than `DEEPEST`, or holds half of a surrogate pair.
    """
    value = bounded(lambda: json.loads(data, parse_int=_whole))
    check_depth(value)
    if not halves and has_halves(data):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise MalformedError("it holds text that is no Unicode") from None
    return value


def has_halves(data: bytes) -> bool:
    """Return whether a JSON text may hold halves of surrogate pairs: whether any is written as an escape."""
    return _SURROGATE.search(data) is not None


def decode_json(data: bytes | str, decoder: msgspec.json.Decoder[T]) -> T:
    """Return JSON decoded into a decoder's type.

    Raises:
        MalformedError: it is no JSON, nested too deeply, or not of that type; the message names the place.
    """
    value = bounded(lambda: decoder.decode(data))
    if decoder.type is Any:
        check_depth(value)
    return value


def value_at(text: str, place: int) -> tuple[Any, int]:
    """Return the JSON value that begins at a place in a text, and where it ends.

    Raises:
        MalformedError: there is none, or it is deeper than `DEEPEST`.
    """
    value, end = bounded(lambda: _decoder.raw_decode(text, place))
    check_depth(value)
    return value, end


def check_depth(value: Any) -> None:
    """Raise `MalformedError` for lists and tables that are more than `DEEPEST` inside one another."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise MalformedError(TOO_DEEP)


TOO_DEEP = f"it is nested more than {DEEPEST} deep"


def bounded(parse: Callable[[], T]) -> T:
    """Return what a parser returns; whatever it raises of hostile text is a `MalformedError` of one line."""
    try:
        return parse()
    except RecursionError:
        raise MalformedError(TOO_DEEP) from None
    except MemoryError:
        raise MalformedError("it needs more memory than there is") from None
    except UnicodeDecodeError as error:
        raise MalformedError(f"byte {error.start + 1} is no UTF-8 text") from None
    except (ValueError, OverflowError) as error:
        raise MalformedError(reason(error)) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse)


def _inside(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, (dict, list))]


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_WHOLE else float(text)
