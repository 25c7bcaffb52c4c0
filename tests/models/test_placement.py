"""On which cards a model is loaded, by sizes alone."""

from collections.abc import Iterator

import pytest

from fada_tui.models.memory import MARGIN_LEAST, margin
from fada_tui.models.placement import Card, first_with_room, groups, in_words, shares, tightly

GB = 1_000_000_000


def cards(*free: float) -> list[Card]:
    return [Card(f"cuda:{number}", int(size * GB)) for number, size in enumerate(free)]


def names(chosen: tuple[Card, ...]) -> list[int]:
    return [card.number for card in chosen]


@pytest.mark.parametrize("free", [0, 0.4, 0.6, 2.9, 3.1, 24, 80])
def test_the_room_leaves_the_margin_that_weights_need(free: float) -> None:
    (card,) = cards(free)
    assert card.room + (margin(card.room) if card.room else 0) <= max(card.free, MARGIN_LEAST)
    one_more = card.room + 1_000
    assert one_more + margin(one_more) > card.free


def test_the_first_with_room_is_taken_and_no_other_looked_at() -> None:
    looked_at = []

    def asked() -> Iterator[Card]:
        for card in cards(10, 30, 80):
            looked_at.append(card.number)
            yield card

    assert first_with_room(20 * GB, asked()) == cards(10, 30, 80)[1]
    assert looked_at == [0, 1]
    assert first_with_room(70 * GB, cards(80, 80)) is None, "without margin it would fit"


def test_several_are_as_few_as_hold_it_and_keep_their_order() -> None:
    chosen = groups(38 * GB, cards(10, 24, 6, 24, 24))
    assert [names(group) for group in chosen] == [[1, 3], [1, 3, 4], [0, 1, 3, 4], [0, 1, 2, 3, 4]]
    assert [names(group) for group in groups(50 * GB, cards(24, 24, 24))] == [[0, 1, 2]]
    assert list(groups(61 * GB, cards(24, 24, 24))) == []
    assert list(groups(1 * GB, cards(24))) == [], "one card alone is no spread"
    assert [names(group) for group in groups(20 * GB, cards(24, 0.3, 24))] == [[0, 2]], "0.3 GB is no room"


def test_what_only_the_weights_fit_on_is_the_last_resort() -> None:
    assert tightly(23 * GB, cards(10, 24)) == cards(10, 24)[1]
    assert tightly(25 * GB, cards(10, 24)) is None
    assert tightly(1, []) is None


def test_the_shares_are_even_as_far_as_there_is_room() -> None:
    assert shares(30 * GB, cards(24, 24)) == {"cuda:0": 15 * GB, "cuda:1": 15 * GB}
    told = shares(30 * GB, cards(24, 12, 24))
    assert told == {"cuda:0": 10 * GB, "cuda:1": 10 * GB, "cuda:2": 10 * GB}
    told = shares(36 * GB, cards(24, 12, 24))
    assert told["cuda:1"] == 10 * GB and told["cuda:0"] == told["cuda:2"] == 13 * GB


def test_where_it_lies_is_said_in_one_line() -> None:
    assert (
        in_words({"cuda:0": 21 * GB, "cuda:1": 17 * GB})
        == "spread over cuda:0 (21.0 GB) and cuda:1 (17.0 GB)"
    )
    assert in_words({"cuda:0": GB, "cuda:1": GB, "cuda:3": GB}).endswith(
        "cuda:1 (1.0 GB) and cuda:3 (1.0 GB)"
    )
