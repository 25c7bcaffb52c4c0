"""The small JSON files that describe a checkpoint, read within bounds, as anybody may have written them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fada_tui.core.bounded import read_small
from fada_tui.core.json_data import parse_json

Document: TypeAlias = Mapping[str, Any]
"""A JSON object, with values of any type; `model_config` reads them as what they should be."""


def read_document(file: Path) -> Document | None:
    """Return the JSON object in a file; `None` if there is none, or none that can be read within bounds."""
    try:
        found = parse_json(read_small(file))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
