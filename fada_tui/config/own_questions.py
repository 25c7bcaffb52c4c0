"""Question sets that a person keeps under a name in the configuration folder, for `--questions NAME`."""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from msgspec import UNSET, to_builtins
from msgspec.structs import replace

from fada_tui.config.questions import QUESTION_SETS, questions_from_texts
from fada_tui.config.scoring_fields import KEYS
from fada_tui.core.atomic import make_folder, write_whole
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import own_presets
from fada_tui.core.records import Question

_NAME = re.compile(r"\w[\w.-]{0,63}")

_ALIKE = 0.7
"""Share of their characters that a question and its new wording have in common, at least."""


def questions_like(texts: Iterable[str], known: Sequence[Question]) -> tuple[Question, ...]:
    """Return questions of these texts, which keep the id, short name and scoring of those they are made from.

    Args:
        texts: of the questions, in their order.
        known: questions of the set that was changed. One of the same words is kept as it is; one whose words
            were changed a little keeps all but these. Other texts are as on the command line.

    Raises:
        UsageError: a text is empty, or comes twice.
    """
    plain = questions_from_texts(texts)
    left = {_folded(question.text): question for question in known}
    found = {one.text: left.pop(_folded(one.text)) for one in plain if _folded(one.text) in left}
    for one in plain:
        if one.text in found:
            continue
        near = difflib.get_close_matches(_folded(one.text), left, n=1, cutoff=_ALIKE)
        if near:
            found[one.text] = left.pop(near[0])
    taken = {question.id for question in found.values()}
    shorts = {question.short for question in found.values()}
    made = []
    for one in plain:
        if (like := found.get(one.text)) is not None:
            made.append(replace(like, text=one.text))
            continue
        number = next(n for n in range(1, len(plain) + len(taken) + 2) if f"q{n}" not in taken)
        taken.add(f"q{number}")
        made.append(replace(one, id=f"q{number}", short=UNSET if one.short in shorts else one.short))
    return tuple(made)


def check_name(name: str) -> None:
    """Raise `UsageError` where no set can be kept under a name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"a name is letters, digits, '_', '-' and '.', up to 64 of them, got {name!r}")
    if name in QUESTION_SETS.shipped():
        raise UsageError(f"a set '{name}' comes with the program; choose another name")


def is_kept(name: str) -> bool:
    """Return whether there is a set of this name among those that are kept."""
    return name in QUESTION_SETS.own()


def keep(name: str, questions: Sequence[Question]) -> Path:
    """Write a set, in place of one of the same name, and return its file.

    Raises:
        UsageError: no set can have this name.
        OSError: it cannot be written.
    """
    check_name(name)
    folder = own_presets(QUESTION_SETS.folder)
    make_folder(folder)
    file = folder / f"{name}.toml"
    items = [_table(question) for question in questions]
    write_whole(file, tomli_w.dumps({"name": name, "question": items}, multiline_strings=False).encode())
    return file


def _table(question: Question) -> dict[str, Any]:
    fields: dict[str, Any] = to_builtins(question)
    return {key: fields[key] for key in KEYS if key in fields}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
