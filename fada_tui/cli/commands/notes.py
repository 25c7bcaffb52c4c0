"""`fada-tui notes`: a person's notes on a run, taken from a Markdown file by its headings."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.cli.commands.common import results_folder, warn
from fada_tui.cli.output import print_json
from fada_tui.core.bounded import read_small
from fada_tui.core.errors import UsageError
from fada_tui.core.notes_fields import FIELDS, LISTS
from fada_tui.core.notes_text import entries, outline
from fada_tui.core.paths import models_file
from fada_tui.core.records import Notes
from fada_tui.core.text import printable, without_mark
from fada_tui.models.registry import load_registry
from fada_tui.runs.assessment_writer import settle_and_publish
from fada_tui.store import folder as store
from fada_tui.store import journal

_MOST_BYTES = 2**20


def run(options: Namespace) -> int:
    """Write the fields that a file's headings name into a run's notes, and its page; return the exit code.

    Fields that the file does not name, or under whose heading nothing stands, stay as they are.

    Raises:
        UsageError: the file cannot be read, or none of its headings names a field with a text.
        StoreError: there is no such run, or it cannot be written.
    """
    file, registry = Path(options.file), load_registry(models_file())
    folder = store.find(results_folder(options), options.run)
    found = outline(_read(file))
    texts = {field: text for field, text in found.fields.items() if text}
    empty = [FIELDS[field] for field in found.fields if field not in texts]
    if not texts:
        raise UsageError(
            f"{file} has no text under a heading {', '.join(FIELDS.values())}: nothing is written"
        )
    before = store.read_run(folder).notes
    replaced = [field for field in texts if getattr(before, field) not in (None, (), UNSET, "")]
    journal.append(folder / journal.JOURNAL_NAME, journal.NotesLine(notes=_with_texts(before, texts)))
    published = settle_and_publish(folder, registry)

    if found.rest:
        warn([f"not taken from {file}, as no heading of the notes stands above it: {', '.join(found.rest)}"])
    if empty:
        warn([f"nothing stands under {', '.join(empty)} in {file}: left as it was"])
    page = folder / store.SUMMARY_NAME
    if getattr(options, "json", False):
        said = {"written": [*texts], "replaced": replaced, "not_taken": found.rest, "page_written": published}
        print_json({"run": folder.name, "page": str(page), **said})
        return 0
    written = ", ".join(f"{FIELDS[field]}{' (replaced)' * (field in replaced)}" for field in texts)
    later = "" if published else ", which is written at the end of the run: another program is writing it"
    sys.stdout.write(f"{printable(f'{written}: written, see {page}{later}')}\n")
    return 0


def _with_texts(notes: Notes, texts: Mapping[str, str]) -> Notes:
    """Return the notes with these texts in Markdown, by field; a list's text becomes its entries."""
    changed: dict[str, Any] = {
        field: entries(text) if field in LISTS else text for field, text in texts.items()
    }
    return replace(notes, **changed)


def _read(file: Path) -> str:
    try:
        return without_mark(read_small(file, _MOST_BYTES)).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text: byte {error.start + 1} cannot be read") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
