"""The model list: the shipped `registry.toml`, overridden by the user's `models.toml`, and models of runs."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fada_tui.core.errors import PASSING, ErrorKind, UsageError, reason
from fada_tui.core.paths import demo_weights, expanded
from fada_tui.core.records import ModelEntry, ModelStatus, Record, Run, known_keys, only_known
from fada_tui.core.toml import read_toml, suggestion
from fada_tui.models.endpoint import ADAPTER, is_endpoint, parse

SHIPPED = Path(__file__).with_suffix(".toml")

EMBEDDED = "demo"
"""The source of the model that comes with the program."""

Table = dict[str, Any]
"""A model's table in a file: only the keys that were written."""

_HUB_PART = re.compile(r"\w(?:[\w.-]*\w)?", re.ASCII)
_PATH_LIKE = ("./", "../", "/", "~")


class Registry(Record, frozen=True, kw_only=True):
    """The model list in force, in its order."""

    entries: tuple[ModelEntry, ...]
    user: tuple[Table, ...] = ()
    """The user's own tables, as in their file."""
    shipped: frozenset[str] = frozenset()
    """Folded names of the shipped entries."""
    warnings: tuple[str, ...] = ()
    damage: str | None = None
    """Why the user's file as a whole cannot be read, and is left out."""
    unusable: Mapping[str, str] = {}
    """Why the user's entry of a folded name, or of none, cannot be used, and is left out."""

    def check(self) -> None:
        """Raise `UsageError` if the user's file could not be read: for whom another list would be wrong."""
        if self.damage:
            raise UsageError(self.damage)

    def find(self, name: str) -> ModelEntry | None:
        """Return the entry of a name, ignoring case."""
        return next((entry for entry in self.entries if _same(entry.name, name)), None)

    def by_source(self, source: str) -> ModelEntry | None:
        """Return the first entry of a hub id or folder that has no LoRA."""
        plain = (entry for entry in self.entries if entry.lora is None)
        return next((entry for entry in plain if entry.source == source), None)

    def user_table(self, name: str) -> Table | None:
        """Return the user's table for a model."""
        return next((table for table in self.user if _same(_name(table) or "", name)), None)


class ModelRow(Record, frozen=True, kw_only=True):
    """An entry with its current status."""

    entry: ModelEntry
    status: ModelStatus
    reason: str | None = None
    runs: int = 0
    """Number of its runs."""
    run: Run | None = None
    """Its latest complete run, which provides the model's figures."""


def load_registry(user_file: Path, shipped: Path = SHIPPED) -> Registry:
    """Return the model list.

    A user's entry that cannot be used is left out, with what it overrides, and so is a file that cannot be
    read; the list's warnings say which, and why.

    Args:
        user_file: the user's `models.toml`, which need not exist. Its tables override the shipped ones of
            the same name key by key.
        shipped: the list that comes with the program.
    """
    ours = _tables(read_toml(shipped) or {}, shipped)
    document: Mapping[str, Any] = {}
    damage = None
    try:
        document = read_toml(user_file) or {}
        theirs = _tables(document, user_file)
    except UsageError as error:
        theirs, damage = [], str(error)
    entries = {name.casefold(): _entry(table, shipped) for table in ours if (name := _name(table))}
    merged = {name.casefold(): table for table in ours if (name := _name(table))}
    unusable: dict[str, str] = {}
    warnings = [f"{damage}; none of it is used"] if damage else []
    seen: set[str] = set()
    for number, table in enumerate(theirs, start=1):
        name = _name(table)
        key = (name or "").casefold()
        try:
            if name is None:
                raise UsageError(f"{user_file}: model {number} needs a name")
            if key in seen:
                raise UsageError(f"{user_file}: model '{name}' comes twice")
            seen.add(key)
            entries[key] = _entry(_over(merged.get(key, {}), table), user_file)
        except UsageError as error:
            entries.pop(key, None)
            unusable[key] = str(error)
            warnings.append(f"{error}; it is left out")
    return Registry(
        entries=tuple(sorted(entries.values(), key=_place)),
        user=tuple(theirs),
        shipped=frozenset(merged),
        warnings=(*warnings, *_unknown_keys(document, theirs, user_file)),
        damage=damage,
        unusable=unusable,
    )


def resolve_model(text: str, registry: Registry) -> ModelEntry:
    """Return the model that a user specifies: by a name of the list, a folder, a hub id, or a server's URL.

    The source of what is returned is a hub id, the absolute path of a folder, a URL, or `demo`, which says
    the same on every machine; `located` turns that, too, into what the worker loads.

    Raises:
        UsageError: it is none of these; suggests the nearest name.
    """
    if entry := registry.find(text):
        return entry if entry.source == EMBEDDED else located(entry)
    if text and (why := registry.unusable.get(text.casefold())):
        raise UsageError(why)
    if is_endpoint(text):
        served = parse(text)
        unlisted = ModelEntry(name=served.name, source=served.source, adapter=ADAPTER)
        return registry.by_source(served.source) or unlisted
    path = expanded(text)
    # os.path says no where Path raises: at a name that is too long, or a folder that may not be searched.
    if text and os.path.isdir(path):  # noqa: PTH112
        folder = folder_source(path)
        return registry.by_source(folder) or ModelEntry(name=Path(folder).name or "model", source=folder)
    if text.startswith(_PATH_LIKE) or os.path.exists(path):  # noqa: PTH110
        raise UsageError(f"model '{text}' is not a folder: name the folder of a saved checkpoint")
    if is_hub_id(text):
        return registry.by_source(text) or ModelEntry(name=text.partition("/")[2], source=text)
    near = suggestion(text, [entry.name for entry in registry.entries])
    raise UsageError(
        f"unknown model '{text}'{near or ': name one of the list, a hub id (owner/name), a folder or a URL'} "
        "(see: fada-tui models list)"
    )


def located(entry: ModelEntry) -> ModelEntry:
    """Return the entry with its source as the worker loads it: a hub id, a folder's absolute path, a URL."""
    if is_endpoint(entry.source):
        if entry.adapter not in ("auto", ADAPTER):
            raise UsageError(
                f"{entry.name}: adapter '{entry.adapter}' prompts checkpoints; a server's is '{ADAPTER}'"
            )
        return replace(entry, source=parse(entry.source).source, adapter=ADAPTER)
    if entry.source == EMBEDDED:
        return replace(entry, source=str(demo_weights()))
    if entry.source.startswith(_PATH_LIKE):
        return replace(entry, source=os.path.abspath(expanded(entry.source)))  # noqa: PTH100
    return entry


def located_lora(entry: ModelEntry) -> str | None:
    """Return the LoRA of an entry as runs record it: a hub id, or a folder's absolute path."""
    lora = entry.lora
    if lora is not None and lora.startswith(_PATH_LIKE):
        return os.path.abspath(expanded(lora))  # noqa: PTH100
    return lora


def is_hub_id(text: str) -> bool:
    """Return whether a text has the form of a hub id: `owner/name`, 96 characters at most."""
    parts = text.split("/")
    return (
        len(parts) == 2
        and len(text) <= 96
        and all(_HUB_PART.fullmatch(part) for part in parts)
        and "--" not in text
        and ".." not in text
    )


def folder_source(path: Path) -> str:
    """Return a folder as a source: its absolute path, with symbolic links kept as the user chose them.

    Raises:
        UsageError: the path has bytes that are not UTF-8, which no file of ours could hold.
    """
    folder = os.path.abspath(path)  # noqa: PTH100
    try:
        folder.encode()
    except UnicodeEncodeError:
        raise UsageError(f"the path of model folder {folder!r} is not UTF-8: rename it") from None
    return folder


def statuses(registry: Registry, runs: Sequence[Run]) -> tuple[ModelRow, ...]:
    """Return a row for each entry, with the status from the user's file, else the runs, else the list."""
    return tuple(
        _row(registry, entry, [run for run in runs if is_of(run, entry)]) for entry in registry.entries
    )


def with_models_of(registry: Registry, runs: Sequence[Run]) -> Registry:
    """Return the list extended by the models that have runs but no entry, such as folders."""
    entries = list(registry.entries)
    for run in runs:
        if not any(is_of(run, entry) for entry in entries):
            source = run.model.source or run.model.name
            taken = any(_same(entry.name, run.model.name) for entry in entries)
            lora = run.model.lora.source if run.model.lora else None
            name = (f"{source}+{lora}" if lora else source) if taken else run.model.name
            entries.append(ModelEntry(name=name, source=source, lora=lora, parameters=run.model.parameters))
    return replace(registry, entries=tuple(entries))


def next_model(registry: Registry, runs: Sequence[Run], after: Run | None = None) -> ModelRow | None:
    """Return the next untested model: the first in order, blocked ones last.

    Args:
        registry: the model list.
        runs: what has been tried.
        after: prefer the models that come after this run's in the list.
    """
    places = [entry.order for entry in registry.entries if after and is_of(after, entry)]
    place = next((order for order in places if order is not None), 0)
    rows = [
        row for row in statuses(registry, runs) if row.status == "untested" and row.entry.source != EMBEDDED
    ]
    return min(
        rows, key=lambda row: (row.reason is not None, (row.entry.order or place) < place), default=None
    )


def is_of(run: Run, entry: ModelEntry) -> bool:
    """Return whether a run belongs to an entry: by source, or by name unless the sources differ.

    A model with a LoRA is another than the one without; an entry may also be the LoRA itself.
    """
    source, lora = run.model.source, run.model.lora.source if run.model.lora else None
    if lora is not None and entry.lora is None:
        return located(entry).source == lora
    if entry.lora is not None and located_lora(entry) != lora:
        return False
    if source in (entry.source, located(entry).source):
        return True
    return _same(run.model.name, entry.name) and (source is None or entry.source == EMBEDDED)


def check_entry(table: Mapping[str, Any], file: Path) -> None:
    """Raise `UsageError` for a model's table that could not be read again.

    Args:
        table: all that is to be said of the model.
        file: where it is to be written, for the message.
    """
    _entry(dict(table), file)


def _tables(document: Mapping[str, Any], file: Path) -> list[Table]:
    """Return a file's `[[model]]` tables."""
    tables = document.get("model", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{file}: models are written as [[model]] tables with name and source")
    return tables


def _name(table: Mapping[str, Any]) -> str | None:
    """Return the name in a model's table; `None` if it has none."""
    name = table.get("name")
    return name if isinstance(name, str) and name.strip() else None


def _over(base: Table, table: Table) -> Table:
    """Return a table merged over another. If it sets a status, the other's reason is not inherited."""
    kept = {key: value for key, value in base.items() if not (key == "reason" and "status" in table)}
    return kept | table


def _entry(table: Table, file: Path) -> ModelEntry:
    if "source" not in table:
        raise UsageError(f"{file}: model '{table['name']}' needs a source: a hub id, a folder or a URL")
    try:
        entry = msgspec.convert(only_known(table, ModelEntry), ModelEntry)
    except msgspec.ValidationError as error:
        why = reason(error).replace(" - at `$.", " in `").replace("`", "'")
        raise UsageError(f"{file}: model '{table['name']}': {why}") from None
    try:
        return located(entry) if is_endpoint(entry.source) else entry
    except UsageError as error:
        raise UsageError(f"{file}: model '{table['name']}': {error}") from None


def _unknown_keys(document: Mapping[str, Any], tables: Sequence[Table], file: Path) -> list[str]:
    known = known_keys(ModelEntry)
    found = [f"{file}: unknown key {key!r} is ignored" for key in document if key != "model"]
    found += [
        f"{file}: model '{name}': unknown key {key!r} is ignored{suggestion(key, known)}"
        for table in tables
        if (name := _name(table))
        for key in table
        if key not in known
    ]
    return found


def _place(entry: ModelEntry) -> tuple[bool, bool, int]:
    """Return the sort key: the embedded model first, then by order, then the others in file order."""
    return (entry.source != EMBEDDED, entry.order is None, entry.order or 0)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


def _row(registry: Registry, entry: ModelEntry, runs: Sequence[Run]) -> ModelRow:
    """Return an entry's row; runs that wait in a queue tell nothing yet."""
    runs = [run for run in runs if run.begun]
    ordered = sorted(runs, key=lambda run: (run.started or "", run.id))
    complete = [run for run in ordered if run.status == "complete"]
    answered = [run for run in complete if not run.fruitless]
    status, reason = entry.status, entry.reason
    if "status" not in (registry.user_table(entry.name) or {}):
        status, reason = _by_runs(entry, ordered, answered=bool(answered))
    latest = answered or complete
    return ModelRow(
        entry=entry, status=status, reason=reason, runs=len(runs), run=latest[-1] if latest else None
    )


def _by_runs(entry: ModelEntry, ordered: Sequence[Run], *, answered: bool) -> tuple[ModelStatus, str | None]:
    """Return the status that runs give a model, and the reason.

    An answer, once given, makes it tested. Else its latest run decides; what passes (no network, a timeout, a
    full disk) leaves the status as it was and is given as the reason alone.
    """
    if answered:
        return "tested", None
    telling = [run for run in ordered if not _passing(run)]
    if telling and telling[-1].fruitless:
        failure = telling[-1].failure
        gated = failure is not None and failure.kind == ErrorKind.GATED
        return ("gated" if gated else "failed"), failure.message if failure else None
    if ordered and _passing(ordered[-1]) and ordered[-1].failure:
        return entry.status, ordered[-1].failure.message
    return entry.status, entry.reason


def _passing(run: Run) -> bool:
    return run.failure is not None and run.failure.kind in PASSING
