"""Drawing the sample of a run's results to be repeated, without side effects."""

import random
from collections.abc import Iterable, Iterator, Sequence

from fada_tui.core.records import Result


def answered(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the results that can be compared: those with an answer and a pixel hash."""
    return tuple(
        result for result in results if result.error is None and result.response is not None and result.sha256
    )


def draw(results: Sequence[Result], count: int, seed: int) -> tuple[Result, ...]:
    """Return a random sample of the results, balanced over batch sizes, in their order.

    Where a size has too few, the others have more; what is left over goes to the larger sizes.
    """
    chance = random.Random(seed)
    by_size: dict[int, list[int]] = {}
    for place, result in enumerate(results):
        by_size.setdefault(result.together, []).append(place)
    groups = [by_size[size] for size in sorted(by_size, reverse=True)]
    for group in groups:
        chance.shuffle(group)
    places = [place for place, _ in zip(_in_turn(groups), range(count), strict=False)]
    return tuple(results[place] for place in sorted(places))


def _in_turn(groups: Sequence[Sequence[int]]) -> Iterator[int]:
    """Return one element of each group, then the next of each, until all are empty."""
    for turn in range(max(map(len, groups), default=0)):
        yield from (group[turn] for group in groups if turn < len(group))
