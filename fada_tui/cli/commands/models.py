"""`fada-tui models`: lists the models with the results of their runs, and edits the user's entries."""

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fada_tui.cli.commands import model_rows
from fada_tui.cli.commands.common import results_folder, warn
from fada_tui.cli.output import print_json
from fada_tui.config.schema import SETTINGS
from fada_tui.config.settings import load_settings
from fada_tui.core.errors import ExitCode, UsageError
from fada_tui.core.paths import expanded, models_file, settings_file
from fada_tui.core.records import ModelEntry, Run
from fada_tui.core.text import printable
from fada_tui.core.toml import suggestion
from fada_tui.models.endpoint import is_endpoint, parse
from fada_tui.models.lora import lora_source, with_lora
from fada_tui.models.registry import (
    ModelRow,
    Registry,
    Table,
    check_entry,
    folder_source,
    is_hub_id,
    load_registry,
    next_model,
    resolve_model,
    statuses,
)
from fada_tui.models.user_list import change_user_entries, override
from fada_tui.report.figures import Figures, figures
from fada_tui.runs.engines.needs import look
from fada_tui.runs.planning import engine_of, with_choices
from fada_tui.runs.preflight.describe import as_json, facts, measured, shared
from fada_tui.store import folder as store


class Tried(NamedTuple):
    """The runs of a results folder, without their results, and their figures."""

    runs: Sequence[Run]
    figures: Mapping[str, Figures]
    """By the run's id."""

    def line(self, row: ModelRow) -> model_rows.Line:
        """Return a model's row with its figures."""
        return model_rows.Line(row, self.figures.get(row.run.id) if row.run else None)


ReadRuns = Callable[[Path], Tried]
"""Reads the runs of a results folder."""

BY_RUNS = "auto"
"""The status value with which the runs decide the status again."""


class Change(Struct, frozen=True):
    """A change of the user's list that a command asks for."""

    name: str
    """The model's."""
    keys: Mapping[str, Any] | None
    """What its table is to say, see `override`; `None` takes the table out."""
    said: str
    """The change in words."""


def read_runs(results: Path) -> Tried:
    """Read the runs of a results folder; those that cannot be read are named on stderr."""
    warnings: list[str] = []
    runs: list[Run] = []
    found: dict[str, Figures] = {}
    for run in store.each_run(results, warnings):
        found[run.id] = figures(run)
        runs.append(run.light())
    warn(warnings)
    return Tried(runs, found)


def run(options: Namespace, read: ReadRuns = read_runs) -> int:
    """Run the action that `options.action` names; return the exit code.

    Raises:
        UsageError: an unknown model, a value that cannot be used, or a file that cannot be read or written.
    """
    actions = {"list": list_models, "show": show, "next": following}
    changes = {"add": add, "remove": remove, "status": status}
    if options.action in changes:
        return changes[options.action](options)
    return actions[options.action](options, read)


def list_models(options: Namespace, read: ReadRuns) -> int:
    """Print all models in the order of the testing list."""
    tried = read(results_folder(options))
    rows = [tried.line(row) for row in statuses(_registry(), tried.runs)]
    if _json(options):
        print_json({"models": [model_rows.flat(row) for row in rows]})
    elif sys.stdout.isatty():
        model_rows.print_table(rows)
    else:
        _write(model_rows.plain_table(rows))
    return ExitCode.OK


def show(options: Namespace, read: ReadRuns) -> int:
    """Print one model and what it needs: a name, a place in the list, a hub id or a folder.

    That it cannot be run is what one wanted to know, and no failure of this command.
    """
    registry = _registry()
    entry = with_lora(_named(registry, options.name), registry, getattr(options, "lora", None))
    listed = registry if entry in registry.entries else replace(registry, entries=(entry,))
    tried = read(results_folder(options))
    row = tried.line(next(row for row in statuses(listed, tried.runs) if row.entry == entry))
    chosen = {"engine": getattr(options, "engine", None)}
    settings, warnings = load_settings(chosen, os.environ, settings_file(), tolerant=True)
    warn(warnings)
    found = look(
        settings.engine,
        with_choices(entry, settings),
        max_new_tokens=settings.most_tokens,
        ask_hub=True,
        device=settings.device,
    )
    room = shared(measured(), None if engine_of(settings) else settings.devices, settings.device)
    if _json(options):
        print_json(model_rows.flat(row) | as_json(found, room))
    else:
        said = [fact for fact in facts(found, room) if fact[0] != "Licence" or entry.license is None]
        _write("\n".join([*model_rows.lines(row), *model_rows.aligned(said)]))
    return ExitCode.OK


def following(options: Namespace, read: ReadRuns) -> int:
    """Print the model to test next."""
    tried = read(results_folder(options))
    row = next_model(_registry(), tried.runs)
    if _json(options):
        print_json({"next": model_rows.flat(tried.line(row)) if row else None})
    elif row:
        command = f"fada-tui --batch --model {shlex.quote(printable(row.entry.name))}"
        _write("\n".join([*model_rows.lines(tried.line(row)), "", f"Run it:  {command}"]))
    else:
        _write("No model of the list is left untested.")
    return ExitCode.OK


def add(options: Namespace) -> int:
    """Add a model to the user's list, or change its entry."""
    name = options.name.strip()
    if not name or name != printable(name):
        raise UsageError(f"a model needs a name of printable characters, got {options.name!r}")
    optional = (
        *("revision", "lora_revision", "adapter", "api_key_env", "parameters", "license", "order", "notes"),
        *(setting.name for setting in SETTINGS.values() if setting.entry_default),
    )
    given = {key: getattr(options, key, None) for key in optional}
    for key in ("parameters", "order"):
        number = getattr(options, key, None)
        if number is not None and number < 1:
            raise UsageError(f"--{key}: expected a whole number of at least 1, got {number}")
    changes = {"source": _source(options.source)} | {k: v for k, v in given.items() if v is not None}
    if "lora" in changes:
        changes["lora"] = lora_source(ModelEntry(name=name, source=changes["source"]), changes["lora"])

    def added(registry: Registry) -> Change:
        known = registry.find(name)
        last = max((entry.order or 0 for entry in registry.entries), default=0)
        place = {"order": last + 1} if known is None else {}
        listed = msgspec.to_builtins(known) if known else {}
        whole = {**listed, **(registry.user_table(name) or {}), "name": name, **place, **changes}
        check_entry(whole, models_file())
        return Change(name, place | changes, f"{'changed' if known else 'added'} {name}")

    return _change(options, added)


def remove(options: Namespace) -> int:
    """Take a model out of the user's list; one that comes with the program is marked as skipped instead."""

    def removed(registry: Registry) -> Change:
        entry = _known(registry, options.name)
        if entry.name.casefold() not in registry.shipped:
            return Change(entry.name, None, f"removed {entry.name} from {models_file()}")
        said = f"{entry.name} comes with the program: marked as skipped instead of removed"
        return Change(entry.name, {"status": "skipped", "reason": "taken off the list"}, said)

    return _change(options, removed)


def status(options: Namespace) -> int:
    """Set a model's status, or give it back to the runs with `auto`."""
    chosen = None if options.status == BY_RUNS else options.status
    changes = {"status": chosen, "reason": getattr(options, "reason", None) if chosen else None}

    def marked(registry: Registry) -> Change:
        name = _known(registry, options.name).name
        said = f"{name} is now {chosen}" if chosen else f"{name} has the status its runs give it"
        return Change(name, changes, said)

    return _change(options, marked)


def _registry() -> Registry:
    registry = load_registry(models_file())
    warn(registry.warnings)
    return registry


def _known(registry: Registry, text: str) -> ModelEntry:
    """Return the entry of a name, hub id or place in the list."""
    by_place = (entry for entry in registry.entries if entry.order is not None and text == str(entry.order))
    if entry := registry.find(text) or registry.by_source(text) or next(by_place, None):
        return entry
    names = [entry.name for entry in registry.entries]
    raise UsageError(f"no model '{text}' in the list{suggestion(text, names)} (see: fada-tui models list)")


def _named(registry: Registry, text: str) -> ModelEntry:
    """Return the entry of a name or place in the list, else an entry for a folder or hub id."""
    path = expanded(text)
    if "/" in text or os.path.isdir(path):  # noqa: PTH112
        listed = registry.find(text) or registry.by_source(text)
        return listed or resolve_model(text, registry)
    return _known(registry, text)


def _source(text: str) -> str:
    """Return a source as the list stores it: a folder's absolute path, a hub id, or a server's URL."""
    if is_endpoint(text):
        return parse(text).source
    path = expanded(text)
    if os.path.isdir(path):  # noqa: PTH112
        return folder_source(path)
    if is_hub_id(text):
        return text
    raise UsageError(f"--source: '{text}' is neither a folder nor a hub id (owner/name) nor a URL")


def _change(options: Namespace, wanted: Callable[[Registry], Change]) -> int:
    """Change the user's list by what is wanted of it as it is now, and say so."""
    decided: list[Change] = []

    def tables(registry: Registry) -> Sequence[Table]:
        warn(registry.warnings)
        change = wanted(registry)
        decided.append(change)
        if change.keys is None:
            own = registry.user_table(change.name)
            return [table for table in registry.user if table is not own]
        return override(registry, change.name, change.keys)

    file = models_file()
    registry = change_user_entries(file, tables)
    (change,) = decided
    if change.keys is None:
        _say(options, change.said, {"removed": change.name})
        return ExitCode.OK
    entry = registry.find(change.name)
    _say(options, f"{change.said} ({file})", {"model": msgspec.to_builtins(entry) if entry else None})
    return ExitCode.OK


def _json(options: Namespace) -> bool:
    return bool(getattr(options, "json", False))


def _say(options: Namespace, text: str, result: Mapping[str, Any]) -> None:
    """Print what was done, in words or as JSON."""
    if _json(options):
        print_json(result)
    else:
        _write(printable(text))


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
