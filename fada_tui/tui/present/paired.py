"""A paired comparison as rows for the screen: pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from fada_tui.report.paired import Pair, PairedQuestion
from fada_tui.report.paired_texts import METHODS, change, finding, heading, probability

TINY = 1e-9
"""What a column says of a smaller p, too."""
NOT_APART = "not told apart"
"""In a column; the lines below the table say it in full."""


class PairedRow(Struct, frozen=True, kw_only=True):
    """Two runs and one outcome of one question."""

    cells: Mapping[str, str]
    apart: bool
    """Whether one is better."""
    detail: tuple[str, ...]
    """What else is known, a line each."""


def paired_rows(called: Sequence[str], questions: Iterable[PairedQuestion]) -> tuple[PairedRow, ...]:
    """Return the rows of a paired comparison, by question.

    Args:
        called: What the runs are called.
        questions: What came of it.
    """
    return tuple(_row(called, one, pair) for one in questions for pair in one.pairs)


def _row(called: Sequence[str], one: PairedQuestion, pair: Pair) -> PairedRow:
    found = pair.found
    return PairedRow(
        cells={
            "question": one.label,
            "figure": heading(one),
            "pair": f"{called[pair.first]} – {called[pair.second]}",
            "images": f"{found.images:,}",
            "first": f"{found.first * 100:.1f}",
            "second": f"{found.second * 100:.1f}",
            "difference": change(found),
            "p": probability(pair.adjusted) if pair.adjusted >= TINY else f"<{TINY:g}",
            "finding": NOT_APART if pair.better is None else finding(pair, called),
        },
        apart=pair.better is not None,
        detail=tuple(_details(called, one, pair)),
    )


def _details(called: Sequence[str], one: PairedQuestion, pair: Pair) -> Iterable[str]:
    found = pair.found
    first, second = called[pair.first], called[pair.second]
    yield f"{one.label}, {heading(one)}: {one.text}"
    yield f"{first} {found.first * 100:.1f}%, better in {found.first_better:,}  ·  " + (
        f"{second} {found.second * 100:.1f}%, better in {found.second_better:,}  ·  {found.pairs:,} pairs"
    )
    yield f"p {probability(found.p)} ({METHODS[found.method]}); {one.family}: {probability(pair.adjusted)}"
    if pair.better is None:
        images = "no difference seen" if pair.needed is None else f"images for 80% power: {pair.needed:,}"
        yield f"{finding(pair, called)}  ·  {images}"
    if pair.first_errors or pair.second_errors:
        yield f"errors left out: {pair.first_errors:,} and {pair.second_errors:,}  ·  counted as wrong: " + (
            f"{change(pair.as_wrong)}, {finding(pair, called, as_wrong=True)}"
        )
