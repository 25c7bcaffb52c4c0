"""Blind mode: an order and letters that do not reveal which model answered, the same at every start."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class _Image(Protocol):
    @property
    def path(self) -> str: ...


class _Place(Protocol):
    @property
    def image(self) -> _Image: ...

    @property
    def run(self) -> str | None: ...


_AnyPlace = TypeVar("_AnyPlace", bound=_Place)


def shuffled(places: Iterable[_AnyPlace], seed: Sequence[str]) -> list[_AnyPlace]:
    """Return the places in an order that depends only on the seed's texts."""
    return sorted(places, key=lambda place: place_in_order(place, seed))


def place_in_order(place: _Place, seed: Sequence[str]) -> bytes:
    """Return what `shuffled` sorts a place by; it does not depend on the other places."""
    return _digest(*seed, place.run or "", place.image.path)


class Labels:
    """Letters for runs, drawn anew for each image: A on one image may be B on the next.

    Where a run joins the others, all letters are dealt again: the last one would tell which run is new.

    Args:
        ids: the runs.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = dict.fromkeys(ids)

    def add(self, run_id: str) -> None:
        """Deal letters to this run, too."""
        self._ids[run_id] = None

    def of(self, run_id: str, path: str) -> str:
        """Return a run's letter on an image; a run that is new is added."""
        self.add(run_id)
        dealt = sorted(self._ids, key=lambda name: _digest(name, path))
        return letters(dealt.index(run_id))


def letters(number: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    head, last = divmod(number, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + last)


def _digest(*texts: str) -> bytes:
    joined = "\0".join(texts).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).digest()
