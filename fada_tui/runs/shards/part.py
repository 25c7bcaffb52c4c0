"""A part of a plan that was made whole: its images, and what of the references is theirs. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core import shards
from fada_tui.core.records import PlannedImage, QuestionReferences, References, Shard


class Part(NamedTuple):
    """What of a plan is in one of its shards."""

    shard: Shard
    images: tuple[PlannedImage, ...]
    references: References | UnsetType


def part_of(
    number: int, of: int, images: Sequence[PlannedImage], references: References | UnsetType = UNSET
) -> Part:
    """Return a shard of a plan, which has no image where there are more shards than images.

    Args:
        number: of the shard, from 1.
        of: how many there are.
        images: of the whole plan.
        references: what of experts' answers went with the whole plan.
    """
    key = shards.identity((image.path, image.category) for image in images)
    chosen = shards.part(images, number, of)
    return Part(
        shard=Shard(number=number, of=of, images=len(images), sha256=key),
        images=chosen,
        references=references if references is UNSET else _of_images(references, chosen, first=True),
    )


def _of_images(references: References, images: Sequence[PlannedImage], *, first: bool) -> References:
    """Return how references went with some images; what they have for no image of the plan stays so."""

    def counted(row: QuestionReferences) -> QuestionReferences:
        if row.question_id is None:
            return row
        answers = (
            image.references or {} if first else (image.other_references or {}).get(references.name, {})
            for image in images
        )
        return replace(row, matched=sum(row.question_id in one for one in answers), of=len(images))

    questions = tuple(map(counted, references.questions))
    own = [row for row in questions if row.question_id is not None]
    others = references.others or ()
    return replace(
        references,
        matched=sum(row.matched for row in own),
        of=sum(row.of for row in own),
        questions=questions,
        others=tuple(_of_images(one, images, first=False) for one in others) or UNSET,
    )
