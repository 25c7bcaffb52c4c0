"""The user's choices for the last run, kept between sessions in `state.toml`.

What differs from the defaults is remembered, and it takes the place of what nobody gave: an option, a
variable or a line of `settings.toml` wins, also where it says what is so by default.
"""

from collections.abc import Set
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fada_tui.config.questions import load_questions
from fada_tui.config.settings import Settings, value_of
from fada_tui.config.state_tables import read_table, write_table
from fada_tui.core.errors import UsageError

REMEMBERED = (
    "model",
    "question",
    "questions",
    "control",
    "max_new_tokens",
    "temperature",
    "top_p",
    "thinking",
    "max_thinking_tokens",
    "seed",
    "batch_size",
    "concurrency",
    "per_category",
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
    changes = {
        name: value
        for name, value in _read(file).items()
        if name not in given and getattr(settings, name) == _default(name)
    }
    if given & {"question", "questions"} or settings.question or settings.questions:
        changes.pop("question", None)
        changes.pop("questions", None)
    elif "question" in changes or not _loadable(changes.get("questions")):
        changes.pop("questions", None)
    return replace(settings, **changes)


def remember(settings: Settings, file: Path) -> None:
    """Save the choices in these settings.

    Raises:
        OSError: it cannot be written.
    """
    chosen = {
        name: msgspec.to_builtins(value)
        for name in REMEMBERED
        if (value := getattr(settings, name)) != _default(name)
    }
    write_table(file, _TABLE, chosen)


def _read(file: Path) -> dict[str, Any]:
    table = read_table(file, _TABLE)
    return {
        name: value for name in REMEMBERED if (value := _checked(name, table.get(name))) not in (None, ())
    }


def _checked(name: str, value: Any) -> Any:
    """Return a value converted for the setting; `None` if the setting does not allow it."""
    try:
        return value_of(name, value)
    except msgspec.ValidationError:
        return None


def _loadable(questions: str | None) -> bool:
    """Return whether a question set or file is still there: nobody asked for it in this session."""
    if questions is None:
        return False
    try:
        load_questions(questions)
    except UsageError:
        return False
    return True


def _default(name: str) -> Any:
    return getattr(_DEFAULTS, name)
