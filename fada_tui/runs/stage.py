"""A stage of a run: its results, or those about control pictures; what of them is there and what is left."""

from collections.abc import Container, Iterable, Iterator, Sequence

from fada_tui.core.protocol import Item
from fada_tui.core.records import Result
from fada_tui.runs.recovery import Tries
from fada_tui.store.journal import ControlLine, JournalLine, ResultLine


class Stage:
    """The items of a stage and what has become of them.

    Args:
        items: to be asked, in their order.
        results: that are there already.
        controls: whether they are about control pictures.
        errors_last: ask again last what was an error before, so that all get on.
    """

    def __init__(
        self,
        items: Sequence[Item],
        results: Iterable[Result],
        *,
        controls: bool = False,
        errors_last: bool = False,
    ) -> None:
        there = tuple(results)
        self.items = items
        self.controls = controls
        self.done = {result.key for result in there if result.error is None}
        """Keys of what needs not be asked any more."""
        self.failed: list[Result] = []
        """Errors among the results made in this session."""
        self.tries = Tries()
        self._errors_last = errors_last
        self._before = len(there)
        self._tried = {result.key for result in there if result.error is not None}

    @property
    def total(self) -> int:
        """Results that there are in the end."""
        return len(self.items) or self._before

    def left(self) -> list[Item]:
        """Return the items without an answer."""
        left = [item for item in self.items if item.key not in self.done]
        return sorted(left, key=lambda item: item.key in self._tried) if self._errors_last else left

    def take(self, result: Result) -> None:
        """Count a result that is in the journal."""
        self.done.add(result.key)
        if result.error is not None:
            self.failed.append(result)

    def line(self, result: Result) -> ControlLine | ResultLine:
        """Return a result of this stage as a line of the journal."""
        return ControlLine(result=result) if self.controls else ResultLine(result=result)

    def untold(self, lines: Iterable[JournalLine], held: Container[tuple[str, str]]) -> Iterator[Result]:
        """Yield the results of a journal that are this stage's and not counted yet.

        Args:
            lines: of the journal.
            held: keys of what their worker was asked: those of others are told by these.
        """
        kind = ControlLine if self.controls else ResultLine
        for line in lines:
            if isinstance(line, kind) and line.result.key in held and line.result.key not in self.done:
                yield line.result
