"""The versions that are installed and those that the program needs, read from metadata and files."""

import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

PROGRAM = "fada-tui"

_NEEDED = re.compile(r"(?P<name>[\w.-]+)[^;]*?>=\s*(?P<least>[\d.]+)")
"""A requirement in the metadata, such as `torch>=2.8` or `av>=14.2; extra == 'video'`."""


class TorchBuild(NamedTuple):
    """An installed torch, read from its files."""

    version: str
    cuda: str | None
    """Version of CUDA that it was built with; `None` for a CPU build."""


def version(distribution: str) -> str | None:
    """Return a package's version; `None` if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def least_versions() -> dict[str, str]:
    """Return the lowest version of `python` and of each package that the program's metadata require.

    Nothing where the program was not installed, as when it runs from its sources alone.
    """
    try:
        said = metadata.metadata(PROGRAM)
    except metadata.PackageNotFoundError:
        return {}
    needed = [f"python{said['Requires-Python'] or ''}", *(metadata.requires(PROGRAM) or ())]
    return {found["name"].lower(): found["least"] for one in needed if (found := _NEEDED.match(one))}


def is_older(version: str, least: str | None) -> bool:
    """Return whether a version is lower than the required one; false if either is unknown."""
    return least is not None and release(version) < release(least)


def release(version: str) -> tuple[int, ...]:
    """Return the release of a version as numbers: `2.13.0+cpu` is (2, 13, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def torch_build() -> TorchBuild | None:
    """Return the installed torch; `None` if it is not installed."""
    found = module_version("torch")
    if found is None:
        return None
    cuda = re.search(r"^cuda\b.*= *'([\d.]+)'", _version_file("torch"), re.MULTILINE)
    return TorchBuild(found, cuda[1] if cuda else None)


def module_version(module: str) -> str | None:
    """Return a package's version with its build, which metadata may leave out; `None` if not installed."""
    known = version(module)
    found = re.search(r"^__version__ *= *'([^']+)'", _version_file(module), re.MULTILINE)
    return found[1] if known and found else known


def _version_file(module: str) -> str:
    """Return a package's `version.py` as text; importing it would import the whole package."""
    try:
        file = Path(str(metadata.distribution(module).locate_file(f"{module}/version.py")))
        return file.read_text(encoding="utf-8", errors="replace")
    except (metadata.PackageNotFoundError, OSError):
        return ""
