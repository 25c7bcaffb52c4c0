"""Whether a model's answers go with the images: one answer for all of them, or evidence that it looks. Pure.

The evidence of a question is that its answers fit their own images better than other images': by their
scores, or by what they have in common with the images' categories. Where neither shows, nothing follows: a
model may look at the images and answer badly.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from random import Random
from typing import Any, Final, Literal, NamedTuple

from msgspec.structs import replace

from fada_tui.core.records import Looking, Question, Result
from fada_tui.evaluation.clusters import clusters
from fada_tui.evaluation.constant_answers import IMAGES, Alike, alike, normal, said
from fada_tui.evaluation.deals import SEED, Deals, Dealt
from fada_tui.evaluation.rubric import Category
from fada_tui.evaluation.scoring import vocabulary_of
from fada_tui.evaluation.scoring.pairs import score_pairs

LEVEL: Final = 0.05
"""p up to which there is evidence; where a question can be tested in both ways, each has half of it."""
MOST_DEALT: Final = 2_000
"""Images whose answers are dealt; of more so many are drawn."""

CategoryOf = Callable[[str], Category | None]

_FEW = f"fewer than {IMAGES} images have an answer"
_FEW_INDEPENDENT = f"of the images with an answer fewer than {IMAGES} are independent"
_UNIFORM = "the right answers are as uniform as the model's"
_NO_SCORE = f"fewer than {IMAGES} answers have a score"
_SAME_SCORE = "every answer scores the same for all images"
_ONE_CATEGORY = "there is one category"
_UNIQUE = "more than half of the answers come only once"
_SAME_SHARE = "no two images share a category"


class _Way(NamedTuple):
    """A way to test a question, ready to be taken."""

    by: Literal["score", "category"]
    images: int
    take: Callable[[], Dealt]
    fruitless: str
    """Why it says nothing, if dealing changes nothing."""


def looking_of(
    questions: Sequence[Question],
    results: Iterable[Result],
    right: Callable[[Result], str | None],
    category_of: CategoryOf | None = None,
) -> tuple[Looking, ...]:
    """Return for each question whether its answers depend on the images.

    The order of the results makes no difference.

    Args:
        questions: The questions.
        results: Those of a run; errors count for nothing.
        right: Returns the right answer of a result, where it is known, as for `alike`.
        category_of: The rubric's category of a result's, for the kind `terms`; without it there is no score.
    """
    own: dict[str, list[Result]] = {question.id: [] for question in questions}
    for result in results:
        if result.error is None and result.response is not None and result.question_id in own:
            own[result.question_id].append(result)
    same = alike([*own], (result for answers in own.values() for result in answers), right)
    deals = Deals()
    return tuple(
        _looking(question, own[question.id], one, category_of, deals)
        for question, one in zip(questions, same, strict=True)
    )


def _looking(
    question: Question,
    answers: Sequence[Result],
    same: Alike,
    category_of: CategoryOf | None,
    deals: Deals,
) -> Looking:
    found = Looking(
        question_id=question.id,
        finding="untestable",
        answer=same.answer if same.images else None,
        count=same.count,
        images=same.images,
    )
    if same.finding == "doubt":
        return replace(found, finding="one_answer")
    images = _one_each(answers)
    if len(images) < IMAGES:
        return replace(found, reason=_FEW if same.images < IMAGES else _FEW_INDEPENDENT)
    if same.finding == "references_alike":
        return replace(found, reason=_UNIFORM)
    prepared = (_by_score(question, images, category_of, deals), _by_category(images, deals))
    return _tested(found, prepared, deals.number)


def _tested(found: Looking, prepared: Sequence[_Way | str], deals: int) -> Looking:
    """Return what the tests find: the first that is evidence, else the first that could be made."""
    told: Looking | None = None
    why: list[str] = []
    left = sum(isinstance(way, _Way) for way in prepared)
    for way in prepared:
        if isinstance(way, str):
            why.append(way)
            continue
        dealt = way.take()
        if not dealt.varies:
            why.append(way.fruitless)
            left -= 1
            continue
        evidence = dealt.p <= LEVEL / left
        if told is None or evidence:
            told = replace(
                found,
                finding="evidence" if evidence else "no_evidence",
                by=way.by,
                observed=dealt.observed,
                expected=dealt.expected,
                p=dealt.p,
                deals=deals,
                dealt=way.images,
            )
        if evidence:
            break
    return told or replace(found, reason="; ".join(why))


def _one_each(answers: Sequence[Result]) -> list[Result]:
    """Return an answer for each image: the first of those about one (see `clusters`)."""
    named = zip(clusters(answers), answers, strict=True)
    first: dict[str, Result] = {}
    for cluster, answer in sorted(named, key=lambda one: (one[0], one[1].path)):
        first.setdefault(cluster, answer)
    return [*first.values()]


def _drawn(images: Sequence[Result]) -> Sequence[Result]:
    return images if len(images) <= MOST_DEALT else Random(SEED).sample(images, MOST_DEALT)


def _by_score(
    question: Question, images: Sequence[Result], category_of: CategoryOf | None, deals: Deals
) -> _Way | str:
    """Return the test by the mean score, or why there is none."""
    if question.kind == "none":
        return _NO_SCORE
    vocabulary = vocabulary_of(question, _references(images))
    right: dict[str, str] = {}
    for image in images:
        if question.kind == "terms":
            category = category_of(image.category) if category_of else None
            if category is not None and category.terms:
                right[image.path] = image.category
        elif isinstance(image.reference, str) and vocabulary.can_score(image.reference):
            right[image.path] = image.reference
    dealt = _drawn([image for image in images if image.path in right])
    if len(dealt) < IMAGES:
        return _NO_SCORE
    answers, rows = _numbered(image.response or "" for image in dealt)
    truths, columns = _numbered(right[image.path] for image in dealt)

    def take() -> Dealt:
        scores: Any = score_pairs(vocabulary, answers, truths, category_of)
        return deals.mean_score(scores, rows, columns)

    return _Way("score", len(dealt), take, _SAME_SCORE)


def _by_category(images: Sequence[Result], deals: Deals) -> _Way | str:
    """Return the test by the categories, or why there is none."""
    dealt = _drawn(images)
    answers = [normal(said(image) or "") for image in dealt]
    categories, columns = _numbered(image.category for image in dealt)
    if len(categories) < 2:
        return _ONE_CATEGORY
    if 2 * sum(count == 1 for count in Counter(answers).values()) > len(answers):
        return _UNIQUE
    _, rows = _numbered(answers)
    return _Way("category", len(dealt), lambda: deals.shared_information(rows, columns), _SAME_SHARE)


def _references(images: Iterable[Result]) -> Iterable[str]:
    for image in images:
        if isinstance(image.reference, str):
            yield image.reference
        yield from (image.other_references or {}).values()


def _numbered(some: Iterable[Hashable]) -> tuple[list[Any], list[int]]:
    """Return the different ones, and of each of all its place among these."""
    places: dict[Hashable, int] = {}
    numbers = [places.setdefault(one, len(places)) for one in some]
    return [*places], numbers
