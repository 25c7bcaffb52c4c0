"""Which of a run's results are made again. Pure."""

import random
from collections.abc import Iterable, Iterator, Sequence

from fada_tui.core.records import Result


def answered(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that can be held against another: they have an answer, and say of which pixels."""
    return tuple(
        result for result in results if result.error is None and result.response is not None and result.sha256
    )


def draw(results: Sequence[Result], count: int, seed: int) -> tuple[Result, ...]:
    """Return so many of the results, evenly from the batch sizes and otherwise at random, in their order.

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
    """One of each group, then the next of each, until all are empty."""
    for turn in range(max(map(len, groups), default=0)):
        yield from (group[turn] for group in groups if turn < len(group))
