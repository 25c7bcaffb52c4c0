"""Questions: the sets that come with the program, files of one's own, and texts from the command line.

A set is TOML: `name = "…"`, then `[[question]]` tables with `id` (`q1`, `q2`… by place where left out) and
`text`. Any other file is plain text with one question on each line; empty lines don't count.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.records import Question
from fada_tui.core.toml import read_toml, suggestion

DEFAULT_QUESTION = Question(
    id="structures", text="What anatomical structures can you see in this ultrasound image?"
)
"""Asked where nothing else is."""

_SHIPPED = Path(__file__).parent / "presets" / "questions"
_ID = re.compile(r"[\w.-]+")


def shipped() -> tuple[str, ...]:
    """Return the names of the question sets that come with the program."""
    return tuple(sorted(file.stem for file in _SHIPPED.glob("*.toml")))


def load_questions(set_or_file: str) -> tuple[Question, ...]:
    """Return a shipped set by its name, or the questions of a file.

    Raises:
        UsageError: there is no such set or file, it cannot be read, or its questions cannot be used.
    """
    file = _SHIPPED / f"{set_or_file}.toml" if set_or_file in shipped() else expanded(set_or_file)
    if file.suffix.lower() == ".toml":
        table = read_toml(file)
        questions = None if table is None else _from_table(table, str(file))
    else:
        questions = _from_lines(file)
    if questions is None:
        sets = shipped()
        raise UsageError(
            f"no question set or file '{set_or_file}'{suggestion(set_or_file, sets)} "
            f"(sets: {', '.join(sets)}; or name a TOML file, or a text file with one question per line)"
        )
    return _usable(questions, str(file))


def questions_from_texts(texts: Iterable[str]) -> tuple[Question, ...]:
    """Return questions with the ids `q1`, `q2`… in the order given.

    Raises:
        UsageError: a text is empty, or comes twice.
    """
    return _usable(tuple(_numbered(texts)), "--question")


def _numbered(texts: Iterable[str]) -> list[Question]:
    return [Question(id=f"q{number}", text=text.strip()) for number, text in enumerate(texts, start=1)]


def _from_lines(file: Path) -> tuple[Question, ...] | None:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text: name a TOML file, or one question per line") from None
    except OSError as error:
        raise UsageError(f"questions {file} cannot be read: {error.strerror}") from None
    return tuple(_numbered(line for line in text.splitlines() if line.strip()))


def _from_table(table: dict[str, Any], origin: str) -> tuple[Question, ...]:
    items = table.get("question", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UsageError(f"{origin}: questions are written as [[question]] tables with id and text")
    return tuple(_from_item(item, number, origin) for number, item in enumerate(items, start=1))


def _from_item(item: dict[str, Any], number: int, origin: str) -> Question:
    name, text = item.get("id", f"q{number}"), item.get("text")
    if not isinstance(text, str):
        raise UsageError(f"{origin}: question {number} needs a text")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise UsageError(
            f"{origin}: question {number}: an id is letters, digits, '_', '-' and '.', got {name!r}"
        )
    return Question(id=name, text=text.strip())


def _usable(questions: tuple[Question, ...], origin: str) -> tuple[Question, ...]:
    """Return the questions if there are any, none is empty, and none comes twice."""
    if not questions:
        raise UsageError(f"{origin}: there is no question in it")
    if empty := next((question.id for question in questions if not question.text), None):
        raise UsageError(f"{origin}: question {empty} is empty")
    ids = Counter(question.id for question in questions)
    if twice := next((name for name, times in ids.items() if times > 1), None):
        raise UsageError(f"{origin}: the id '{twice}' comes twice")
    texts = Counter(question.text for question in questions)
    if twice := next((text for text, times in texts.items() if times > 1), None):
        raise UsageError(f"{origin}: the same question comes twice: {twice!r}")
    return questions
