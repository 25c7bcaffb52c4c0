"""What the chosen models will take, by their files and earlier runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from fada_tui.core.control import PICTURES
from fada_tui.core.records import ModelEntry
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import is_of
from fada_tui.runs.forecast import Earlier, Forecast, forecast, together
from fada_tui.runs.planning import Estimate, generation
from fada_tui.runs.preflight.memory_fit import Free
from fada_tui.runs.several import several_of
from fada_tui.tui.new_run.estimate import EstimateView, ModelForecast
from fada_tui.tui.new_run.form import (
    Form,
    Offer,
    as_loaded,
    batch_size,
    devices_of,
    engine_of,
    image_counts,
    questions,
    value_of,
    whole,
)

if TYPE_CHECKING:
    from fada_tui.tui.state.disk_index import DiskIndex


Places: TypeAlias = tuple[Free | None, tuple[Free, ...]]
"""Free memory where a model is to be loaded, and where it could be."""


class Forecasts:
    """The models' forecasts, as far as their checkpoints have been examined.

    Args:
        disk_index: the runs that were made before.
        places: where models can be loaded, by the device that is asked for.
        places_on: the same by a list of several devices.
        examine: called once for each model as it would be loaded, by its name; `take` takes what it finds.
    """

    def __init__(
        self,
        disk_index: "DiskIndex",
        places: Callable[[str], Places],
        places_on: Callable[[str], Places],
        examine: Callable[[str, ModelEntry], None],
    ) -> None:
        self._disk_index = disk_index
        self._places = places
        self._places_on = places_on
        self._examine = examine
        self._sizes: dict[tuple[str, ModelEntry], Estimate | None] = {}
        """By engine, and the model as it would be loaded: another resolution needs other memory."""
        self._earlier: dict[tuple[str, str], list[Earlier]] = {}

    def take(self, entry: ModelEntry, engine: str, estimate: Estimate) -> None:
        """Take what was found of a model for an engine."""
        self._sizes[engine, entry] = estimate

    def view(self, form: Form, offer: Offer) -> EstimateView:
        """Return the estimate of all that is chosen."""
        images = image_counts(form, offer)[form.images]
        asked = len(questions(form, offer))
        models = tuple(
            ModelForecast(_shown(name, offer), self._forecast(name, form, offer, images, asked))
            for name in form.models
        )
        controls = len(PICTURES) * asked if value_of(form, "control") else 0
        known = [model.forecast for model in models if model.forecast is not None]
        all_of_them = together(known)
        if len(known) < len(models):
            all_of_them = replace(all_of_them, seconds=None, memory_needed=None, fits=None)
        return EstimateView(images, asked, models, all_of_them, controls)

    def _forecast(self, name: str, form: Form, offer: Offer, images: int, asked: int) -> Forecast | None:
        entry = as_loaded(offer.models[name], form, offer.settings)
        engine = engine_of(form, offer)
        if (engine, entry) not in self._sizes:
            self._sizes[engine, entry] = None
            self._examine(name, entry)
        if (size := self._sizes[engine, entry]) is None:
            return None
        estimate = replace(size, images=images, questions=asked, results=images * asked)
        if (engine, name) not in self._earlier:
            runs = (run for run in self._disk_index.runs if is_of(run, entry) and run.generated_by == engine)
            self._earlier[engine, name] = [(run, self._disk_index.figures[run.id]) for run in runs]
        device, devices = value_of(form, "device"), devices_of(form, offer)
        places = (
            self._places_on(devices)
            if devices is not None
            else self._places(device if isinstance(device, str) else "auto")
        )
        on = several_of(devices, offer.cards or 0)
        settings = replace(
            offer.settings,
            engine=engine,
            max_new_tokens=whole(form, "max_new_tokens") or 0,
            batch_size=batch_size(form) or 1,
            concurrency=whole(form, "concurrency"),
            thinking=value_of(form, "thinking") or "auto",
            max_thinking_tokens=whole(form, "max_thinking_tokens"),
        )
        known = self._earlier[engine, name]
        return forecast(entry, estimate, known, generation(entry, settings), *places, on)


def _shown(name: str, offer: Offer) -> str:
    """Return a model's name as the list has it: a URL or a path says less in a narrow column."""
    entry = offer.models[name]
    return entry.name if is_endpoint(entry.source) or name == entry.source else name
