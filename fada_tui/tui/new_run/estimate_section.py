"""The section of what a run will take: each model's files are looked at once, in a thread."""

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Button

from fada_tui.core.records import ModelEntry
from fada_tui.runs.forecast import places_for
from fada_tui.runs.planning import Estimate
from fada_tui.runs.several import places_on
from fada_tui.runs.telemetry import Sample
from fada_tui.tui.new_run import options
from fada_tui.tui.new_run.estimate import EstimateText, together_text
from fada_tui.tui.new_run.forecasts import Forecasts
from fada_tui.tui.new_run.form import Form, Offer, engine_of

if TYPE_CHECKING:
    from fada_tui.tui.state.disk_index import DiskIndex

SETTLING = 0.05
"""Seconds without a change after which the estimate is worked out."""


class EstimateSection(Container):
    """Shows the estimate of a form, and the button that starts the run.

    Args:
        disk_index: the runs that were made before.
        sample: the machine as it was measured last.
    """

    class Measured(Message):
        """A message: a model's checkpoint has been examined."""

        def __init__(self, entry: ModelEntry, engine: str, estimate: Estimate) -> None:
            super().__init__()
            self.entry = entry
            self.engine = engine
            self.estimate = estimate

    def __init__(self, disk_index: "DiskIndex", sample: Sample | None) -> None:
        super().__init__(id="estimate", classes="section")
        self._forecasts = Forecasts(
            disk_index, partial(places_for, sample), partial(places_on, sample), self._examine
        )
        self._shown: tuple[Form, Offer] | None = None
        self._pending: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the section."""
        yield EstimateText()
        yield Button("▶ Start", id="start", compact=True, variant="primary")

    def on_mount(self) -> None:
        """Name the section."""
        self.border_title = "Estimate"

    def show(self, form: Form, offer: Offer) -> None:
        """Show at once what a form will take."""
        self._shown = form, offer
        view = self._forecasts.view(form, offer)
        self.border_subtitle = together_text(view)
        self.query_one(EstimateText).show(view)

    def show_soon(self, form: Form, offer: Offer) -> None:
        """Show what a form will take once nothing has changed for a moment."""
        if self._pending is not None:
            self._pending.stop()
        self._pending = self.set_timer(SETTLING, partial(self.show, form, offer))

    def _examine(self, name: str, entry: ModelEntry) -> None:
        if self._shown is not None:
            form, offer = self._shown
            engine = engine_of(form, offer)
            self.run_worker(partial(self._measure, name, entry, engine, offer), thread=True)

    def _measure(self, name: str, entry: ModelEntry, engine: str, offer: Offer) -> None:
        self.post_message(self.Measured(entry, engine, options.measure(name, entry, engine, offer)))

    @on(Measured)
    def _measured(self, event: Measured) -> None:
        self._forecasts.take(event.entry, event.engine, event.estimate)
        if self._shown is not None:
            self.show(*self._shown)
