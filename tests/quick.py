"""Which tests `pytest --quick` runs: short ones that start no worker and import no torch or transformers."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NO_WORKER = ROOT / "tests" / "no_worker"
"""Put on the path of every Python that a quick test starts, where it ends a worker at once."""

HEAVY = frozenset({"torch", "transformers", "safetensors", "tokenizers", "accelerate", "peft"})

OURS = ("tests.", "fada_tui.worker", "training")
"""Where our own modules import them."""

OF_A_WORKER = frozenset({"tiny", "uneven", "start"})
"""Fixtures whose tests take a model, or run the program on a terminal."""


def takes_long(item: pytest.Item) -> bool:
    """Whether a test starts a worker, takes what only torch makes, or takes seconds otherwise."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & OF_A_WORKER) or any(map(item.get_closest_marker, ("worker", "long")))


@cache
def imports_torch(file: Path) -> bool:
    """Whether a module imports torch or transformers as soon as it is imported, by itself or by others."""
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    if any(name.partition(".")[0] in HEAVY for name in found):
        return True
    ours = {part for name in found if name.startswith(OURS) for part in _with_packages(name)}
    files = (ROOT / f"{name.replace('.', '/')}{end}" for name in ours for end in (".py", "/__init__.py"))
    return any(imports_torch(other) for other in files if other.is_file() and other != file)


def _with_packages(name: str) -> list[str]:
    """A module's name, and those of the packages that are imported with it."""
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
