"""Auto scores: which of a rubric's terms an answer contains.

Terms are found as words, so a denial ("no fetal structures") counts as naming them: an auto score says
what a text mentions, and never stands for a person's verdict.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from fada_tui.core.records import AutoScore
from fada_tui.evaluation.rubric import Category, Rubric

_PLURALS = (
    ("us", "(?:us|uses|i)"),
    ("um", "(?:um|ums|a)"),
    ("is", "(?:is|es)"),
    ("ix", "(?:ix|ixes|ices)"),
    ("ex", "(?:ex|exes|ices)"),
    ("ur", "(?:ur|urs|ora)"),
    ("a", "(?:a|as|ae)"),
    ("y", "(?:y|ys|ies)"),
)
"""English and Latin plurals of a term's last word by its ending; all others take -s or -es."""


def score(response: str | None, category: str, rubric: Rubric, *, question: str = "") -> AutoScore | None:
    """Return the auto score of an answer by the rubric, or `None` if there is no answer.

    Words are matched whole, without regard to upper case, in singular and plural; a space in a term
    stands for spaces or hyphens. In a category that shows the mother, maternal terms are right and none
    is reported. Of a category that the rubric has not, only context and maternal terms are known.
    """
    if response is None:
        return None
    expected = rubric.category(category)
    context_terms = _named(rubric.context.terms, response)
    groups = expected.terms if expected else ()
    category_terms = tuple(group[0] for group in groups if _named(group, response))
    shows_mother = expected is not None and expected.maternal
    return AutoScore(
        rubric=rubric.name,
        context=bool(context_terms),
        context_terms=context_terms,
        maternal_terms=() if shows_mother else _named(rubric.maternal.terms, response),
        category_terms=category_terms,
        other_categories=_other_planes(expected, rubric, response) if expected else (),
        score=len(category_terms) / len(groups) if groups else None,
    )


def _other_planes(expected: Category, rubric: Rubric, response: str) -> tuple[str, ...]:
    fitting = {expected.name, *expected.near}
    return tuple(
        category.name
        for category in rubric.categories
        if category.name not in fitting and _named(category.planes, response)
    )


def _named(terms: Iterable[str], response: str) -> tuple[str, ...]:
    return tuple(term for term in terms if _pattern(term).search(response))


@lru_cache(maxsize=4096)
def _pattern(term: str) -> re.Pattern[str]:
    *first, last = re.split(r"[\s-]+", term.strip())
    for ending, forms in _PLURALS:
        if last.casefold().endswith(ending):
            last_word = re.escape(last[: -len(ending)]) + forms
            break
    else:
        last_word = re.escape(last) + "(?:s|es)?"
    words = r"[\s-]+".join([*map(re.escape, first), last_word])
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
