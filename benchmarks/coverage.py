"""Count how often the program's intervals hold the truth, over simulated answers that depend on their images.

    python -m benchmarks.coverage [TRIALS]

Each image is asked 8 questions. Its answers are right alike: with an intra-image correlation of 0.6, either
since each image has a share of its own (drawn from a beta distribution) or since each answer is, with
probability √0.6, the one that the image has in common. The table says how often, in TRIALS (2,000 by
default), the interval of 95 % held the true share; demanded is 92 %. The last rows are one answer an image,
and groups of unequal size, as images by patients are.

Seeded: the same TRIALS make the same table, on any machine, in a minute or two.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy

from fada_tui.evaluation.intervals import Sums, interval_of_mean

SEED: Final = 20250102
CORRELATION: Final = 0.6
QUESTIONS: Final = 8
IMAGES: Final = (5, 14, 20, 50, 200)
SHARES: Final = (0.5, 0.8, 0.9)
DEMANDED: Final = 0.92
_MEAN_SIZE: Final = 8
"""Answers of a patient on average, where they are unequal."""

Draw: TypeAlias = Callable[[numpy.random.Generator, int, float], Sequence[Sums]]
"""From a generator, a number of images and the true share to the sums of each image."""


class Row(NamedTuple):
    """How often the intervals held the truth, by number of images."""

    kind: str
    share: float
    held: tuple[float, ...]


def own_shares(draw: numpy.random.Generator, images: int, share: float) -> list[Sums]:
    """Return answers of images each of which has a share of its own."""
    return _sums(draw.binomial(QUESTIONS, _likely(draw, images, share)), [QUESTIONS] * images)


def in_common(draw: numpy.random.Generator, images: int, share: float) -> list[Sums]:
    """Return answers that are often the one that an image has in common."""
    common, own = draw.random((images, 1)) < share, draw.random((images, QUESTIONS)) < share
    takes = draw.random((images, QUESTIONS)) < math.sqrt(CORRELATION)
    return _sums(numpy.where(takes, common, own).sum(axis=1), [QUESTIONS] * images)


def one_each(draw: numpy.random.Generator, images: int, share: float) -> list[Sums]:
    """Return one answer an image."""
    return _sums(draw.binomial(1, share, images), [1] * images)


def unequal(draw: numpy.random.Generator, images: int, share: float) -> list[Sums]:
    """Return answers of patients who have from one image to many: a geometric distribution."""
    sizes = draw.geometric(1 / _MEAN_SIZE, images)
    return _sums(draw.binomial(sizes, _likely(draw, images, share)), sizes)


KINDS: Final[dict[str, Draw]] = {
    "8 questions, a share for each image": own_shares,
    "8 questions, answers in common": in_common,
    "1 question": one_each,
    "patients of unequal size": unequal,
}


def coverage(draw: Draw, images: int, share: float, trials: int) -> float:
    """Return the share of trials in which the interval held the true share."""
    generator = numpy.random.default_rng((SEED, images, round(share * 100)))
    held = 0
    for _ in range(trials):
        found = interval_of_mean(draw(generator, images, share))
        assert found is not None
        held += found.low <= share <= found.high
    return held / trials


def rows(trials: int) -> Iterator[Row]:
    """Yield the table's rows."""
    for kind, draw in KINDS.items():
        for share in SHARES:
            yield Row(kind, share, tuple(coverage(draw, images, share, trials) for images in IMAGES))


def _likely(draw: numpy.random.Generator, images: int, share: float) -> Any:
    spread = (1 - CORRELATION) / CORRELATION
    return draw.beta(share * spread, (1 - share) * spread, images)


def _sums(totals: Any, counts: Any) -> list[Sums]:
    return [Sums(float(total), int(count)) for total, count in zip(totals, counts, strict=True)]


def main() -> None:
    """Print the table in Markdown."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"| Answers | True share | {' | '.join(f'{images} images' for images in IMAGES)} |")
    print("|" + " --- |" * (len(IMAGES) + 2), flush=True)
    for row in rows(trials):
        cells = " | ".join(f"{held:.1%}" for held in row.held)
        print(f"| {row.kind} | {row.share:.0%} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
