"""What the installed transformers knows, read from its own tables without importing it."""

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

ADAPTERS = "fada_tui.adapters"
"""Entry points through which other packages add adapters."""

_TABLES = {
    "auto_mappings.py": (
        "CONFIG_MAPPING_NAMES",
        "PROCESSOR_MAPPING_NAMES",
        "IMAGE_PROCESSOR_MAPPING_NAMES",
        "SPECIAL_MODEL_TYPE_TO_MODULE_NAME",
    ),
    "configuration_auto.py": ("CONFIG_MAPPING_NAMES", "SPECIAL_MODEL_TYPE_TO_MODULE_NAME"),
    "processing_auto.py": ("PROCESSOR_MAPPING_NAMES", "MISSING_PROCESSOR_MAPPING_NAMES"),
    "image_processing_auto.py": ("IMAGE_PROCESSOR_MAPPING_NAMES", "MISSING_IMAGE_PROCESSOR_MAPPING_NAMES"),
    "modeling_auto.py": ("MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES",),
}

Table = Mapping[str, Any]


class TransformersTables(Struct, frozen=True, kw_only=True):
    """The installed transformers. What could not be read is empty, and then nothing is concluded from it."""

    root: Path | None
    model_types: frozenset[str]
    """Those that it runs itself."""
    image_text: Table
    """Architectures that it lists as image-text-to-text, by model type."""
    processors: Table
    """Processor classes by model type."""
    image_processors: Table
    """By model type, the image processor's classes by their backend: `torchvision`, `pil`."""
    modules: Table
    """Folders of its code by model type, where they differ in name."""
    other_adapters: bool
    """Another package adds adapters, of which nothing is known here."""

    def needs_torchvision(self, processor: str | None, image_processor: str | None, model_type: str) -> bool:
        """Whether a checkpoint's processor has no form that works on Pillow alone.

        Args:
            processor: class that its files name; else the model type's is taken.
            image_processor: likewise.
            model_type: as `config.json` has it.
        """
        named = processor or self.processors.get(model_type)
        if isinstance(named, str) and self._takes_videos(named, model_type):
            return True
        if image_processor is None:
            classes = self.image_processors.get(model_type, {})
        else:
            base = image_processor.removesuffix("Fast")
            every = (one for one in self.image_processors.values() if base in one.values())
            classes = next(every, {})
        return bool(classes) and not any(backend != "torchvision" for backend in classes)

    def _takes_videos(self, processor: str, model_type: str) -> bool:
        """Whether a processor has a video processor, of which there is none without torchvision."""
        if self.root is None:
            return False
        types = [model_type, *(one for one, name in self.processors.items() if name == processor)]
        for one in types:
            folder = self.modules.get(one, one.replace("-", "_"))
            file = self.root / "models" / folder / f"processing_{folder}.py"
            if (taken := _arguments(file, processor)) is not None:
                return "video_processor" in taken
        return False


@cache
def installed() -> TransformersTables:
    """Read the installed transformers' tables: some 40 ms, once."""
    from importlib.metadata import entry_points

    spec = importlib.util.find_spec("transformers")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    root = Path(folders[0]) if folders else None
    tables: dict[str, dict[str, Any]] = {}
    for name, wanted in _TABLES.items():
        if root is None:
            break
        for table, items in _literals(root / "models" / "auto" / name, wanted):
            tables.setdefault(table.removeprefix("MISSING_"), {}).update(items)
    return TransformersTables(
        root=root,
        model_types=frozenset(tables.get("CONFIG_MAPPING_NAMES", ())),
        image_text=tables.get("MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES", {}),
        processors=tables.get("PROCESSOR_MAPPING_NAMES", {}),
        image_processors=tables.get("IMAGE_PROCESSOR_MAPPING_NAMES", {}),
        modules=tables.get("SPECIAL_MODEL_TYPE_TO_MODULE_NAME", {}),
        other_adapters=bool(tuple(entry_points(group=ADAPTERS))),
    )


def has_package(module: str) -> bool:
    """Whether a package is installed, without importing it."""
    return importlib.util.find_spec(module) is not None


def _literals(file: Path, names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables that a module builds from literals: `NAME = OrderedDict([…])`, `NAME.update({…})`."""
    for node in ast.walk(_parsed(file)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[values])) if name in names:
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[values]) if (
                name in names
            ):
                pass
            case _:
                continue
        try:
            yield name, dict(ast.literal_eval(values))
        except (ValueError, TypeError):
            continue


@cache
def _arguments(file: Path, name: str) -> frozenset[str] | None:
    """Names of a class's arguments; `None` where the file does not define it, or takes them over."""
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                    return frozenset(argument.arg for argument in member.args.args)
    return None


def _parsed(file: Path) -> ast.AST:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
