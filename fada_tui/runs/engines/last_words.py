"""What an engine says in the lines that it prints, and why it ended: pure.

The very last ones are seldom the reason: libraries warn of what they left behind on their way out.
"""

import re
from collections.abc import Iterable

KEPT = 400
"""Lines of output that are looked through."""

SHOWN = 3
"""Lines that are shown where none of them says an error."""

_BEFORE = r"(?:\([^)]*\) )?(?:(?:ERROR|CRITICAL) \S+ \S+ \[[^]]*\] )?"
"""Which process of the engine printed a line, and where in its code, as vLLM and SGLang put it before."""

_HEAD = re.compile(
    r"(?:\([\w-]+ pid=\d+\) )?(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) [\d-]+ [\d:]+ \[[^]]*\] )?"
    r"(?:\[\d{4}-\d\d-\d\d [^]]*\] )?(?:\d+(?:\.\d+){2,} [A-Z] )?"
)
"""The same before any line, and SGLang's time, and the time since llama.cpp was started."""

_ERROR = re.compile(
    rf"{_BEFORE}(?P<said>[\w.]*(?:Error|Exception)\b.*: .*|[\w.-]+: error: .*|error: .*)"
    r"|\d[\d.]* E (?P<told>.*)"
)
_ELSEWHERE = re.compile(r"root cause|stack ?trace|traceback", re.IGNORECASE)
"""An error that says where to look for the error: of the process that started the one that failed."""

_COUNTED = re.compile(r"\d+ validation errors? for ")
_TAKEN = re.compile(r"address already in use", re.IGNORECASE)


def message_of(line: str) -> str:
    """Return what a line says, without which process printed it, when, and where in its code."""
    return _HEAD.sub("", line, count=1).strip() or line


def reason_in(lines: Iterable[str]) -> str:
    """Return the error that an engine printed last, on one line; without one, its last lines."""
    kept = list(lines)
    errors = [(place, found) for place, line in enumerate(kept) if (found := _ERROR.fullmatch(line))]
    if not errors:
        return " | ".join(line.strip() for line in kept[-SHOWN:])
    told = [one for one in errors if not _ELSEWHERE.search(one[1][0])]
    place, found = (told or errors)[-1]
    said = str(found["said"] or found["told"])
    if _COUNTED.search(said) and place + 1 < len(kept):  # pydantic's: what is wrong comes after it
        return kept[place + 1].strip()
    return said


def port_was_taken(lines: Iterable[str]) -> bool:
    """Return whether an engine says that something else listens at its port."""
    return any(_TAKEN.search(line) for line in lines)
