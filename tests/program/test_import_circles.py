"""No import goes in a circle, whether deferred or for types alone.

The contract in `pyproject.toml` compares a package's rooms with each other. This compares all files, and so
sees what the contract does not: a package whose own `__init__` imports what imports it.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import fada_tui

HOME = Path(fada_tui.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(HOME.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Yield all that a file's import statements may name, wherever they stand in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}:{node.lineno} is relative"
            submodules = [f"{node.module}.{name.name}" for name in node.names]
            yield from (one if one in FILES else node.module for one in submodules)


FILES = {module_name(path): path for path in HOME.rglob("*.py")}


def test_no_import_goes_in_a_circle() -> None:
    graph = {name: {one for one in imported(path) if one in FILES} - {name} for name, path in FILES.items()}
    assert any(graph.values())
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the files
