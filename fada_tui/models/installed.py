"""Installed packages that decide whether a model runs, read from their sources without importing them."""

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from msgspec import Struct

from fada_tui.models.architectures import WRITERS

ADAPTERS = "fada_tui.adapters"
"""Entry points through which other packages add adapters."""

SOURCES = Path(__file__).parents[1] / "worker" / "adapters"
"""Folder of this package's own adapters."""

_BUILT_FOR = re.compile(r"torch\s*\(?\s*==\s*([\w.]+)")
"""How torchvision's metadata pins the torch that it was built for."""

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
    "modeling_auto.py": ("MODEL_",),
}

Table = Mapping[str, Any]


class TransformersTables(Struct, frozen=True, kw_only=True):
    """The tables of the installed transformers. Tables that could not be read are empty and ignored."""

    root: Path | None
    model_types: frozenset[str]
    """Model types that it supports itself."""
    classes: frozenset[str]
    """Model classes listed for some task; modules of model types may define more."""
    image_text: Table
    """Architectures listed as image-text-to-text, by model type."""
    processors: Table
    """Processor classes by model type."""
    image_processors: Table
    """Image processor classes by model type and backend: `torchvision`, `pil`."""
    modules: Table
    """Folders of its code by model type, if their names differ."""

    def class_of(self, config: Mapping[str, Any]) -> str | None:
        """Return the class that a configuration selects; `None` if neither it nor its type names one.

        Checkpoints with code of their own may name a class that is not here, while there is one for their
        type; whether the weights fill that exactly is seen on loading.

        Args:
            config: as `config.json` has it.
        """
        listed = config.get("architectures")
        named = str(listed[0]) if isinstance(listed, list) and listed else None
        model_type = str(config.get("model_type"))
        if named in WRITERS:
            return WRITERS[named]
        if named is not None and self._has_class(named, model_type):
            return named
        found: str | None = self.image_text.get(model_type, named)
        return found

    def has_class_of(self, config: Mapping[str, Any]) -> bool:
        """Return whether it has the class that a configuration selects."""
        named = self.class_of(config)
        return named is not None and self._has_class(named, str(config.get("model_type")))

    def needs_torchvision(self, processor: str | None, image_processor: str | None, model_type: str) -> bool:
        """Return whether a checkpoint's processor has no version that needs only Pillow.

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

    def _has_class(self, name: str, model_type: str) -> bool:
        """Return whether a class is listed for some task, or exported by its type's module."""
        if name in self.classes or self.root is None:
            return name in self.classes
        _, found, public = _text(self._module("modeling", model_type)).rpartition("__all__")
        return bool(found) and f'"{name}"' in public

    def _module(self, kind: str, model_type: str) -> Path:
        folder = str(self.modules.get(model_type, model_type.replace("-", "_")))
        return (self.root or Path()) / "models" / folder / f"{kind}_{folder}.py"

    def _takes_videos(self, processor: str, model_type: str) -> bool:
        """Return whether a processor has a video processor, which always needs torchvision."""
        if self.root is None:
            return False
        types = [model_type, *(one for one, name in self.processors.items() if name == processor)]
        for one in types:
            if (taken := _arguments(self._module("processing", one), processor)) is not None:
                return "video_processor" in taken
        return False


class Adapters(Struct, frozen=True, kw_only=True):
    """The architectures that adapters prompt without a chat template."""

    prompted: frozenset[str]
    """Architectures with an adapter or a prompt form of their own."""
    ranking: frozenset[str] = frozenset()
    """Those of them that rank labels in one pass and write no text."""
    others: bool = False
    """Whether other packages add adapters, whose architectures are unknown."""


_NO_LITERAL = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)

_PARSING = Lock()
"""Python 3.11 counts the depth of what all threads parse together, and fails where two parse at once."""


def has_package(module: str) -> bool:
    """Whether a package is installed, without importing it."""
    return importlib.util.find_spec(module) is not None


class Installed(Struct, frozen=True, kw_only=True):
    """The installed packages and tables."""

    transformers: TransformersTables
    adapters: Adapters
    has_package: Callable[[str], bool] = has_package
    """Returns whether a module is installed."""
    torchvision: str | None = None
    """Why torchvision cannot be imported beside torch, by their versions; `None` if they fit."""


@cache
def installed() -> Installed:
    """Return what is installed: takes about 50 ms, once."""
    return Installed(
        transformers=transformers_tables(), adapters=adapters(), torchvision=other_build_of_torchvision()
    )


def other_build_of_torchvision() -> str | None:
    """Return in words that torchvision was built for another torch than the installed one; `None` if not.

    It names the version that it was built for. Builds for the CPU and for CUDA differ by the version's end.
    """
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        torch, vision, needs = version("torch"), version("torchvision"), requires("torchvision") or []
    except PackageNotFoundError:
        return None
    wanted = next((found[1] for need in needs if (found := _BUILT_FOR.match(need))), torch)
    same_release = wanted.split(".")[:2] == torch.split(".")[:2]
    ends = vision.partition("+")[2], torch.partition("+")[2]
    if same_release and (not all(ends) or ends[0] == ends[1]):
        return None
    return f"torchvision {vision} is of another build than torch {torch}"


@cache
def adapters(folder: Path = SOURCES) -> Adapters:
    """Read the adapters' architectures from their classes' `architectures` and `forms`.

    Importing them would import torch. What a class assigns there is a literal, or made of the literals that
    its module gives names to.

    Args:
        folder: that of the adapters' modules.
    """
    from importlib.metadata import entry_points

    prompted: set[str] = set()
    ranking: set[str] = set()
    others = bool(tuple(entry_points(group=ADAPTERS)))
    for file in sorted(folder.glob("*.py")):
        module = _parsed(file)
        named = {
            target.id: value
            for node in module.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and (value := _texts(node.value, {})) is not None
        }
        for adapter in (node for node in module.body if isinstance(node, ast.ClassDef)):
            own = [_texts(value, named) for value in _assigned(adapter, ("architectures", "forms"))]
            others = others or None in own
            names = {name for one in own for name in one or ()}
            prompted |= names
            if any(isinstance(member, ast.FunctionDef) and member.name == "rank" for member in adapter.body):
                ranking |= names
    return Adapters(prompted=frozenset(prompted), ranking=frozenset(ranking), others=others)


@cache
def transformers_tables() -> TransformersTables:
    """Read the tables of the installed transformers."""
    spec = importlib.util.find_spec("transformers")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    root = Path(folders[0]) if folders else None
    tables: dict[str, dict[str, Any]] = {}
    for name, wanted in _TABLES.items():
        if root is None:
            break
        for table, items in _literals(root / "models" / "auto" / name, wanted):
            tables.setdefault(table.removeprefix("MISSING_"), {}).update(items)
    listed = (one for name, table in tables.items() if name.startswith("MODEL_") for one in table.values())
    return TransformersTables(
        root=root,
        model_types=frozenset(tables.get("CONFIG_MAPPING_NAMES", ())),
        classes=frozenset(name for one in listed for name in ([one] if isinstance(one, str) else one)),
        image_text=tables.get("MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES", {}),
        processors=tables.get("PROCESSOR_MAPPING_NAMES", {}),
        image_processors=tables.get("IMAGE_PROCESSOR_MAPPING_NAMES", {}),
        modules=tables.get("SPECIAL_MODEL_TYPE_TO_MODULE_NAME", {}),
    )


def _assigned(node: ast.ClassDef, names: tuple[str, ...]) -> Iterator[ast.expr]:
    """Yield the values that a class assigns to given names."""
    for member in node.body:
        match member:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names:
                yield value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in names:
                yield value


def _texts(value: ast.expr, named: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the texts of a tuple or a mapping's keys; `None` if they are not literals.

    Args:
        value: a literal, a name, `tuple(NAME)`, or a tuple with `*NAME` in it.
        named: the texts that the module gives names to.
    """
    match value:
        case ast.Name(id=name):
            return named.get(name)
        case ast.Call(func=ast.Name(id="tuple" | "frozenset"), args=[one]) | ast.Starred(value=one):
            return _texts(one, named)
        case ast.Tuple(elts=parts) if any(isinstance(part, ast.Starred) for part in parts):
            found = [
                _texts(ast.Tuple([part]) if isinstance(part, ast.Constant) else part, named) for part in parts
            ]
            return None if None in found else tuple(text for one in found for text in one or ())
        case _:
            try:
                read = ast.literal_eval(value)
            except _NO_LITERAL:
                return None
            return tuple(map(str, read)) if isinstance(read, tuple | dict) else None


def _literals(file: Path, names: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables that a module builds from literals: `NAME = OrderedDict([…])`, `NAME.update({…})`.

    Args:
        file: the module.
        names: how the tables' names begin.
    """
    for node in ast.walk(_parsed(file)):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[values])) if name.startswith(
                names
            ):
                pass
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[values]) if (
                name.startswith(names)
            ):
                pass
            case _:
                continue
        try:
            yield name, dict(ast.literal_eval(values))
        except _NO_LITERAL:
            continue


@cache
def _arguments(file: Path, name: str) -> frozenset[str] | None:
    """Return the names of a class's arguments; `None` if the file does not define or list them."""
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                    return frozenset(argument.arg for argument in member.args.args)
    return None


def _parsed(file: Path) -> ast.Module:
    try:
        with _PARSING:
            return ast.parse(_text(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return ast.Module(body=[], type_ignores=[])


def _text(file: Path) -> str:
    """Return a source file's text; empty if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
