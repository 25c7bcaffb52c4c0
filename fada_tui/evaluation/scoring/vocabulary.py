"""What answers to a question can name: its values or items, with synonyms, made once for all answers."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from fada_tui.core.records import Question, Record
from fada_tui.evaluation.phrases import Find, finder, folded
from fada_tui.evaluation.scoring.items import item_finder, items_named
from fada_tui.evaluation.scoring.values import value_finder, values_of

REMEMBERED = 8192
"""Texts whose values or items are kept: many answers are the same, and references come again and again."""

Named = Callable[[str], tuple[str, ...] | None]


class Vocabulary(Record, frozen=True, kw_only=True):
    """A question, and what its answers can name."""

    question: Question
    values: tuple[str, ...]
    """The question's values in its order; of the kind `set` all items; of other kinds nothing."""
    named: Named
    """From an answer or reference to the values or items that it names and does not deny; of the kind `set`
    `None` where it neither names one nor says that there is none."""
    canonical: Callable[[str], str]
    """From a text to the same with the words that stand for all their synonyms."""

    def value(self, text: str) -> str | None:
        """Return the one value that a text names; `None` if it names none, or several."""
        named = self.named(text) or ()
        return named[0] if len(named) == 1 else None

    def can_score(self, reference: str) -> bool:
        """Return whether an answer can be scored against a reference."""
        if self.question.kind in ("choice", "ordered", "yes_no"):
            return self.value(reference) is not None
        return self.question.kind in ("set", "text")


def vocabulary_of(question: Question, references: Iterable[str]) -> Vocabulary:
    """Return a question's vocabulary.

    Args:
        question: The question, with values and synonyms.
        references: All experts' answers to it, in any order and as often as they were given. Items of the
            kind `set` come from these where the question has no values.
    """
    values: tuple[str, ...] = ()
    named: Named = _nothing
    canonical: Callable[[str], str] = str
    match question.kind:
        case "set":
            values, find = item_finder(question, references)
            named = items_named(find, folded(question.text).strip())
        case "choice" | "ordered" | "yes_no":
            values, named = values_of(question), value_finder(question)
        case "text" if question.synonyms:
            canonical = _replacing(finder(_synonyms(question)))
    remember = lru_cache(maxsize=REMEMBERED)
    return Vocabulary(question=question, values=values, named=remember(named), canonical=remember(canonical))


def _nothing(_: str) -> tuple[str, ...]:
    return ()


def _synonyms(question: Question) -> Iterable[tuple[str, str]]:
    for name, others in (question.synonyms or {}).items():
        yield name, name
        for other in others:
            yield other, name


def _replacing(find: Find) -> Callable[[str], str]:
    def canonical(text: str) -> str:
        plain, place, parts = folded(text), 0, []
        for one in find(plain):
            parts += [plain[place : one.start], one.name]
            place = one.end
        return "".join([*parts, plain[place:]]) if parts else text

    return canonical
