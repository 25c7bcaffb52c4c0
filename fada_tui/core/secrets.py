"""Hiding keys in text from outside: the one place that does it, always before a text is shortened.

A process tells `remember` which keys it has. From then on `hide` takes them out of a message, and what
remains of one that somebody else cut or masked; `hide_in_answer` leaves the words of a model's answer alone
that only resemble a part of a key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from fada_tui.core.text import printable

SHOWN = "[key]"
"""What stands in a key's place."""

SHORTEST_KEY = 8
"""Characters below which a key is a placeholder such as `EMPTY`, and in an answer a word like any other."""

SHORTEST_PART = 6
"""Characters of a key from which on a part of it is hidden in a message."""

_MASK = r"(?:[*•·…]{2,}|…|\.{3,})"
_SCHEME = re.compile(r"(bearer|basic|token|digest|apikey) +", re.IGNORECASE)
_SHORTEST_VALUE = 4
"""Characters below which a header's value is no secret, and would be hidden all over."""

_ENDS = range(5, 2, -1)
"""Lengths of a key's beginning or end that are hidden beside a mask."""

_VARIABLES = ("FADA_TUI_API_KEY", "OPENAI_API_KEY", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")

_SECRET_NAME = re.compile(
    r"[-_]*(?:hft|(?:[^\W_]+[-_]+)*(?:token|secret|passw(?:or)?d|(?:api|access|secret)[-_]?key))",
    re.IGNORECASE,
)
"""Names of options and variables whose value is a key."""

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
"""ASCII letters alone: a text keeps its length, as it does not with `str.lower`."""


def _spellings(key: str) -> set[str]:
    as_json = key.replace("\\", r"\\").replace('"', r"\"")
    as_html = key.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return {key, quote(key, safe=""), as_json, key.replace("/", r"\/"), as_html}


def _masked(keys: Iterable[str]) -> re.Pattern[str] | None:
    """Match a mask together with the key's beginning before it or end after it."""
    heads = "|".join(re.escape(key[:length]) for length in _ENDS for key in keys)
    tails = "|".join(re.escape(key[-length:]) for length in _ENDS for key in keys)
    if not heads:
        return None
    tail = f"(?:{tails})(?![A-Za-z0-9])"
    return re.compile(f"(?:{heads}){_MASK}(?:{tail})?|{_MASK}{tail}", re.IGNORECASE | re.ASCII)


class _Parts:
    """Finds parts of keys that have a number of characters or more, in any case."""

    def __init__(self, length: int, keys: Iterable[str]) -> None:
        self._length = length
        lower = [key.translate(_LOWER) for key in keys]
        self._whole = {key[at : at + length] for key in lower for at in range(len(key) - length + 1)}
        self._begun = {
            key[at : at + size] for key in lower for size in range(1, length) for at in range(len(key))
        }

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where parts of that length are, which overlap where a part is longer."""
        lower, length = text.translate(_LOWER), self._length
        for at in range(len(lower) - length + 1):
            if lower[at : at + length] in self._whole:
                yield at, at + length

    def open_from(self, text: str) -> int:
        """Return where an end of the text begins that may be the beginning of a part; else its length."""
        lower = text[-self._length :].translate(_LOWER)
        for at in range(max(len(lower) - self._length + 1, 0), len(lower)):
            if lower[at:] in self._begun:
                return len(text) - len(lower) + at
        return len(text)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with each stretch of overlapping or adjoining spans replaced."""
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not pieces:
            pieces += [text[end:start], SHOWN]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


class Secrets:
    """Keys to be hidden, as they are, in another case, and escaped for a URL, for JSON or for HTML.

    Args:
        keys: each of printable ASCII characters.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        spelt = {one for key in keys if key for one in _spellings(key)}
        self._long = sorted((one for one in spelt if len(one) >= SHORTEST_KEY), key=len, reverse=True)
        short = "|".join(re.escape(one) for one in sorted(spelt, key=len) if len(one) < SHORTEST_KEY)
        self._short = re.compile(f"(?<![A-Za-z0-9])(?:{short})(?![A-Za-z0-9])") if short else None
        self._masked = _masked(self._long)
        self._parts = [_Parts(SHORTEST_PART, self._long)] if self._long else []
        self._large_parts = [_Parts(max(SHORTEST_KEY, -(-len(one) // 2)), (one,)) for one in self._long]

    def hide(self, text: str) -> str:
        """Return a message without keys, without parts of them, and without what a mask left of them."""
        spans = [span for parts in self._parts for span in parts.spans(text)]
        for pattern in (self._short, self._masked):
            spans += [found.span() for found in pattern.finditer(text)] if pattern else []
        return _without(text, spans)

    def hide_in_answer(self, text: str) -> str:
        """Return an answer without keys, and without parts that have half of a key or more."""
        return _without(text, self._spans_in_answer(text))

    def safe_length(self, text: str) -> int:
        """Return how much of an answer's beginning holds no part of a key that goes on after the text."""
        safe = min((parts.open_from(text) for parts in self._large_parts), default=len(text))
        for start, end in sorted(self._spans_in_answer(text), reverse=True):
            if end > safe or end == len(text):
                safe = min(safe, start)
        return safe

    def _spans_in_answer(self, text: str) -> list[tuple[int, int]]:
        return [span for parts in self._large_parts for span in parts.spans(text)]


class AnswerStream:
    """An answer's text as it arrives, passed on without keys even where one comes in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def take(self, text: str) -> str:
        """Return what can be passed on, now that this text has arrived."""
        self._held += text
        safe = _known.safe_length(self._held)
        passed, self._held = self._held[:safe], self._held[safe:]
        return _known.hide_in_answer(passed)

    def end(self) -> str:
        """Return the rest; a second call returns nothing."""
        passed, self._held = self._held, ""
        return _known.hide_in_answer(passed)


_remembered: set[str] = set()
_known = Secrets(())


def remember(keys: Iterable[str]) -> None:
    """Hide these keys, too, from now on, in this process."""
    global _known
    _remembered.update(keys)
    _known = Secrets(_remembered)


def hide(text: str) -> str:
    """Return a message without the keys of this process; see `Secrets.hide`."""
    return _known.hide(text)


def hide_in_answer(text: str) -> str:
    """Return a model's answer without the keys of this process; see `Secrets.hide_in_answer`."""
    return _known.hide_in_answer(text)


def quoted(text: str, most: int) -> str:
    """Return others' words as a message quotes them: without keys, on one line, then shortened.

    Args:
        text: as it came.
        most: characters that are left of it.
    """
    line = printable(" ".join(hide(text).split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def in_headers(values: Iterable[str]) -> tuple[str, ...]:
    """Return what is secret of headers' values: not the scheme before a token, nor a word such as `on`."""
    bare = (_SCHEME.sub("", value.strip(), count=1) for value in values)
    return tuple(value for value in bare if len(value) >= _SHORTEST_VALUE)


def in_environment(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that an environment holds: for servers, for the hub, and passwords of proxies."""
    keys = [environ.get(name, "").strip() for name in _VARIABLES]
    for name, value in environ.items():
        if name.lower().endswith("_proxy"):
            keys.append(unquote(_password(value)))
    return tuple(key for key in keys if key)


def in_arguments(words: Sequence[str]) -> tuple[str, ...]:
    """Return the keys in a command's words: `--hf-token KEY`, `--api-key=KEY`, `HF_TOKEN=KEY`."""
    return tuple(value for _, value in _secret_parts(words))


def without_secrets(words: Sequence[str]) -> tuple[str, ...]:
    """Return a command's words to be recorded, with nothing left of the keys in them."""
    hidden = list(words)
    for at, value in _secret_parts(words):
        hidden[at] = hidden[at][: len(hidden[at]) - len(value)] + SHOWN
    return tuple(hidden)


def _secret_parts(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the places of words that end with a key, and the key."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if not _SECRET_NAME.fullmatch(name):
            continue
        if equals:
            if value:
                yield at, value
        elif name.startswith("-") and at + 1 < len(words) and not words[at + 1].startswith("-"):
            yield at + 1, words[at + 1]


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""
