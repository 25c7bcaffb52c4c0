"""On which cards a model is loaded: on one where it fits, else over several, by sizes alone.

The worker decides by it once it knows the weights, and what is said beforehand comes from the same functions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from fada_tui.core.device_list import gpu_number
from fada_tui.models.memory import MARGIN_LEAST, MARGIN_SHARE


class Card(Struct, frozen=True):
    """A card with the memory that is free on it."""

    name: str
    """`cuda:0`."""
    free: int
    """Bytes."""

    @property
    def number(self) -> int:
        """Return its number in torch's order."""
        return gpu_number(self.name)

    @property
    def room(self) -> int:
        """Return the bytes of weights that it can take, with the margin that they need at work."""
        return max(0, min(int(self.free / (1 + MARGIN_SHARE)), self.free - MARGIN_LEAST))


def first_with_room(weights: int, cards: Iterable[Card]) -> Card | None:
    """Return the first card that can take a model whole; `None` if there is none.

    Args:
        weights: bytes.
        cards: in their order; none is looked at after the one that has room.
    """
    return next((card for card in cards if weights <= card.room), None)


def groups(weights: int, cards: Sequence[Card]) -> Iterator[tuple[Card, ...]]:
    """Yield groups of cards over which a model can be spread, the smallest first, each in the cards' order.

    A group is of those with most room. A larger one is for where a model's layers, which stay whole, leave
    gaps.

    Args:
        weights: bytes.
        cards: all that may be used.
    """
    by_room = sorted(range(len(cards)), key=lambda place: (-cards[place].room, place))
    for count in range(2, len(cards) + 1):
        chosen = tuple(cards[place] for place in sorted(by_room[:count]) if cards[place].room)
        if len(chosen) == count and weights <= sum(card.room for card in chosen):
            yield chosen


def tightly(weights: int, cards: Iterable[Card]) -> Card | None:
    """Return the card with most free memory if the weights alone fit there, without any margin."""
    best = max(cards, key=lambda card: card.free, default=None)
    return best if best is not None and weights <= best.free else None


def shares(weights: int, cards: Sequence[Card]) -> dict[str, int]:
    """Return about how many bytes of a model come to lie on each of a group of cards.

    They are spread evenly; a card with less room is filled, and the others take the rest.
    """
    left, told = weights, dict[str, int]()
    for count, card in enumerate(sorted(cards, key=lambda card: card.room)):
        told[card.name] = min(card.room, left // (len(cards) - count))
        left -= told[card.name]
    return {card.name: told[card.name] for card in cards}


def in_words(spread: Mapping[str, int]) -> str:
    """Return where a model lies that is spread, in words; bytes by device."""
    *others, last = (f"{device} ({size / 1e9:.1f} GB)" for device, size in spread.items())
    return f"spread over {', '.join(others)} and {last}" if others else f"on {last}"
