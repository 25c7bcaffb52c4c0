"""Answers dealt to other images: what a figure comes to if an answer has nothing to do with its image.

Permutation tests, one-sided: p is the share of the deals whose figure is at least the real one's, the real
one counted among them (B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", Statistical
Applications in Genetics and Molecular Biology 9 (2010), article 39).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

DEALS: Final = 9_999
SEED: Final = 20250101
_AT_ONCE = 2**20
"""Numbers that are worked on at once: the memory that it takes."""
_ROUNDING = 1e-9
"""Figures that are nearer than this count as the same."""


class Dealt(NamedTuple):
    """A figure of the real answers beside what it is of dealt ones."""

    observed: float
    expected: float
    """Its mean over the deals."""
    p: float
    """1 / (1 + deals) at least."""
    varies: bool
    """Whether dealing changes the figure at all; where not, it says nothing."""


class Deals:
    """Deals of answers to images: for a number of images always the same ones.

    Args:
        number: How many deals.
    """

    def __init__(self, number: int = DEALS) -> None:
        self.number = number
        self._orders: Any = None

    def mean_score(self, scores: Any, answers: Sequence[int], truths: Sequence[int]) -> Dealt:
        """Return the mean score of the answers beside that of dealt ones.

        Args:
            scores: What each answer scores against each truth: an array, answers × truths.
            answers: The row of each image's answer.
            truths: The column of what is right for each image.
        """
        import numpy

        flat, columns = scores.ravel(), numpy.asarray(truths)
        rows = numpy.asarray(answers) * scores.shape[1]

        def means(orders: Any) -> Any:
            return flat[rows + columns[orders]].mean(axis=1)

        return self._dealt(len(rows), max(_AT_ONCE // len(rows), 1), means)

    def shared_information(self, answers: Sequence[int], categories: Sequence[int]) -> Dealt:
        """Return the mutual information of answers and categories, in bits, beside that of dealt ones.

        Args:
            answers: A number for each image's answer: the same for the same answers.
            categories: A number for each image's category.
        """
        import numpy

        images, width = len(answers), max(categories) + 1
        rows, columns = numpy.asarray(answers) * width, numpy.asarray(categories)
        cells = (max(answers) + 1) * width
        logs = numpy.log2(numpy.arange(images + 1).clip(1))

        def mean_log(counts: Any) -> float:
            return float((counts * logs[counts]).sum() / images)

        # Of each variable alone nothing changes by dealing: its part is worked out once.
        alone = mean_log(numpy.bincount(answers)) + mean_log(numpy.bincount(categories))

        def information(orders: Any) -> Any:
            cell = rows + columns[orders] + numpy.arange(len(orders))[:, None] * cells
            counts = numpy.bincount(cell.ravel(), minlength=len(orders) * cells)
            return logs[images] + logs[counts[cell]].mean(axis=1) - alone

        return self._dealt(images, max(_AT_ONCE // max(cells, images), 1), information)

    def _dealt(self, images: int, at_once: int, figures: Callable[[Any], Any]) -> Dealt:
        """Return the figure of the real answers and of all deals; `figures` takes a row for each deal."""
        import numpy

        observed = float(figures(numpy.arange(images)[None])[0])
        orders = self._of(images)
        found = numpy.concatenate(
            [figures(orders[start : start + at_once]) for start in range(0, len(orders), at_once)]
        )
        as_good = int((found >= observed - _ROUNDING).sum())
        return Dealt(
            observed=observed,
            expected=float(found.mean()),
            p=(1 + as_good) / (1 + len(found)),
            varies=bool(abs(found - observed).max() > _ROUNDING),
        )

    def _of(self, images: int) -> Any:
        """Return the deals: for each one which image's truth goes with each answer."""
        import numpy

        if self._orders is None or self._orders.shape[1] != images:
            random = numpy.random.default_rng(SEED)
            in_order = numpy.arange(images, dtype=numpy.uint16 if images <= 2**16 else numpy.int64)
            self._orders = numpy.tile(in_order, (self.number, 1))
            random.permuted(self._orders, axis=1, out=self._orders)
        return self._orders
