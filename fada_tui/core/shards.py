"""Shards of a plan: which of its images a scheduler's job takes, and where each has its place in the whole.

Every Nth image is a shard's, so that categories, which stand one after the other, come in equal numbers to
all, and the whole can be put together again from its shards alone.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

Item = TypeVar("Item")

_MOST_DIGITS = 6


def shard_of(text: str) -> tuple[int, int] | None:
    """Return the number K, from 1, and the count N that `K/N` says; `None` where it says no such thing."""
    found = re.fullmatch(rf"([0-9]{{1,{_MOST_DIGITS}}})/([0-9]{{1,{_MOST_DIGITS}}})", text)
    if found is None:
        return None
    number, of = int(found[1]), int(found[2])
    return (number, of) if 1 <= number <= of else None


def part(items: Sequence[Item], number: int, of: int) -> tuple[Item, ...]:
    """Return what of a whole is in a shard, in its order; sizes differ by one at most."""
    return tuple(items[number - 1 :: of])


def whole(parts: Sequence[Sequence[Item]]) -> tuple[Item, ...]:
    """Return what shards were taken from, in its order.

    Args:
        parts: of the shards from 1 to N; those without any may be left out at the end.
    """
    longest = max(map(len, parts), default=0)
    return tuple(each[place] for place in range(longest) for each in parts if place < len(each))


def with_images(of: int, images: int) -> range:
    """Return the numbers of the shards that have any of so many images."""
    return range(1, min(of, images) + 1)


def identity(images: Iterable[tuple[str, str]]) -> str:
    """Return a hash of the whole plan's images, by their paths and categories, in their order."""
    return hashlib.sha256(msgspec.json.encode(list(images))).hexdigest()
