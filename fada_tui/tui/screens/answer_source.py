"""Where the rows of the answers table come from, and what is done to them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from msgspec import Struct

from fada_tui.core.records import Assessment
from fada_tui.tui.state.answer_table import AnswerTable, Row
from fada_tui.tui.state.open_runs import OpenRun

Edit = Callable[[Assessment], Assessment]
"""What becomes of an assessment."""


class Source(Struct, frozen=True, kw_only=True):
    """Where the table's rows come from, and what is done to them."""

    table: Callable[[], AnswerTable]
    """Makes an empty table."""
    runs: Callable[[], Sequence[OpenRun]]
    """The runs that it has at least, as they are now."""
    others: Callable[[], AsyncIterator[OpenRun]]
    """Reads the other runs over the same images."""
    blind: bool
    names: tuple[str, ...]
    """What the filter completes beside its words."""
    change: Callable[[Sequence[Row], Edit], Coroutine[Any, Any, None]]
    """Makes a change durable, as one step."""
    can_undo: Callable[[], bool]
    undo: Callable[[], Awaitable[None]]
    redo: Callable[[], Awaitable[None]]
    tags: Callable[[Sequence[Row]], Coroutine[Any, Any, None]]
    """Opens the rubric's tags for these answers."""
    context: Callable[[Sequence[Row]], Coroutine[Any, Any, None]]
    """Asks for the context flag of these answers."""
