"""Which results are about one image: frames of one file, and files with the same bytes or pixels."""

import re
from collections.abc import Sequence

from fada_tui.core.records import Result

_FRAME = re.compile(r"#[0-9]+$")


def clusters(results: Sequence[Result]) -> list[str]:
    """Return a name for the image of each result: the same for all results about one image."""
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = parents[parent]
            name = parents[name]
        return name

    for result in results:
        first, *others = _names(result)
        for other in others:
            one, another = sorted((root(first), root(other)))
            parents[another] = one
    return [root(_names(result)[0]) for result in results]


def _names(result: Result) -> list[str]:
    names = ["path " + _FRAME.sub("", result.path)]
    if result.file:
        names.append("file " + result.file.sha256)
    if result.sha256:
        names.append("pixels " + result.sha256)
    return names
