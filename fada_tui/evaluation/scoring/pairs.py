"""What each of several answers would score against each of several references: for answers that are dealt."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from fada_tui.evaluation.auto import names_groups
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring.items import BETA
from fada_tui.evaluation.scoring.overlap import tokens
from fada_tui.evaluation.scoring.vocabulary import Vocabulary

_COLUMNS = 1024
"""Tokens or items that are multiplied at once: the memory that it takes."""


def score_pairs(
    vocabulary: Vocabulary,
    answers: Sequence[str],
    truths: Sequence[str],
    category_of: Callable[[str], Category | None] | None = None,
) -> Any:
    """Return the values of the scores that `score_answer` gives: an array of floats, answers × truths.

    Args:
        vocabulary: That of the question, whose kind has scores.
        answers: Answers, each once.
        truths: References that can be used, each once; of the kind `terms` categories that have terms.
        category_of: Of the kind `terms`: the rubric's category of a result's.
    """
    match vocabulary.question.kind:
        case "terms":
            categories = [category_of(truth) for truth in truths] if category_of else []
            return _terms(vocabulary, answers, [one.terms for one in categories if one is not None])
        case "set":
            return _sets(vocabulary, answers, truths)
        case "text":
            return _texts(vocabulary, answers, truths)
        case _:
            return _values(vocabulary, answers, truths)


def _values(vocabulary: Vocabulary, answers: Sequence[str], truths: Sequence[str]) -> Any:
    import numpy

    numbers = {value: number for number, value in enumerate(vocabulary.values)}
    said = numpy.array([numbers.get(vocabulary.value(answer) or "", -1) for answer in answers])
    right = numpy.array([numbers.get(vocabulary.value(truth) or "", -2) for truth in truths])
    return (said[:, None] == right).astype(float)


def _terms(
    vocabulary: Vocabulary, answers: Sequence[str], categories: Sequence[tuple[tuple[str, ...], ...]]
) -> Any:
    import numpy

    groups = [*dict.fromkeys(group for terms in categories for group in terms)]
    asked = vocabulary.question.text
    named = numpy.array([names_groups(groups, answer, asked) for answer in answers], float)
    share = numpy.array([[terms.count(group) / len(terms) for group in groups] for terms in categories])
    return named @ share.T


def _sets(vocabulary: Vocabulary, answers: Sequence[str], truths: Sequence[str]) -> Any:
    import numpy

    said = [vocabulary.named(answer) for answer in answers]
    wanted = [vocabulary.named(truth) or () for truth in truths]
    matched = _common([one or () for one in said], wanted)
    lengths = numpy.array([len(one or ()) for one in said], float)[:, None]
    sizes = numpy.array([len(one) for one in wanted], float)
    weight = BETA * BETA
    # matched + missed items are the reference's, matched + extra ones the answer's.
    whole = weight * sizes + lengths
    values = (1 + weight) * matched / numpy.where(whole > 0, whole, 1.0)
    values[whole == 0] = 1.0
    values[[one is None for one in said]] = 0.0
    return values


def _texts(vocabulary: Vocabulary, answers: Sequence[str], truths: Sequence[str]) -> Any:
    import numpy

    said = [_numbered(tokens(vocabulary.canonical(answer))) for answer in answers]
    wanted = [_numbered(tokens(vocabulary.canonical(truth))) for truth in truths]
    total = numpy.add.outer([float(len(one)) for one in said], [float(len(one)) for one in wanted])
    return numpy.where(total > 0, 2 * _common(said, wanted) / numpy.where(total > 0, total, 1.0), 1.0)


def _numbered(words: Sequence[str]) -> list[tuple[str, int]]:
    """Return a bag of tokens as a set: a token that comes twice has a first and a second one."""
    return [(word, place) for word, own in groupby(sorted(words)) for place, _ in enumerate(own)]


def _common(some: Sequence[Sequence[object]], others: Sequence[Sequence[object]]) -> Any:
    """Return how many members each set of the first has in common with each of the second."""
    import numpy

    columns: dict[object, int] = {}
    for one in others:
        for member in one:
            columns.setdefault(member, len(columns))
    left, right = _members(some, columns), _members(others, columns)
    shared = left[:, numpy.isin(left[1], right[1])]
    counts = numpy.zeros((len(some), len(others)))
    for block in _blocks(numpy.unique(shared[1])):
        counts += _indicators(shared, block, len(some)) @ _indicators(right, block, len(others)).T
    return counts


def _members(sets: Sequence[Sequence[object]], columns: dict[object, int]) -> Any:
    """Return the members of sets that have a column: an array of their rows above one of their columns."""
    import numpy

    found = [(row, columns[member]) for row, one in enumerate(sets) for member in one if member in columns]
    return numpy.array(found, int).reshape(-1, 2).T


def _blocks(columns: Any) -> Iterator[Any]:
    for start in range(0, len(columns), _COLUMNS):
        yield columns[start : start + _COLUMNS]


def _indicators(members: Any, columns: Any, rows: int) -> Any:
    """Return which sets have the members of which columns: an array of 0 and 1, sets × columns."""
    import numpy

    found = numpy.zeros((rows, len(columns)), numpy.float32)
    inside = members[:, numpy.isin(members[1], columns)]
    found[inside[0], numpy.searchsorted(columns, inside[1])] = 1
    return found
