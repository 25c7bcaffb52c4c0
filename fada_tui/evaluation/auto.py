"""Auto scores: which of a rubric's terms an answer contains.

Terms are found as words. What an answer denies ("no fetal structures", see `negation`) and words that it may
have from the question do not count. An auto score says what a text mentions, and never stands for a person's
verdict.
"""

from collections.abc import Iterable

from fada_tui.core.records import AutoScore
from fada_tui.evaluation.negation import is_negated
from fada_tui.evaluation.phrases import beginnings, folded, may_be_in, pattern
from fada_tui.evaluation.rubric import Category, Rubric


def score(response: str | None, category: str, rubric: Rubric, *, question: str = "") -> AutoScore | None:
    """Return the auto score of an answer by the rubric, or `None` if there is no answer.

    Words are matched whole, without regard to upper case, in singular and plural; a space in a term
    stands for spaces or hyphens. In a category that shows the mother, maternal terms are right and none
    is reported. Of a category that the rubric has not, only context and maternal terms are known.

    Args:
        response: The answer, without thoughts.
        category: The image's.
        rubric: The rubric.
        question: The question's text: a term that is in it does not count.
    """
    if response is None:
        return None
    answer, asked = folded(response), folded(question)
    expected = rubric.category(category)
    context_terms = _named(rubric.context.terms, answer, asked)
    groups = expected.terms if expected else ()
    category_terms = _groups_named(groups, answer, asked)
    shows_mother = expected is not None and expected.maternal
    return AutoScore(
        rubric=rubric.name,
        context=bool(context_terms),
        context_terms=context_terms,
        maternal_terms=() if shows_mother else _named(rubric.maternal.terms, answer, asked),
        category_terms=category_terms,
        other_categories=_other_planes(expected, rubric, answer, asked) if expected else (),
        score=len(category_terms) / len(groups) if groups else None,
    )


def groups_named(category: Category, response: str, question: str) -> tuple[str, ...]:
    """Return a category's groups of terms, by their names, of which an answer names one."""
    return _groups_named(category.terms, folded(response), folded(question))


def names_groups(groups: Iterable[tuple[str, ...]], response: str, question: str) -> list[bool]:
    """Return of each group of terms whether an answer names one of them."""
    answer, asked = folded(response), folded(question)
    begins = beginnings(answer)
    return [
        bool(_named((term for term in group if may_be_in(term, begins)), answer, asked)) for group in groups
    ]


def _groups_named(groups: tuple[tuple[str, ...], ...], answer: str, asked: str) -> tuple[str, ...]:
    return tuple(group[0] for group in groups if _named(group, answer, asked))


def _other_planes(expected: Category, rubric: Rubric, answer: str, asked: str) -> tuple[str, ...]:
    fitting = {expected.name, *expected.near}
    return tuple(
        category.name
        for category in rubric.categories
        if category.name not in fitting and _named(category.planes, answer, asked)
    )


def _named(terms: Iterable[str], answer: str, asked: str) -> tuple[str, ...]:
    return tuple(term for term in terms if _names(term, answer) and not pattern(term).search(asked))


def _names(term: str, answer: str) -> bool:
    """Return whether an answer names a term at least once without denying it."""
    return any(not is_negated(answer, *found.span()) for found in pattern(term).finditer(answer))
