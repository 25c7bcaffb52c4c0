"""Others' results, imported without a command: from the bytes of a file to runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fada_tui.core.records import ModelEntry, Question, Run, Tool
from fada_tui.images.catalogue import Catalogue
from fada_tui.store.imported.answers import read_answers
from fada_tui.store.imported.columns import Columns, mapping_of
from fada_tui.store.imported.images import Placing
from fada_tui.store.imported.questions import Asked
from fada_tui.store.imported.runs import Imported, Told, build_runs, told_of
from fada_tui.store.imported.shapes import Row, read_json_rows

TOLD = Told(dataset="d")
TOOL = Tool(name="t", version="1")


def rows_of(
    data: Any, *, model: str | None = "M", columns: Columns | None = None, one_question: bool = False
) -> list[Row]:
    """Rows of JSON: its bytes, or what it is made of."""
    encoded = data if isinstance(data, bytes) else json.dumps(data).encode()
    rows, _ = read_json_rows(
        encoded, columns or Columns({}), one_model=model is not None, one_question=one_question
    )
    return rows


def import_rows(
    data: Any,
    *,
    model: str | None = "M",
    entry: ModelEntry | None = None,
    told: Told = TOLD,
    mapping: tuple[str, ...] = (),
    prefixes: tuple[str, ...] = ("ERROR:",),
    catalogue: Catalogue | None = None,
    questions: tuple[Question, ...] = (),
    known: Mapping[str, Question] | None = None,
) -> tuple[Imported, list[str]]:
    """The runs of JSON, and what is told of them."""
    columns = Columns(mapping_of(mapping))
    answers, _ = read_answers(
        rows_of(data, model=model, columns=columns, one_question=len(questions) == 1), columns, prefixes
    )
    placing, asked = Placing(catalogue, told.dataset), Asked(questions, (known or {}).get)
    imported = build_runs(
        answers,
        told=told,
        tool=TOOL,
        model=model,
        entry_of=lambda name: entry or ModelEntry(name=name, source=""),
        placing=placing,
        asked=asked,
    )
    return imported, list(told_of(imported, placing, asked))


def imported_run(data: Any, run_id: str = "r", **how: Any) -> Run:
    """The one run of JSON."""
    (run,) = import_rows(data, **how)[0].runs
    return replace(run, id=run_id)


def image_folder(root: Path, *names: str) -> Path:
    """A folder with files that are called so; no picture is in them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root
