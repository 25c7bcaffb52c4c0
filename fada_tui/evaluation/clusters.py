"""Which results are not independent: those of one patient, one file, or files with the same content."""

import re
from collections.abc import Sequence

from fada_tui.core.records import Result

_FRAME = re.compile(r"#[0-9]+$")


def clusters(results: Sequence[Result]) -> list[str]:
    """Return a name for the cluster of each result: the same for all that are not independent of each other.

    A cluster is an image with all that was asked of it; frames of one file, files with the same bytes or
    pixels, and images of one patient are one.
    """
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
    if result.patient:
        names.append("patient " + result.patient)
    return names
