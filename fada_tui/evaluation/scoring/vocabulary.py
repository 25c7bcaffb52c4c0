"""What answers to a question can name: its values or items, with synonyms, made once for all answers."""

from collections.abc import Iterable

from fada_tui.core.records import Question, Record


class Vocabulary(Record, frozen=True, kw_only=True):
    """A question, and what its answers can name."""

    question: Question


def vocabulary_of(question: Question, references: Iterable[str]) -> Vocabulary:
    """Return a question's vocabulary.

    Args:
        question: The question, with values and synonyms.
        references: All experts' answers to it, in any order and as often as they were given. Items of the
            kind `set` come from these where the question has no values.
    """
    return Vocabulary(question=question)
