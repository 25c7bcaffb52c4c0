"""An engine's output on its way to a run's log: line by line, without keys."""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from fada_tui.core.file_modes import open_to_append
from fada_tui.core.secrets import Secrets
from fada_tui.runs.engines.orders import LONGEST_LINE

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""Sequences for a terminal: colours, above all. A log is no terminal."""


_MOST_BEGUN = 8 * LONGEST_LINE
"""Bytes that are kept of a line without an end: more than are shown, so that no key is cut into two."""


class Output:
    """The output of an engine.

    Args:
        log: file that it is appended to.
        keys: what is taken out of it.
    """

    def __init__(self, log: Path, keys: Iterable[str]) -> None:
        self._secrets = Secrets(keys)
        self._begun = b""
        self._file: BinaryIO | None = None
        self.write_to(log)

    def write_to(self, log: Path | None) -> None:
        """Append to another file from now on; to none, if it cannot be opened."""
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None
        if log:
            with contextlib.suppress(OSError):
                self._file = open_to_append(log)

    def take(self, data: bytes) -> list[str]:
        """Return the lines that are whole now; they are in the log. No data: it has ended."""
        text = self._begun + data.replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._begun = lines.pop()[:_MOST_BEGUN] if data else b""
        shown = [self._clean(line) for line in lines if line.strip()]
        self._write("".join(f"{line}\n" for line in shown).encode())
        return shown

    def _clean(self, line: bytes) -> str:
        text = _ESCAPES.sub("", line.decode("utf-8", "replace"))
        return self._secrets.hide(text).rstrip()[:LONGEST_LINE]

    def _write(self, data: bytes) -> None:
        if self._file and data:
            with contextlib.suppress(OSError):  # a full disk ends no engine
                os.write(self._file.fileno(), data)
