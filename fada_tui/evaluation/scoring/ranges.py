"""Values that are ranges of numbers ("20-24 weeks"), and the numbers in an answer that fall into them."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from fada_tui.evaluation.phrases import Mention, folded, forms

_DIGITS = r"\d{1,6}(?:\.\d{1,6})?(?!\d)"
_LESS = r"(?:<|under|below|less than|before)\s*"
_MORE = r"(?:>(?!=)|over|above|more than|after)\s*"
_LEAST = r"(?:>=|≥|at least|from)\s*"
_UNIT = r"\s*([a-z]*)"
_RANGE = re.compile(rf"({_DIGITS})\s*(?:-|to)\s*({_DIGITS}){_UNIT}")
_BELOW = re.compile(rf"{_LESS}({_DIGITS}){_UNIT}")
_ABOVE = re.compile(rf"{_MORE}({_DIGITS}){_UNIT}")
_FROM = re.compile(rf"(?:{_LEAST}({_DIGITS})|({_DIGITS})\s*(?:\+|or more)){_UNIT}")
_ALONE = re.compile(
    rf"\W*(?:(?:about|approximately|approx|around|roughly|circa|ca)\b\W*)?({_DIGITS})(?:\s*\+\s*\d)?"
    rf"(?:\s*(?:-|to)\s*({_DIGITS}))?\W*"
)
_WEEKS = ("weeks", "week", "wks", "wk", "w")


class Range(NamedTuple):
    """A value that is a range: the numbers from `low` to `high`, both of them in it."""

    value: str
    low: float
    high: float
    unit: str

    def holds(self, number: float) -> bool:
        """Return whether a number falls into it; up to a whole bound of 14, 14.5 does, too."""
        return self.low <= (math.floor(number) if self.high % 1 == 0 else number) <= self.high


def range_of(value: str) -> Range | None:
    """Return the range that a value is: "20-24 weeks", "<14 weeks", "over 36 weeks", "37+ weeks"."""
    text = folded(value).strip()
    if found := _RANGE.fullmatch(text):
        return Range(value, float(found[1]), float(found[2]), found[3])
    if found := _BELOW.fullmatch(text):
        return Range(value, -math.inf, math.nextafter(float(found[1]), -math.inf), found[2])
    if found := _ABOVE.fullmatch(text):
        return Range(value, math.nextafter(float(found[1]), math.inf), math.inf, found[2])
    if found := _FROM.fullmatch(text):
        return Range(value, float(found[1] or found[2]), math.inf, found[3])
    return None


def range_finder(ranges: Sequence[Range]) -> Callable[[str], tuple[Mention, ...]]:
    """Return what finds the ranges that numbers in a folded text fall into.

    A number counts with the values' unit ("22 weeks", "22w3d", "week 22", "20 to 22 weeks"), as both ends of
    a range ("20-24"), or as the whole answer ("about 22"). A range of numbers names the values of both ends.
    "Under 14" is the value that begins or ends there; where none does, it counts as 14.
    """
    if not ranges:
        return lambda _: ()
    unit = _units(one.unit for one in ranges)
    number = re.compile(
        rf"(?<![\w.,])(?P<sign>{_LESS}|{_MORE}|{_LEAST})?(?:(?P<before>{unit})\s+)?"
        rf"(?P<low>{_DIGITS})(?:\s*\+\s*\d(?!\d))?"
        rf"(?:(?:[\s-]*(?P<middle>{unit}))?\s*(?:-|to|and|or)\s*"
        rf"(?P<high>{_DIGITS})(?:\s*\+\s*\d(?!\d))?(?!\s*d(?:ays?)?\b))?"
        rf"(?P<plus>\s*\+(?!\s*/)|\s+or more)?(?:\s*(?:±|\+\s*/\s*-)\s*{_DIGITS})?"
        rf"(?:[\s-]*(?P<after>{unit})(?![a-z]))?"
    )
    bounds = {(one.low, one.high): one.value for one in ranges}

    def find(text: str) -> Iterator[Mention]:
        if alone := _ALONE.fullmatch(text):
            yield from _named(ranges, alone[1], alone[2], alone.span())
            return
        for found in number.finditer(text):
            low, high = found["low"], found["high"]
            if found["sign"] or found["plus"]:
                said = range_of(f"{found['sign'] or ''}{low}{found['plus'] or ''}")
                if said is not None and (name := bounds.get((said.low, said.high))):
                    yield Mention(name, *found.span())
                    continue
            as_ends = high is not None and (float(low), float(high)) in bounds
            if found["before"] or found["middle"] or found["after"] or as_ends:
                yield from _named(ranges, low, high, found.span())

    return lambda text: tuple(find(text))


def _units(units: Iterable[str]) -> str:
    """Return the alternatives of a pattern for the ranges' units; one that fits nothing if they have none."""
    known = {form for unit in units if unit for form in (_WEEKS if unit in _WEEKS else forms(unit))}
    return f"(?:{'|'.join(sorted(known, key=lambda one: (-len(one), one)))})" if known else "(?!)"


def _named(ranges: Sequence[Range], low: str, high: str | None, span: tuple[int, int]) -> Iterator[Mention]:
    for number in (float(low), float(high if high is not None else low)):
        for one in ranges:
            if one.holds(number):
                yield Mention(one.value, *span)
                break
