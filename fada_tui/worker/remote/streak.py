"""Errors that are alike, one after another.

Then the fault lies with the server or with what is asked of it, not with the images, and all that follow
would fail in the same way.
"""

import re

from fada_tui.core.records import Result

MOST_ALIKE = 5
"""Number of them that ends the work."""

_TRIED = re.compile(r" \(tried [^()]*\)$")
_SECONDS = re.compile(r"\b\d+(?:\.\d+)?\s*(?:ms|s|seconds?|m|min|minutes?|h|hours?)\b")


class Streak:
    """The number of errors in sequence of one kind and message."""

    def __init__(self) -> None:
        self._alike: tuple[str, str] | None = None
        self._count = 0
        self.answered = False
        """Whether there has been any answer."""

    def take(self, result: Result) -> bool:
        """Count a result; return whether it is time to give up."""
        if result.error is None:
            self.answered, self._alike, self._count = True, None, 0
            return False
        alike = (str(result.error.kind), _without_particulars(result))
        self._count = self._count + 1 if alike == self._alike else 1
        self._alike = alike
        return self._count >= MOST_ALIKE


def _without_particulars(result: Result) -> str:
    """Return an error's message without what differs by image or moment: its name, and how long to wait."""
    message = result.error.message if result.error else ""
    for name in sorted({result.path, result.image}, key=len, reverse=True):
        message = message.replace(name, "")
    return _SECONDS.sub("", _TRIED.sub("", message))
