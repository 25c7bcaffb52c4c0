"""Questions that others asked, and those of a question set that they are: pure."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Question
from fada_tui.core.text import printable
from fada_tui.store.imported.answers import Answer

_ID = re.compile(r"[\w.-]{1,80}")

_NEAR = 0.5
"""Likeness from which on a text may be another wording of a question."""


class QuestionIndex:
    """Questions by id, by text and by short name."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._ids: dict[str, Question] = {}
        self._texts: dict[str, Question] = {}
        self._shorts: dict[str, Question] = {}
        for question in questions:
            self._ids.setdefault(question.id, question)
            self._texts.setdefault(plain(question.text), question)
            if question.short is not UNSET:
                self._shorts.setdefault(plain(question.short), question)

    def find(self, name: str | None, text: str | None) -> Question | None:
        """Return the question of an id and a text; `None` if there is none.

        An id with another text is another question. A text may also be a question's id or short name.
        """
        if text:
            known = self._texts.get(plain(text)) or self._ids.get(text) or self._shorts.get(plain(text))
            if known:
                return known
        if name and not text:
            return self._ids.get(name) or self._shorts.get(plain(name))
        return None


def plain(text: str) -> str:
    """Return a text without what makes no other question of it: case, white space, marks at its end."""
    return " ".join(text.casefold().split()).rstrip(" .?!:…")


class Asked:
    """The questions of imported answers: those of a set, and those that are in none."""

    def __init__(self, chosen: Sequence[Question], known: Callable[[str], Question | None]) -> None:
        """Begin.

        Args:
            chosen: the set that a person says was asked; may be empty.
            known: returns the question whose kind holds for a text where no set is chosen.
        """
        self._set = tuple(chosen)
        self._index = QuestionIndex(chosen)
        self._known = known
        self._own: dict[tuple[str | None, str | None], Question] = {}
        self._found: dict[tuple[str | None, str | None], Question] = {}
        self._answers: Counter[str] = Counter()
        self.same_id: dict[str, None] = {}
        """Texts whose id in the file is that of a question with another text."""

    def question(self, answer: Answer) -> Question:
        """Return an answer's question; raises `UsageError` if the row names none and several could be it."""
        key = (answer.question_id, answer.question)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._index.find(*key) or self._other(answer)
        self._answers[found.id] += 1
        return found

    def of_run(self, answered: Iterable[str]) -> tuple[Question, ...]:
        """Return the questions of a run: the whole set, then those of its answers that are not in it.

        Args:
            answered: ids of the questions that the run has answers to.
        """
        ids = set(answered)
        return (*self._set, *(question for question in self._own.values() if question.id in ids))

    def _other(self, answer: Answer) -> Question:
        if answer.question is None and answer.question_id is None:
            if len(self._set) == 1:
                return self._set[0]
            raise UsageError(
                f"{answer.place}: there is no question: say which column has it, with --map question=COLUMN, "
                "or name a file with the one question that was asked, with --questions"
            )
        key = (answer.question_id, answer.question or answer.question_id)
        known = self._own.get(key)
        return known or self._own.setdefault(key, self._new(answer.question_id, str(key[1])))

    def _new(self, given: str | None, text: str) -> Question:
        taken = {question.id for question in (*self._set, *self._own.values())}
        if given and _ID.fullmatch(given) and given not in taken:
            name = given
        else:
            if given in taken:
                self.same_id[text] = None
            numbers = range(len(self._own) + 1, len(self._own) + len(taken) + 2)
            name = next(f"q{number}" for number in numbers if f"q{number}" not in taken)
        known = None if self._set else self._known(text)
        if known is None:
            return Question(id=name, text=text)
        shorts = {own.short for own in self._own.values()}
        return replace(known, id=name, text=text, short=UNSET if known.short in shorts else known.short)

    def remarks(self) -> Iterator[str]:
        """Tell which questions of the set have no answers, and which that have answers are in none."""
        left = {question.id: question for question in self._own.values()} if self._set else {}
        silent = [question for question in self._set if not self._answers[question.id]]
        only = len(silent) == len(left) == 1
        for question in silent:
            near = _nearest(question, left.values(), likely=0.0 if only else _NEAR)
            why = ""
            if near:
                del left[near.id]
                why = f" (its text differs? {self._given(near)})"
            yield f"question '{printable(question.id)}' of the set has no answers{why}"
        for question in left.values():
            yield self._given(question)
        for text in self.same_id:
            yield f"another text than its id's was asked, so it is another question: {_quoted(text)}"

    def _given(self, question: Question) -> str:
        count = self._answers[question.id]
        were = "1 answer was" if count == 1 else f"{count:,} answers were"
        return f"{were} given to {_quoted(question.text)}, which is in no question of the set"


def _nearest(question: Question, others: Iterable[Question], likely: float) -> Question | None:
    found = list(others)
    wanted = plain(question.text)[:400]
    likeness = {
        other.id: difflib.SequenceMatcher(None, wanted, plain(other.text)[:400]).ratio() for other in found
    }
    best = max(found, key=lambda other: likeness[other.id], default=None)
    return best if best and likeness[best.id] >= likely else None


def _quoted(text: str) -> str:
    shown = printable(text)
    return f"'{shown}'" if len(shown) <= 80 else f"'{shown[:79]}…'"
