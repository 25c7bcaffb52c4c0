"""Whether runs are of the same images and questions, and in words where they are not."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from msgspec import UNSET

from fada_tui.core.records import Record, Run
from fada_tui.evaluation.pairing import same_text
from fada_tui.report import units

Having = TypeVar("Having", bound=Collection[Any])
Images: TypeAlias = Mapping[tuple[str, str], str]
"""The beginning of each image's pixel hash by category and name; empty where it is not known."""


class Asked(Record, frozen=True, kw_only=True):
    """What a run has results of."""

    images: Images
    questions: frozenset[str]
    """Their texts, white space and case aside; none for a model that sorts images, which is asked nothing."""


def asked(run: Run) -> Asked:
    """Return what a run has results of."""
    images: dict[tuple[str, str], str] = {}
    texts: set[str] = set()
    for result in run.results:
        key = (result.category, result.image)
        images[key] = (result.sha256 or "")[:32] or images.get(key, "")
        texts.add(result.question)
    return Asked(
        images=images,
        questions=frozenset(map(same_text, texts)) if run.classes is UNSET else frozenset(),
    )


def unlike(rows: Sequence[Asked], this: Asked | None = None) -> list[str]:
    """Return in what each run is unlike the others: `7 of 8 questions`, `other images`; empty if in nothing.

    Args:
        rows: What the runs have results of; one without results is like any other.
        this: What they are held against; by default what most of them have, and of several the largest.
    """
    having = [row for row in rows if row.images]
    images = this.images if this else _commonest((frozenset(row.images), row.images) for row in having)
    questions = (
        this.questions
        if this
        else _commonest((row.questions, row.questions) for row in having if row.questions)
    )
    told = []
    for row in rows:
        parts = []
        if row.images and images:
            parts.append(_words(*_common(images, row.images), "image"))
        if row.questions and questions:
            both = len(row.questions & questions)
            parts.append(_words(both, len(questions), len(row.questions), "question"))
        told.append(", ".join(part for part in parts if part))
    return told


def _commonest(found: Iterable[tuple[Hashable, Having]]) -> Having | None:
    """Return what most have, by keys; of several the largest. `None` where there is nothing."""
    counts: Counter[Hashable] = Counter()
    values: dict[Hashable, Having] = {}
    for key, value in found:
        counts[key] += 1
        values.setdefault(key, value)
    return values[max(counts, key=lambda key: (counts[key], len(values[key])))] if counts else None


def _common(reference: Images, own: Images) -> tuple[int, int, int]:
    """Return how many images two runs have in common, and how many each has."""
    if all(reference.values()) and all(own.values()):
        one, other = set(reference.values()), set(own.values())
        return len(one & other), len(one), len(other)
    both = sum(
        image in reference and (not pixels or not reference[image] or pixels == reference[image])
        for image, pixels in own.items()
    )
    return both, len(reference), len(own)


def _words(both: int, of: int, own: int, noun: str) -> str:
    if not both:
        return f"other {noun}s"
    missing = f"{both:,} of {units.count(of, noun)}" if both < of else ""
    more = own - both
    if missing and more:
        return f"{missing} and {units.count(more, 'other')}"
    return f"{units.count(more, f'more {noun}')}" if more else missing
