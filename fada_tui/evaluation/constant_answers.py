"""Whether a model looks at the images: questions that it answers alike whatever an image shows. Pure."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from fada_tui.core.records import Record, Result, Score

ALIKE: Final = 0.98
"""Share of the images from which one answer gives reason to doubt."""
IMAGES: Final = 10
"""Images below which that says nothing."""

Finding: TypeAlias = Literal["doubt", "varies", "references_alike", "too_few"]
"""`doubt`: one answer for (nearly) all images. `varies`: it is not so. `references_alike`: so are the right
answers, so that a model that looks would answer no differently. `too_few`: images to tell."""

_NAMING: Final = frozenset({"set", "choice", "ordered", "yes_no"})
"""Kinds whose scores say what an answer names, however it is worded."""
_END_MARKS = ".!?…,;:。！？，；：、؟،؛।()（） \t\n\"'“”„‘’«»*_`"


class Alike(Record, frozen=True, kw_only=True):
    """How far the answers to a question are one and the same."""

    question_id: str
    finding: Finding
    answer: str
    """The commonest answer, as it was mostly given; empty without answers, or if it is empty."""
    count: int
    """Images that got it."""
    images: int
    """Images that got an answer."""
    reworded: bool = False
    """Whether the answers differ in words, and are one in what they name: that is `answer`, and `images` are
    those with a score."""

    @property
    def share(self) -> float:
        """Return the share of the images that got the commonest answer, 0 to 1; 0 without answers."""
        return self.count / self.images if self.images else 0.0


def said(result: Result) -> str | None:
    """Return what is compared of a result: its answer; of ranked labels the first, not their figures too."""
    return result.ranking[0].label if result.ranking else result.response


def normal(text: str) -> str:
    """Return an answer as it is compared.

    Upper case, white space, marks around it, and how accents are written make no difference.
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()).strip(_END_MARKS)


def alike(
    question_ids: Sequence[str],
    results: Iterable[Result],
    right: Callable[[Result], str | None],
    *,
    reworded: bool = True,
) -> list[Alike]:
    """Return for each question whether its answers give reason to doubt that the model looks at the images.

    They do where one answer covers at least `ALIKE` of at least `IMAGES` images, unless one right answer
    covers as large a share of at least as many; and so where, by their scores, answers name one and the same.

    Args:
        question_ids: The questions, in the order of the answer.
        results: Those of a run; errors count for nothing.
        right: Returns the right answer of a result, where it is known.
        reworded: Whether answers are one, too, that name the same in different words.
    """
    answers: dict[str, list[str]] = {one: [] for one in question_ids}
    scores: dict[str, list[Score]] = {one: [] for one in question_ids}
    truths: dict[str, Counter[str]] = {one: Counter() for one in question_ids}
    for result in results:
        answer = said(result)
        if result.error is None and answer is not None and result.question_id in answers:
            answers[result.question_id].append(answer)
            if reworded and result.score and result.score.kind in _NAMING:
                scores[result.question_id].append(result.score)
            if (truth := right(result)) is not None:
                truths[result.question_id][normal(truth)] += 1
    found = [_alike(one, given, truths[one]) for one, given in answers.items()]
    return [_named_alike(one, scores[one.question_id]) or one for one in found]


def _named_alike(found: Alike, scores: Sequence[Score]) -> Alike | None:
    """Return that answers of different words name the same; `None` if they don't, or most have no score."""
    if found.finding != "varies" or 2 * len(scores) < found.images:
        return None
    named = Counter(tuple(sorted({*one.matched, *one.extra})) for one in scores)
    truths = Counter(tuple(sorted({*one.matched, *one.missed})) for one in scores)
    value, count = named.most_common(1)[0]
    doubt = _finding(count, len(scores), max(truths.values()), truths.total()) == "doubt"
    if not doubt or not value:
        return None
    answer = ", ".join(value)
    return replace(found, finding="doubt", answer=answer, count=count, images=len(scores), reworded=True)


def _alike(question_id: str, given: Sequence[str], truths: Counter[str]) -> Alike:
    as_said = sorted(Counter(given).items(), key=lambda one: (-one[1], one[0]))
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for text, number in as_said:
        counts[normal(text)] += number
        first.setdefault(normal(text), text)
    answer, count = counts.most_common(1)[0] if counts else ("", 0)
    return Alike(
        question_id=question_id,
        finding=_finding(count, len(given), max(truths.values(), default=0), truths.total()),
        answer=first.get(answer, ""),
        count=count,
        images=len(given),
    )


class AnswerCounts:
    """The answers to one question, counted as they come: asking what they give costs nothing.

    The order in which they come makes no difference; hashes of them are kept, not their texts.
    """

    def __init__(self) -> None:
        self.count = 0
        """Images that got the commonest answer."""
        self.images = 0
        """Images that got an answer."""
        self._answers: Counter[int] = Counter()
        self._truths: Counter[int] = Counter()
        self._commonest_truth = self._known = 0

    def add(self, answer: str, truth: str | None) -> None:
        """Count an answer about one more image, and the right one where it is known."""
        said = hash(normal(answer))
        self._answers[said] += 1
        self.images += 1
        self.count = max(self.count, self._answers[said])
        if truth is not None:
            right = hash(normal(truth))
            self._truths[right] += 1
            self._known += 1
            self._commonest_truth = max(self._commonest_truth, self._truths[right])

    @property
    def finding(self) -> Finding:
        """Return what `alike` finds for the answers so far."""
        return _finding(self.count, self.images, self._commonest_truth, self._known)


def _finding(count: int, images: int, commonest_truth: int, known: int) -> Finding:
    if images < IMAGES:
        return "too_few"
    if count < ALIKE * images:
        return "varies"
    return "references_alike" if known >= IMAGES and commonest_truth * images >= count * known else "doubt"
