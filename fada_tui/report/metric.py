"""The definition of a metric: a figure of a run with its key, unit and texts."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from fada_tui.core.records import Run
from fada_tui.report import units
from fada_tui.report.figures import Figures

Value: TypeAlias = str | float | None
Unit: TypeAlias = Literal["text", "count", "seconds", "bytes", "share", "per second"]
"""The unit of a metric; a share is a fraction of 1."""
Place: TypeAlias = Literal["page", "table", "screen"]
"""Where a metric is shown: list item of a run's page, column of the Markdown table or of the dashboard's."""


class Shown(NamedTuple):
    """How a metric is shown in one place."""

    heading: str
    text: Callable[[Run, Figures], str | None] | None = None
    """Returns the text, in Markdown except on screen; `None` if unknown. By default value and unit."""


class Metric(Struct, frozen=True, kw_only=True):
    """A figure of a run."""

    key: str
    """Its name in CSV and JSON."""
    value: Callable[[Run, Figures], Value]
    """Returns the value; `None` if nothing was measured."""
    unit: Unit
    better: Literal["higher", "lower"] | None = None
    """Whether high or low values are better."""
    shown: Mapping[Place, Shown] = {}
    """Where and how the metric is shown."""
    in_data: bool = True
    """Whether it is in CSV and JSON; metrics combined from others there may be left out."""

    def text(self, place: Place, run: Run, found: Figures) -> str | None:
        """Return the text of a run's metric in a place.

        Raises:
            KeyError: the metric is not shown there.
        """
        words = self.shown[place].text
        return words(run, found) if words else in_unit(self.value(run, found), self.unit)


def in_unit(value: Value, unit: Unit) -> str | None:
    """Return a value with its unit, as short as possible; `None` if it is unknown."""
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
