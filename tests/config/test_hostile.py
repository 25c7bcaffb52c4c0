"""Whatever a file of the user's holds, it is read or refused in one line that names it."""

import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli_w

from fada_tui.config import preset
from fada_tui.config.class_sets import load_classes
from fada_tui.config.last_run import REMEMBERED, with_remembered
from fada_tui.config.questions import load_questions
from fada_tui.config.rubrics import load_rubric
from fada_tui.config.schema import SETTINGS
from fada_tui.config.settings import Settings, load_settings
from fada_tui.core.errors import FadaError
from fada_tui.models.hub_cache import is_here, snapshot
from fada_tui.models.registry import load_registry, resolve_model, statuses
from fada_tui.models.user_list import save_user_entries
from fada_tui.runs.planning import questions_of
from fada_tui.runs.preflight.inspection import look
from fada_tui.tui.keymap import COMMANDS, keymap_faults, shown_keys
from tests.hostile import FEW, HOSTILE, ODD_NUMBERS, altered

VALUES = tuple(value for value in HOSTILE if value not in (None, {"": None}, ["a", 1, None])) + ODD_NUMBERS
"""Those that TOML has."""

PRESETS = Path(preset.__file__).parent / "presets"

ENTRY = {
    "name": "x",
    "source": "a/b",
    "order": 3,
    "status": "untested",
    "reason": "r",
    "parameters": 5,
    "license": "mit",
    "dtype": "float32",
    "notes": "n",
    "revision": "main",
    "adapter": "auto",
    "quantization": "4bit",
    "fetched_by_hand": ["a"],
    "longest_edge": 5,
    "max_tiles": 3,
}


def files(
    folder: Path, table: dict[str, Any], values: tuple[Any, ...] = VALUES
) -> Iterator[tuple[str, Path]]:
    """Write a file with each of its values altered, one at a time."""
    file = folder / "file.toml"
    for place, changed in altered(table, values):
        if isinstance(changed, dict):
            file.write_bytes(tomli_w.dumps(changed).encode())
            yield place, file


@pytest.mark.parametrize("name", SETTINGS)
def test_whatever_a_setting_is_it_counts_or_is_warned_of(tmp_path: Path, name: str) -> None:
    default = SETTINGS[name].default
    table = {name: list(default) if isinstance(default, tuple) else "x" if default is None else default}
    if name == "keymap":
        table = {name: {"quit": "Q", "undo": "ctrl+u"}}
    for place, file in files(tmp_path, table):
        settings, warnings = load_settings({}, {}, file, tolerant=True)
        assert all("\n" not in warning and len(warning) < 1000 for warning in warnings), place
        msgspec.json.encode(settings)
        list(keymap_faults(settings.keymap))
        assert all(shown_keys(command, settings.keymap) is not None for command in COMMANDS)
        try:
            questions_of(settings)
        except FadaError as error:
            assert "\n" not in str(error), place


@pytest.mark.long
def test_whatever_the_model_list_holds_the_other_models_are_in_it(tmp_path: Path) -> None:
    for place, file in files(
        tmp_path, {"model": [ENTRY, {"name": "y", "source": "/nowhere"}]}, (*FEW, math.nan)
    ):
        registry = load_registry(file)
        assert registry.find("fada-demo") and statuses(registry, []), place
        assert all("\n" not in warning for warning in registry.warnings), place
        save_user_entries(registry.user, tmp_path / "again.toml")
        for name in {"x", "y"} & {entry.name for entry in registry.entries}:
            try:
                entry = resolve_model(name, registry)
            except FadaError:
                continue
            is_here(entry)
            snapshot(entry.source, entry.revision)
            look(entry, max_new_tokens=5, ask_hub=False)


@pytest.mark.long
def test_whatever_is_remembered_of_the_last_run_a_new_one_begins(tmp_path: Path) -> None:
    known = {name: value for name in REMEMBERED if (value := getattr(Settings(), name)) is not None}
    last = {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}
    last |= {"question": ["What?"], "questions": "fada", "per_category": 3}
    for _, file in files(tmp_path, {"last_run": last}):
        assert questions_of(with_remembered(Settings(), file))


@pytest.mark.long
@pytest.mark.parametrize(
    ("folder", "load"),
    [("questions", load_questions), ("class_sets", load_classes), ("rubrics", load_rubric)],
)
def test_whatever_a_preset_of_ones_own_holds_it_is_read_or_refused(
    tmp_path: Path, folder: str, load: Callable[[str], object]
) -> None:
    shipped = min((PRESETS / folder).glob("*.toml"), key=lambda file: file.stat().st_size)
    for place, file in files(tmp_path, tomllib.loads(shipped.read_text()), FEW):
        try:
            load(str(file))
        except FadaError as error:
            assert "\n" not in str(error) and str(file) in str(error), place
