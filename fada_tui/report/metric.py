"""What a metric is: a figure of a run under one key, with its unit and the words in which people read it."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from fada_tui.core.records import Run
from fada_tui.report import units
from fada_tui.report.figures import Figures

Value: TypeAlias = str | float | None
Unit: TypeAlias = Literal["text", "count", "seconds", "bytes", "share", "per second"]
"""A share is of 1."""
Place: TypeAlias = Literal["page", "table", "screen"]
"""A list item of a run's page, a column of the comparison's Markdown table, one of the dashboard's table."""


class Shown(NamedTuple):
    """How people read a metric in one place."""

    heading: str
    text: Callable[[Run, Figures], str | None] | None = None
    """Its words, Markdown but for the screen; `None` of the unknown. By default the value in its unit."""


class Metric(Struct, frozen=True, kw_only=True):
    """A figure of a run."""

    key: str
    """Its name in CSV and JSON."""
    value: Callable[[Run, Figures], Value]
    """`None` where nothing was measured."""
    unit: Unit
    better: Literal["higher", "lower"] | None = None
    """Which values are looked for first."""
    shown: Mapping[Place, Shown] = {}
    """Where people read it."""
    in_data: bool = True
    """Whether it is in CSV and JSON; what is put together from others there need not be."""

    def text(self, place: Place, run: Run, found: Figures) -> str | None:
        """Return what is shown of a run in a place.

        Raises:
            KeyError: the metric is not shown there.
        """
        words = self.shown[place].text
        return words(run, found) if words else in_unit(self.value(run, found), self.unit)


def in_unit(value: Value, unit: Unit) -> str | None:
    """Return a value with its unit, as short as can be; `None` where it is unknown."""
    if value is None or isinstance(value, str):
        return value
    match unit:
        case "seconds":
            return f"{units.seconds(value)} s"
        case "bytes":
            return units.memory(int(value))
        case "share":
            return units.percent(value)
        case "per second":
            return f"{value:.1f}"
        case _:
            return f"{value:,}"
