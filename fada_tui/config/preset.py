"""Presets: question sets, class sets and rubrics, chosen by a name or read from a user's file.

All are read here, so that whatever is wrong with one is said in the same way, with its file.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded, own_presets
from fada_tui.core.toml import read_toml, suggestion

T = TypeVar("T")

Table: TypeAlias = dict[str, Any]
"""The contents of a TOML file."""

_PRESETS = Path(__file__).parent / "presets"


class PresetKind(NamedTuple):
    """One kind of presets, for instance rubrics."""

    noun: str
    """What a preset of this kind is called in messages."""
    folder: str
    """Folder under `presets/` that holds the shipped ones."""
    of_ones_own: str
    """What a user's own file is called, with its article."""
    kept: bool = False
    """Whether some of a person's own are kept in the configuration folder, and known by their names."""

    def shipped(self) -> tuple[str, ...]:
        """Return the names of the shipped presets."""
        return tuple(sorted(file.stem for file in (_PRESETS / self.folder).glob("*.toml")))

    def own(self) -> Mapping[str, Path]:
        """Return the files in the configuration folder by their names; none stands for a shipped one."""
        if not self.kept:
            return {}
        try:
            files = sorted(own_presets(self.folder).glob("*.toml"))
        except (OSError, UsageError):
            return {}
        return {file.stem: file for file in files if file.stem not in self.shipped()}

    def names(self) -> tuple[str, ...]:
        """Return all names: of the shipped presets, then of those that are kept."""
        return (*self.shipped(), *self.own())

    def file(self, name_or_file: str) -> Path:
        """Return the file that a name or a path stands for."""
        if name_or_file in self.shipped():
            return _PRESETS / self.folder / f"{name_or_file}.toml"
        return self.own().get(name_or_file) or expanded(name_or_file)

    def source(self, name_or_file: str) -> str:
        """Return a shipped name, or a file's absolute path: a reference that is valid in every folder."""
        if name_or_file in self.shipped():
            return name_or_file
        return os.path.abspath(self.file(name_or_file))  # noqa: PTH100

    def load(
        self,
        name_or_file: str,
        from_table: Callable[[Table], T],
        from_text: Callable[[str], T] | None = None,
    ) -> T:
        """Return the contents of a shipped preset or of a file.

        Args:
            name_or_file: of the preset.
            from_table: makes it of what the TOML holds; raises `ValueError` or `msgspec.ValidationError`
                where that is not possible.
            from_text: the same, of a text that is not TOML: of a file whose name does not end in `.toml`.
                `None` takes every file for TOML.

        Raises:
            UsageError: there is no such preset or file, it cannot be read, or it cannot be used.
        """
        file = self.file(name_or_file)
        try:
            if from_text and file.suffix.lower() != ".toml":
                return from_text(self._text(name_or_file, file))
            table = read_toml(file)
            if table is None:
                raise self._missing(name_or_file)
            return from_table(table)
        except (ValueError, msgspec.ValidationError) as error:
            raise UsageError(f"{file}: {str(error).replace('`', chr(39))}") from None

    def _text(self, name_or_file: str, file: Path) -> str:
        try:
            return read_small(file).decode("utf-8-sig")
        except FileNotFoundError:
            raise self._missing(name_or_file) from None
        except UnicodeDecodeError:
            raise UsageError(f"{file} is not UTF-8 text; name {self.of_ones_own}") from None
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from None

    def _missing(self, name_or_file: str) -> UsageError:
        names = self.names()
        return UsageError(
            f"no {self.noun} or file '{name_or_file}'{suggestion(name_or_file, names)} "
            f"({self.noun}s: {', '.join(names)}; or name {self.of_ones_own})"
        )
