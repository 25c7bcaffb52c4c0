"""What one and the same answer for every image would score: the best there is, and the model's commonest."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from fada_tui.core.records import ConstantAnswer, Score
from fada_tui.evaluation.constant_answers import normal
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring.items import BETA, f_beta
from fada_tui.evaluation.scoring.measures import Measure, Row, point
from fada_tui.evaluation.scoring.overlap import common_subsequence, rouge_tokens, tokens
from fada_tui.evaluation.scoring.scores import score_answer
from fada_tui.evaluation.scoring.vocabulary import Vocabulary

MOST_TEXTS = 200
"""Reference texts, the commonest first, that are tried as constant answers."""

MOST_WORK = 1_000_000
"""Tokens that are compared for ROUGE-L's best constant answer: about a second."""

CategoryOf = Callable[[str], Category | None]
"""From a result's category to the rubric's."""


def commonest_answer(answers: Iterable[str]) -> str | None:
    """Return the answer given most often, case, spaces and end marks aside.

    It is spelled as it was most often. Of several the first in the alphabet counts. `None` without answers,
    and if of several answers none comes twice.
    """
    spellings: dict[str, Counter[str]] = {}
    for answer in answers:
        spellings.setdefault(normal(answer), Counter())[answer] += 1
    if not spellings or (len(spellings) > 1 and all(one.total() == 1 for one in spellings.values())):
        return None
    best = min(spellings, key=lambda one: (-spellings[one].total(), one))
    return min(spellings[best], key=lambda one: (-spellings[best][one], one)).strip()


def of_constant(
    measure: Measure,
    vocabulary: Vocabulary,
    answer: str,
    truths: Counter[str],
    category_of: CategoryOf | None = None,
) -> float | None:
    """Return the figure of an answer given for every image.

    Args:
        measure: The figure.
        vocabulary: That of the question.
        answer: The answer.
        truths: How often each reference is the right one; of the kind `terms` each category.
        category_of: Of the kind `terms`: the rubric's category of a result's.
    """
    rows = []
    for truth, count in sorted(truths.items()):
        score = _score(vocabulary, answer, truth, category_of)
        if score is None:
            return None
        rows.append(Row("", truth, score, count))
    return point(measure, rows)


def majority(
    measure: Measure, vocabulary: Vocabulary, truths: Counter[str], category_of: CategoryOf | None = None
) -> ConstantAnswer | None:
    """Return the constant answer that has the best value of a figure; `None` without references.

    It is exact for all kinds but `text`, of which the `MOST_TEXTS` commonest references are tried. Arguments
    as of `of_constant`.
    """
    if not truths:
        return None
    match vocabulary.question.kind:
        case "set":
            return _best_set(vocabulary, truths)
        case "text":
            return _best_text(measure, vocabulary, truths)
        case "terms":
            return _all_terms(measure, vocabulary, truths, category_of)
    tried = [
        ConstantAnswer(answer=value, value=found)
        for value in sorted(vocabulary.values, key=lambda one: (-truths[one], vocabulary.values.index(one)))
        if (found := of_constant(measure, vocabulary, value, truths)) is not None
    ]
    if not tried:
        return None
    return (min if measure.unit == "steps" else max)(tried, key=lambda one: one.value)


def _score(vocabulary: Vocabulary, answer: str, truth: str, category_of: CategoryOf | None) -> Score | None:
    if vocabulary.question.kind == "terms":
        category = category_of(truth) if category_of else None
        return score_answer(vocabulary, answer, None, category=category)
    return score_answer(vocabulary, answer, truth)


def _best_set(vocabulary: Vocabulary, truths: Counter[str]) -> ConstantAnswer:
    """Return the set that has the largest mean F-beta.

    For sets of one size the mean is a sum over their items, so that of each size the best has the items with
    the largest shares in it. Sizes are tried until even an answer with all right items would be worse.
    """
    import numpy

    sets: Counter[tuple[str, ...]] = Counter()
    for truth, count in truths.items():
        sets[vocabulary.named(truth) or ()] += count
    total = sets.total()
    by_size: dict[str, Counter[int]] = {}
    sizes: Counter[int] = Counter()
    for items, count in sets.items():
        sizes[len(items)] += count
        for item in items:
            by_size.setdefault(item, Counter())[len(items)] += count
    best: tuple[str, ...] = ()
    value = sizes[0] / total
    items_in_order, lengths = sorted(by_size), sorted(sizes)
    counts = numpy.array([[by_size[item][length] for length in lengths] for item in items_in_order], float)
    for size in range(1, len(by_size) + 1):
        most = math.fsum(n * f_beta(r, 0, max(size - r, 0)) for r, n in sizes.items() if r)
        if most / total <= value:
            break
        share = [(1 + BETA**2) / (BETA**2 * length + size) for length in lengths]
        weights = (counts * share).sum(axis=1)
        chosen = numpy.argsort(-weights, kind="stable")[:size]
        if (found := math.fsum(weights[chosen]) / total) > value:
            best, value = tuple(items_in_order[place] for place in chosen), found
    return ConstantAnswer(answer=", ".join(best) or "none", value=value)


def _all_terms(
    measure: Measure, vocabulary: Vocabulary, truths: Counter[str], category_of: CategoryOf | None
) -> ConstantAnswer:
    """Return what an answer scores that names all terms: all of them, but for words of the question."""
    answer = "all terms"
    if category_of is None:
        return ConstantAnswer(answer=answer, value=1.0)
    terms = {term for truth in truths for group in getattr(category_of(truth), "terms", ()) for term in group}
    value = of_constant(measure, vocabulary, "; ".join(sorted(terms)), truths, category_of)
    return ConstantAnswer(answer=answer, value=1.0 if value is None else value)


def _best_text(measure: Measure, vocabulary: Vocabulary, truths: Counter[str]) -> ConstantAnswer:
    """Return the best of the commonest references as an answer.

    The longest common subsequence is at most what the bags of tokens share. So ROUGE-L is worked out for the
    texts alone whose bags could still be better than the best found and, where references are many and long,
    for as many of them, those with the best bags first, as `MOST_WORK` allows.
    """
    by_order = measure.key == "rouge_l"
    cut = rouge_tokens if by_order else tokens
    texts: Counter[tuple[str, ...]] = Counter()
    wording: dict[tuple[str, ...], str] = {}
    for truth, count in sorted(truths.items(), key=lambda one: (-one[1], one[0])):
        key = cut(vocabulary.canonical(truth))
        texts[key] += count
        wording.setdefault(key, truth)
    numbers: dict[tuple[str, int], int] = {}
    bags = {key: _bag(key, numbers) for key in texts}
    tried = sorted(texts, key=lambda key: (-texts[key], wording[key]))[:MOST_TEXTS]

    def mean(key: tuple[str, ...], common: Callable[[tuple[str, ...], tuple[str, ...]], int]) -> float:
        return (
            math.fsum(
                count * _f1(common(key, other), len(key), len(other), alike=not by_order)
                for other, count in texts.items()
            )
            / texts.total()
        )

    means = [(mean(key, lambda one, other: len(bags[one] & bags[other])), key) for key in tried]
    means.sort(key=lambda one: (-one[0], wording[one[1]]))
    if not by_order:
        return ConstantAnswer(answer=wording[means[0][1]], value=means[0][0])
    best, answer = -1.0, ""
    work = MOST_WORK
    for bound, key in means:
        if bound <= best or work <= 0:
            break
        work -= sum(map(len, texts))
        if (found := mean(key, common_subsequence)) > best:
            best, answer = found, wording[key]
    return ConstantAnswer(answer=answer, value=best)


def _bag(key: Sequence[str], numbers: dict[tuple[str, int], int]) -> frozenset[int]:
    """Return a bag of tokens as a set of numbers: a token that comes twice has a first and a second one."""
    return frozenset(
        numbers.setdefault((token, place), len(numbers))
        for token, own in groupby(sorted(key))
        for place, _ in enumerate(own)
    )


def _f1(common: int, one: int, other: int, *, alike: bool) -> float:
    """Return F1 of token counts; of two texts without tokens 1 if these count as alike."""
    if not one and not other:
        return float(alike)
    return 2 * common / (one + other)
