"""Class sets: the classes into which models that compare images with texts sort the images.

A set is TOML: `name = "…"`, then `[[class]]` tables with `name`, `prompts` and, if need be, `aliases`.
"""

import hashlib

import msgspec

from fada_tui.config.preset import PresetKind, Table
from fada_tui.core.records import ClassSet, ImageClass, only_known
from fada_tui.evaluation.rubric import normal

CLASS_SETS = PresetKind("class set", "class_sets", "a TOML file with [[class]] tables")


def load_classes(set_or_file: str) -> ClassSet:
    """Return a shipped set by its name, or the set of a file.

    Raises:
        UsageError: there is no such set or file, it cannot be read, or its classes cannot be used.
    """
    name, classes = CLASS_SETS.load(set_or_file, _named_classes)
    return ClassSet(
        name=name or CLASS_SETS.file(set_or_file).stem,
        sha256=_identity(classes),
        source=CLASS_SETS.source(set_or_file),
        classes=classes,
    )


def _named_classes(table: Table) -> tuple[str, tuple[ImageClass, ...]]:
    """The set's name, empty where it has none, and its classes; raises `ValueError`."""
    classes = msgspec.convert(only_known(table.get("class", []), ImageClass), tuple[ImageClass, ...])
    if len(classes) < 2:
        raise ValueError("images are sorted into two classes at least, each a [[class]] table")
    owners: dict[str, str] = {}
    for one in classes:
        if not one.name.strip() or not one.prompts or not all(text.strip() for text in one.prompts):
            raise ValueError(f"class '{one.name}' needs a name and prompts")
        for name in {normal(name) for name in (one.name, *one.aliases)}:
            if name in owners:
                raise ValueError(f"'{name}' names two classes, {owners[name]} and {one.name}")
            owners[name] = one.name
    return str(table.get("name") or ""), classes


def _identity(classes: tuple[ImageClass, ...]) -> str:
    asked = [[one.name, *one.prompts] for one in classes]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
