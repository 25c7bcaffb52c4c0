"""The user's choices for the last run, kept between sessions in `state.toml`.

What differs from the defaults is remembered, and it takes the place of what nobody gave: an option, a
variable or a line of `settings.toml` wins, also where it says what is so by default.
"""

import os
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fada_tui.config.questions import load_questions
from fada_tui.config.rubrics import RUBRICS, load_rubric
from fada_tui.config.settings import Settings, value_of
from fada_tui.config.state_tables import read_table, write_table
from fada_tui.core.device_list import is_device, is_device_list
from fada_tui.core.errors import UsageError

REMEMBERED = (
    "model",
    "question",
    "questions",
    "references",
    "control",
    "max_new_tokens",
    "temperature",
    "top_p",
    "system_prompt",
    "thinking",
    "max_thinking_tokens",
    "seed",
    "batch_size",
    "dtype",
    "device",
    "devices",
    "engine",
    "quantization",
    "concurrency",
    "per_category",
    "rubric",
)
"""Names of the settings that are remembered."""

_TABLE = "last_run"
_DEFAULTS = Settings()


def with_remembered(settings: Settings, file: Path, given: Set[str] = frozenset()) -> Settings:
    """Return the settings with the last choices in place of defaults.

    A file that is missing, damaged or of another version has nothing to say, or says less.

    Args:
        settings: the settings in force.
        file: `state.toml`.
        given: names of the settings that a person gave, which nothing remembered replaces; see
            `settings.names_given`. Those that differ from their defaults need not be among them.
    """
    return replace(settings, **remembered(settings, file, given))


def remembered(settings: Settings, file: Path, given: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the last choices that take the place of defaults, by name; see `with_remembered`."""
    changes = {
        name: value
        for name, value in _read(file).items()
        if name not in given and getattr(settings, name) == _default(name)
    }
    if given & {"question", "questions"} or settings.question or settings.questions:
        changes.pop("question", None)
        changes.pop("questions", None)
    elif "question" in changes or not _loadable(changes.get("questions"), load_questions):
        changes.pop("questions", None)
    if given & {"device", "devices"} or settings.devices or settings.device != _default("device"):
        changes.pop("device", None)
        changes.pop("devices", None)
    elif "devices" in changes:
        changes.pop("device", None)
    if settings.devices:  # which no engine has
        changes.pop("engine", None)
    if changes.get("engine", settings.engine) != _default("engine"):
        changes.pop("devices", None)
    if not _loadable(changes.get("rubric"), load_rubric):
        changes.pop("rubric", None)
    if not all(Path(file).is_file() for file in changes.get("references", ())):
        changes.pop("references", None)
    return changes


def remember(settings: Settings, file: Path) -> None:
    """Save the choices in these settings, files by paths that are valid in every folder.

    Raises:
        OSError: it cannot be written.
    """
    settings = replace(
        settings,
        references=tuple(os.path.abspath(file) for file in settings.references),  # noqa: PTH100
        rubric=RUBRICS.source(settings.rubric),
    )
    chosen = {
        name: msgspec.to_builtins(value)
        for name in REMEMBERED
        if (value := getattr(settings, name)) != _default(name)
    }
    write_table(file, _TABLE, chosen)


def forget(file: Path) -> None:
    """Forget all choices; what else the file holds stays.

    Raises:
        OSError: it cannot be written.
    """
    if file.exists():
        write_table(file, _TABLE, {})


def _read(file: Path) -> dict[str, Any]:
    table = read_table(file, _TABLE)
    return {
        name: value for name in REMEMBERED if (value := _checked(name, table.get(name))) not in (None, ())
    }


def _checked(name: str, value: Any) -> Any:
    """Return a value converted for the setting; `None` if the setting does not allow it."""
    try:
        checked = value_of(name, value)
    except msgspec.ValidationError:
        return None
    if name == "device" and checked is not None and not is_device(checked):
        return None
    return None if name == "devices" and checked and not is_device_list(checked) else checked


def _loadable(name_or_file: str | None, load: Callable[[str], object]) -> bool:
    """Return whether a question set, rubric or file is still there: nobody asked for it in this session."""
    if name_or_file is None:
        return False
    try:
        load(name_or_file)
    except UsageError:
        return False
    return True


def _default(name: str) -> Any:
    return getattr(_DEFAULTS, name)
