"""Class sets: what images are sorted into by models that compare them with texts.

A set is TOML: `name = "…"`, then `[[class]]` tables with `name`, `prompts` and, if need be, `aliases`.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.records import ClassSet, ImageClass
from fada_tui.core.toml import read_toml, suggestion
from fada_tui.evaluation.rubric import normal

_SHIPPED = Path(__file__).parent / "presets" / "class_sets"


def shipped() -> tuple[str, ...]:
    """Return the names of the class sets that come with the program."""
    return tuple(sorted(file.stem for file in _SHIPPED.glob("*.toml")))


def load_classes(set_or_file: str) -> ClassSet:
    """Return a shipped set by its name, or the set of a file.

    Raises:
        UsageError: there is no such set or file, it cannot be read, or its classes cannot be used.
    """
    file = _SHIPPED / f"{set_or_file}.toml" if set_or_file in shipped() else expanded(set_or_file)
    document = read_toml(file)
    if document is None:
        sets = shipped()
        raise UsageError(
            f"no class set or file '{set_or_file}'{suggestion(set_or_file, sets)} "
            f"(sets: {', '.join(sets)}; or name a TOML file with [[class]] tables)"
        )
    classes = _classes(document, file)
    return ClassSet(
        name=str(document.get("name") or file.stem),
        sha256=_identity(classes),
        source=set_or_file if set_or_file in shipped() else os.path.abspath(file),  # noqa: PTH100
        classes=classes,
    )


def _classes(document: Mapping[str, Any], file: Path) -> tuple[ImageClass, ...]:
    try:
        classes = msgspec.convert(document.get("class", []), tuple[ImageClass, ...])
    except msgspec.ValidationError as error:
        raise UsageError(f"{file}: {str(error).replace('`', chr(39))}") from None
    if len(classes) < 2:
        raise UsageError(f"{file}: images are sorted into two classes at least, each a [[class]] table")
    owners: dict[str, str] = {}
    for one in classes:
        if not one.name.strip() or not one.prompts or not all(text.strip() for text in one.prompts):
            raise UsageError(f"{file}: class '{one.name}' needs a name and prompts")
        for name in {normal(name) for name in (one.name, *one.aliases)}:
            if name in owners:
                raise UsageError(f"{file}: '{name}' names two classes, {owners[name]} and {one.name}")
            owners[name] = one.name
    return classes


def _identity(classes: tuple[ImageClass, ...]) -> str:
    asked = [[one.name, *one.prompts] for one in classes]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
