"""A person's aliases of folders, checked against what they can stand for."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.records import ClassSet
from fada_tui.core.text import printable
from fada_tui.core.toml import suggestion
from fada_tui.evaluation.rubric import Rubric, normal

_NEARLY = 0.85
"""Likeness (difflib's ratio) from which a name is taken for another one, mistyped."""


def checked_aliases(
    given: Mapping[str, str], rubric: Rubric, classes: ClassSet, folders: Iterable[str]
) -> dict[str, str]:
    """Return a person's aliases, encoded as names in a catalogue are.

    Args:
        given: what folders' names mean, by the names.
        rubric: whose categories they can mean.
        classes: whose classes they can mean.
        folders: the categories of the images, which they can mean, too.

    Raises:
        UsageError: a name is empty, a folder means two things, or what it means is not there.
    """
    aliases = {encode_name(folder): encode_name(category) for folder, category in given.items()}
    named = [name for one in rubric.categories for name in (one.name, *one.aliases)]
    named += [name for one in classes.classes for name in (one.name, *one.aliases)]
    if fault := next(_faults(aliases, [*named, *folders]), None):
        raise UsageError(f"--alias {printable(fault)}")
    return aliases


def mistyped(aliases: Mapping[str, str], folders: Iterable[str]) -> Iterator[str]:
    """Yield a line for each alias of nearly a folder's name; others may be of other data sets."""
    known = {normal(folder): folder for folder in folders}
    for folder in aliases:
        near = difflib.get_close_matches(normal(folder), known, n=1, cutoff=_NEARLY)
        if near and near[0] != normal(folder):
            yield f"--alias: no folder is called {folder!r}; did you mean '{known[near[0]]}'?"


def _faults(aliases: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(normal(name), name)
    owners: dict[str, str] = {}
    for folder, category in aliases.items():
        if not normal(folder) or not normal(category):
            yield f"{folder}={category}: give a folder and what it means, as in Cervical=Cervix"
        elif normal(category) not in known:
            yield (
                f"{folder}={category}: no category of the rubric, class of the class set or folder is called "
                f"'{category}'{suggestion(category, known.values())}"
            )
        elif normal(owners.setdefault(normal(folder), category)) != normal(category):
            yield f"{folder}: it cannot mean both '{owners[normal(folder)]}' and '{category}'"
