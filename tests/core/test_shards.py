"""Shards: what K/N means, and that the parts are the whole, each item once."""

import pytest

from fada_tui.core.shards import identity, part, shard_of, whole, with_images


@pytest.mark.parametrize(("text", "meant"), [("1/1", (1, 1)), ("3/8", (3, 8)), ("08/08", (8, 8))])
def test_a_shard_is_its_number_and_how_many_there_are(text: str, meant: tuple[int, int]) -> None:
    assert shard_of(text) == meant


@pytest.mark.parametrize(
    "text", ["0/8", "9/8", "3", "a/b", "", "3/", "/8", "3/8/8", "-1/8", " 3/8", "3/8\n", "٣/٨", "1/9999999"]
)
def test_nothing_else_is_a_shard(text: str) -> None:
    assert shard_of(text) is None


@pytest.mark.parametrize("images", [0, 1, 5, 8, 24, 25])
@pytest.mark.parametrize("of", [1, 3, 8])
def test_the_parts_are_the_whole(images: int, of: int) -> None:
    everything = tuple(range(images))
    parts = [part(everything, number, of) for number in range(1, of + 1)]
    assert sorted(one for each in parts for one in each) == list(everything)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    having = with_images(of, images)
    assert [number for number, each in enumerate(parts, 1) if each] == list(having)
    assert whole([parts[number - 1] for number in having]) == everything


def test_other_images_or_another_order_are_another_whole() -> None:
    some = [("A/a.png", "A"), ("A/b.png", "A")]
    assert identity(some) == identity(tuple(some))
    assert (
        len({identity(some), identity(some[::-1]), identity(some[:1]), identity([("A/a.png", "B"), some[1]])})
        == 4
    )
