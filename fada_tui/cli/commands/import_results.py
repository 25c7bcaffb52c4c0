"""`fada-tui import`: results that other programs wrote, as runs."""

import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import UNSET

from fada_tui import __version__
from fada_tui.cli.commands.common import settings_for, warn
from fada_tui.cli.output import print_json
from fada_tui.config.questions import known_question, load_questions, question_set
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import expanded, models_file
from fada_tui.core.records import ModelEntry, Run, Tool
from fada_tui.core.text import printable
from fada_tui.images.catalogue import Catalogue, scan
from fada_tui.models.names import named_like
from fada_tui.models.registry import Registry, load_registry, resolve_model
from fada_tui.report.looking import constant_answers, constant_told
from fada_tui.report.references import references_told
from fada_tui.runs.publish import publish
from fada_tui.runs.rescoring import Anew, scored_anew
from fada_tui.store import folder as store
from fada_tui.store.imported.answers import read_answers
from fada_tui.store.imported.assessments import AssessmentTable
from fada_tui.store.imported.columns import Columns, mapping_of
from fada_tui.store.imported.images import Placing
from fada_tui.store.imported.quantities import count, moment, size
from fada_tui.store.imported.questions import Asked
from fada_tui.store.imported.reading import read_rows
from fada_tui.store.imported.runs import Told, build_runs, told_of, with_id
from fada_tui.store.lock import RunLock
from fada_tui.store.tables import read_table

SCORED_BY = ("references", "rubric", "alias")
"""Settings by which answers are scored, which can be given here, too."""

_TOLD = (
    "model", "date", "dataset", "images", "questions", "device", "dtype", "quantization", "memory",
    "parameters", "assessments",
)  # fmt: skip
"""Options that say something of the results, which no empty text can."""

_WORDS = ("model", "device", "dtype", "quantization", "assessor")
"""Options that stand in a run as they are given."""

ERROR_PREFIXES = ("ERROR:",)
"""Texts that begin what is no answer, where a person names none."""


def run(options: Namespace) -> int:
    """Import a file's results, a run for each model; return the exit code.

    Nothing is written before all of the file has been understood.

    Raises:
        UsageError: the file, or one that goes with it, or an option cannot be used.
        StoreError: a run cannot be written.
    """
    settings = settings_for(options, "assessor", *SCORED_BY)
    warnings: list[str] = []
    registry = load_registry(models_file())
    read = _read(options, settings, registry, warnings)
    for line in read.matched:
        sys.stderr.write(f"{printable(line)}\n")
    warn(warnings)
    rows = []
    for one in read.runs:
        folder, unread = _write(one, settings, registry)
        warn(unread)
        warnings += unread
        rows.append(_row(one, folder))
        if told := constant_told(one):
            sys.stderr.write(f"{printable(f'{one.model.name}: {told}')}\n")
        if not getattr(options, "json", False):
            sys.stdout.write(f"{printable(str(folder / store.SUMMARY_NAME))}\n")
    if getattr(options, "json", False):
        counts = {"assessments": read.assessments, "unmatched_images": read.unmatched_images}
        print_json({"runs": rows, **counts, "warnings": warnings})
    return 0


class _Read(NamedTuple):
    """What a file and those that go with it hold."""

    matched: list[str]
    """What went with what, in lines."""
    runs: Sequence[Run]
    """Without ids."""
    unmatched_images: int
    """Images of answers that are not in the folder that a person named."""
    assessments: int = 0
    """Those that went to results."""


def _read(options: Namespace, settings: Settings, registry: Registry, warnings: list[str]) -> _Read:
    """Read all files; what did not match is added to the warnings."""
    file, given = expanded(options.file), vars(options).get
    columns = Columns(mapping_of(given("map") or ()))
    prefixes = given("error_prefix") or ERROR_PREFIXES
    if not all(prefix.strip() for prefix in prefixes):
        raise UsageError("--error-prefix is empty: each answer would be an error; name how errors begin")
    _check(options)
    catalogue = _catalogue(given("images"))
    told = _told(options, catalogue, file)
    questions, assessments = given("questions"), given("assessments")
    chosen = load_questions(questions) if questions else ()
    asked = Asked(chosen, known_question)
    placing = Placing(catalogue, told.dataset)
    rows, remarks = read_rows(
        file, columns, one_model=given("model") is not None, one_question=len(chosen) == 1
    )
    try:
        answers, taken = read_answers(rows, columns, prefixes)
        imported = build_runs(
            answers,
            told=told,
            tool=Tool(name="fada-tui", version=__version__),
            model=given("model"),
            entry_of=partial(_entry, registry),
            placing=placing,
            asked=asked,
        )
    except UsageError as error:
        raise UsageError(f"{encode_name(str(file))}: {error}") from None
    warnings += _unlisted(imported.runs, registry)
    about = (*remarks, *told_of(imported, placing, asked))
    warnings += (f"{encode_name(file.name)}: {line}" for line in about)
    matched = [f"columns: {taken}"] if taken else []
    runs = [_scored(run, settings, matched, warnings) for run in imported.runs]
    read = _Read(matched, runs, len(placing.unmatched))
    if not assessments:
        return read
    runs, number, lost = _assessed(
        assessments, runs, settings.assessor, lambda name: _entry(registry, name).name
    )
    warnings += lost
    return read._replace(runs=runs, assessments=number)


def _check(options: Namespace) -> None:
    """Raise `UsageError` for an option that was given nothing, or what cannot stand in a run."""
    given = vars(options).get
    for name in _TOLD:
        value = given(name)
        if value is not None and not value.strip():
            raise UsageError(f"--{name} is empty: give it a value, or leave it out")
    for name in _WORDS:
        value = given(name) or ""
        if value.encode(errors="replace").decode() != value:
            raise UsageError(f"--{name} {value}: this is no UTF-8 text; write it in UTF-8")


def _scored(run: Run, settings: Settings, matched: list[str], warnings: list[str]) -> Run:
    """Return a run scored as the settings say; add what of experts' references matched, and warnings."""
    by = Anew(rubric=settings.rubric, references=settings.references, aliases=settings.alias or None)
    scored, told = scored_anew(run, by)
    warnings += (line for line in told if line not in warnings)
    if scored.references is not UNSET:
        lines = references_told(scored.references, scored.questions)
        matched += (f"{run.model.name}: {line}" for line in lines)
    return scored


def _assessed(
    name: str, runs: Sequence[Run], assessor: str | None, name_of: Callable[[str], str]
) -> tuple[list[Run], int, list[str]]:
    """Return the runs with a table's assessments, their number, and what could not be taken."""
    file = expanded(name)
    table = read_table(file)
    try:
        assessments = AssessmentTable(table, runs, assessor, name_of)
    except UsageError as error:
        raise UsageError(f"{encode_name(str(file))}: {error}") from None
    assessed = assessments.given()
    lost = [f"{encode_name(file.name)}: {line}" for line in (*table.remarks, *assessments.remarks)]
    return assessed, assessments.taken, lost


def _write(run: Run, settings: Settings, registry: Registry) -> tuple[Path, list[str]]:
    """Write a run and its page; return its folder, and warnings."""
    folder = store.create(Path(settings.results), run.model.name, files=settings.files)
    with RunLock(folder) as lock:
        named = with_id(run, folder.name)
        store.write_run(folder, named)
        _, unread = publish(folder, named, registry)
    return folder, [*lock.warning(), *unread]


def _row(run: Run, folder: Path) -> dict[str, Any]:
    errors = sum(result.error is not None for result in run.results)
    asked = Counter(result.question_id for result in run.results)
    folder = folder.absolute()
    return {
        "id": folder.name,
        "path": encode_name(str(folder)),
        "model": run.model.name,
        "images": run.dataset.images,
        "results": len(run.results),
        "answers": len(run.results) - errors,
        "errors": errors,
        "assessments": sum(len(result.assessments) for result in run.results),
        "questions": {question.id: asked[question.id] for question in run.questions},
        "constant_answers": [question.question_id for question in constant_answers(run)],
        "run_json": encode_name(str(folder / store.RUN_NAME)),
        "summary": encode_name(str(folder / store.SUMMARY_NAME)),
    }


def _told(options: Namespace, catalogue: Catalogue | None, file: Path) -> Told:
    given = vars(options).get
    date, load_time, device = given("date"), given("load_time"), given("device")
    started = moment(date) if date else None
    if date and started is None:
        raise UsageError(f"--date {date}: expected a date as 2025-10-02, or a time as 2025-10-02T13:05")
    if load_time is not None and not 0 <= load_time < 1e7:
        raise UsageError(f"--load-time {load_time}: expected seconds")
    memory, parameters, questions = given("memory"), given("parameters"), given("questions")
    return Told(
        dataset=given("dataset") or (catalogue.name if catalogue else file.stem),
        root=encode_name(str(catalogue.root)) if catalogue else None,
        started=started,
        device="cpu" if device and device.casefold() == "cpu" else device,
        dtype=given("dtype"),
        quantization=given("quantization"),
        memory=size("--memory", memory) if memory else None,
        parameters=count("--parameters", parameters) if parameters else None,
        load_time=load_time,
        question_set=question_set(questions) if questions else None,
    )


def _catalogue(folder: str | None) -> Catalogue | None:
    return scan(Path(os.path.abspath(expanded(folder)))) if folder else None  # noqa: PTH100


def _entry(registry: Registry, name: str) -> ModelEntry:
    """Return a model of the list, or an entry of a name: imported results need no model that is there."""
    if known := named_like(name, registry):
        return known
    try:
        return resolve_model(name, registry)
    except UsageError:
        return ModelEntry(name=name, source="")


def _unlisted(runs: Sequence[Run], registry: Registry) -> Iterator[str]:
    for run in runs:
        if registry.find(run.model.name) is None:
            yield f"no model of the list is called '{printable(run.model.name)}': its name stands as given"
