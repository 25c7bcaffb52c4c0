"""Questions: shipped sets, those that are kept, the user's files, and texts from the command line.

A set is TOML: `name = "…"`, then `[[question]]` tables with `id` (`q1`, `q2`… by place where left out),
`text` and, if need be, `short` and how answers are scored (see `scoring_fields`). Any other file is plain
text with one question on each line; empty lines don't count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.config.preset import PresetKind, Table
from fada_tui.config.scoring_fields import check_keys, scoring_fields, short_name
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.records import Question, QuestionSet

DEFAULT_QUESTION = Question(
    id="structures",
    short="Structures",
    text="What anatomical structures can you see in this ultrasound image?",
    score="terms",
    context=True,
)
"""The question that is asked if no other is given: that of the shipped set `DEFAULT_SET`."""

DEFAULT_SET = "reference"

QUESTION_SETS = PresetKind(
    "question set", "questions", "a TOML file, or a text file with one question per line", kept=True
)

_ID = re.compile(r"[\w.-]+")


def load_questions(set_or_file: str) -> tuple[Question, ...]:
    """Return a set by its name, or the questions of a file.

    Raises:
        UsageError: there is no such set or file, it cannot be read, or its questions cannot be used.
    """
    return QUESTION_SETS.load(set_or_file, _from_table, _from_lines)


def question_set(set_or_file: str) -> QuestionSet:
    """Return a set's record for runs that ask its questions; raises as `load_questions` does."""
    name = QUESTION_SETS.load(set_or_file, lambda table: str(table.get("name") or ""), lambda _: "")
    source = encode_name(QUESTION_SETS.source(set_or_file))
    return QuestionSet(name=name or encode_name(QUESTION_SETS.file(set_or_file).stem), source=source)


def questions_from_texts(texts: Iterable[str]) -> tuple[Question, ...]:
    """Return questions with the ids `q1`, `q2`… in the order given; shipped ones are scored as in their sets.

    Raises:
        UsageError: a text is empty, or comes twice.
    """
    try:
        return _usable(_numbered(texts))
    except ValueError as error:
        raise UsageError(f"--question: {error}") from None


def known_question(text: str) -> Question | None:
    """Return the shipped question of this text, letter case and white space aside; `None` if there is none.

    Where several sets ask the same, it is the default question, else that of the first set by name.
    """
    return _shipped_questions().get(_folded(text))


@cache
def _shipped_questions() -> Mapping[str, Question]:
    """Return the questions of all shipped sets by their folded texts."""
    known = {_folded(DEFAULT_QUESTION.text): DEFAULT_QUESTION}
    for name in QUESTION_SETS.shipped():
        for question in load_questions(name):
            known.setdefault(_folded(question.text), question)
    return known


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _numbered(texts: Iterable[str]) -> tuple[Question, ...]:
    shorts: set[str] = set()
    return tuple(_from_text(text.strip(), f"q{number}", shorts) for number, text in enumerate(texts, start=1))


def _from_text(text: str, name: str, shorts: set[str]) -> Question:
    """Return a text's question with an id; a short name that is among `shorts` is left out."""
    known = known_question(text)
    if known is None:
        return Question(id=name, text=text)
    short = UNSET if known.short is UNSET or known.short in shorts else known.short
    if short is not UNSET:
        shorts.add(short)
    return replace(known, id=name, text=text, short=short)


def _from_lines(text: str) -> tuple[Question, ...]:
    return _usable(_numbered(line for line in text.splitlines() if line.strip()))


def _from_table(table: Table) -> tuple[Question, ...]:
    items = table.get("question", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ValueError("questions are written as [[question]] tables with id and text")
    return _usable(tuple(_from_item(item, number) for number, item in enumerate(items, start=1)))


def _from_item(item: dict[str, Any], number: int) -> Question:
    name, text = item.get("id", f"q{number}"), item.get("text")
    if not isinstance(text, str):
        raise ValueError(f"question {number} needs a text")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"question {number}: an id is letters, digits, '_', '-' and '.', got {name!r}")
    try:
        check_keys(item)
        return Question(id=name, short=short_name(item), text=text.strip(), **scoring_fields(item))
    except ValueError as error:
        raise ValueError(f"question {name}: {error}") from None


def _usable(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    """Return the questions; raises `ValueError` if there are none, one is empty, or two are alike."""
    if not questions:
        raise ValueError("there is no question in it")
    if empty := next((question.id for question in questions if not question.text), None):
        raise ValueError(f"question {empty} is empty")
    ids = Counter(question.id for question in questions)
    if twice := next((name for name, times in ids.items() if times > 1), None):
        raise ValueError(f"the id '{twice}' comes twice")
    texts = Counter(question.text for question in questions)
    if twice := next((text for text, times in texts.items() if times > 1), None):
        raise ValueError(f"the same question comes twice: {twice!r}")
    shorts = Counter(question.short.casefold() for question in questions if question.short is not UNSET)
    if twice := next((short for short, times in shorts.items() if times > 1), None):
        raise ValueError(f"the short name {twice!r} comes twice")
    return questions
