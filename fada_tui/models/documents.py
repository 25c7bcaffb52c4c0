"""The small JSON files that describe a checkpoint, read within bounds, as anybody may have written them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fada_tui.core.bounded import read_small

Document: TypeAlias = Mapping[str, Any]
"""A JSON object, with values of any type; `model_config` reads them as what they should be."""

DEEPEST = 100
"""Maximum depth of nesting; the deepest that is known has 8."""


def read_document(file: Path) -> Document | None:
    """Return the JSON object in a file; `None` if there is none, or none that can be read within bounds."""
    try:
        found = json.loads(read_small(file))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _deeper(found, DEEPEST) else None


def _deeper(value: Any, most: int) -> bool:
    """Return whether containers are nested more than so deep."""
    layer = [value]
    for _ in range(most):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(layer)
