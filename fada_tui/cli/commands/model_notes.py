"""`fada-tui models note`: what is told of a model that has no run here."""

import re
import sys
from argparse import Namespace
from pathlib import Path

import msgspec

from fada_tui.cli.commands.common import settings_for, warn
from fada_tui.cli.output import print_json
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import models_file
from fada_tui.core.text import printable
from fada_tui.models.names import named_like
from fada_tui.models.registry import load_registry
from fada_tui.runs.publish import compared_runs, write_comparison
from fada_tui.store.model_notes import NOTES_NAME, change_model_note

FIELDS = ("size", "memory", "speed", "context", "quality", "source")
_LONGEST = 300
"""Characters of a value."""

_PERCENT = re.compile(r"(-?\d+(?:\.\d+)?) ?%")


def run(options: Namespace) -> int:
    """Write down what is told of a model, or take it out, and write the comparison again.

    Raises:
        UsageError: the name or a value cannot be used, nothing is told, or the file cannot be read.
        StoreError: a file cannot be written.
    """
    name = _listed(_line(options.name, "a model's name"))
    given = {field: getattr(options, field, None) for field in FIELDS}
    told = {field: _line(text, f"--{field}") for field, text in given.items() if text is not None}
    _check_share(told.get("quality", ""))
    remove = bool(getattr(options, "remove", False))
    if remove == bool(told):
        wanted = ", ".join(f"--{field}" for field in FIELDS)
        raise UsageError(f"give what is told of {name} ({wanted}), or --remove alone")
    settings = settings_for(options)
    results = Path(settings.results)
    note = change_model_note(results, name, None if remove else told, settings.files)
    warnings: list[str] = []
    write_comparison(results, compared_runs(results, warnings))
    warn(warnings)
    if getattr(options, "json", False):
        print_json({"removed": name} if note is None else {"note": msgspec.to_builtins(note)})
        return 0
    said = f"nothing is told of {name} any more" if note is None else f"noted what is told of {note.name}"
    sys.stdout.write(f"{printable(f'{said} ({results / NOTES_NAME})')}\n")
    return 0


def _listed(name: str) -> str:
    """Return a model's name as the list writes it, where one of the list is meant."""
    entry = named_like(name, load_registry(models_file()))
    return entry.name if entry else name


def _line(text: str, what: str) -> str:
    """Return a text without white space at its ends; raises `UsageError`."""
    stripped = text.strip()
    if not stripped or stripped != printable(stripped):
        raise UsageError(f"{what}: expected printable characters on one line, got {text[:_LONGEST]!r}")
    if len(stripped) > _LONGEST:
        raise UsageError(f"{what}: expected at most {_LONGEST} characters, got {len(stripped):,}")
    return stripped


def _check_share(quality: str) -> None:
    """Raise `UsageError` for a share that none can be, such as 140%; words may say what they like."""
    share = _PERCENT.fullmatch(quality)
    if share and not 0 <= float(share[1]) <= 100:
        raise UsageError(f"--quality: expected a share from 0% to 100%, or words, got {quality}")
