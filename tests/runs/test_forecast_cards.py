"""The expected memory of a model where `--device auto` chooses among cards, or several are asked for."""

import pytest

from fada_tui.core.records import Generation, ModelEntry
from fada_tui.models.memory import Need, margin
from fada_tui.models.requirements import Requirements
from fada_tui.runs.forecast import Forecast, forecast, places_for
from fada_tui.runs.planning import Estimate
from fada_tui.runs.several import Several, places_on
from fada_tui.runs.telemetry import Sample
from fada_tui.runs.telemetry.readings import GpuReading

GB = 1_000_000_000
ENTRY = ModelEntry(name="m", source="/nowhere/m")
ONE = Generation(max_new_tokens=10, batch_size=1)


def sample(*free: float) -> Sample:
    gpus = tuple(
        GpuReading(index=number, memory_total=80 * GB, memory_used=int((80 - size) * GB))
        for number, size in enumerate(free)
    )
    return Sample(time="", gpus=gpus, memory_used=20 * GB, memory_total=50 * GB)


def told(device: str, *free: float, weights: float = 38) -> Forecast:
    sizes = {"bfloat16": weights, "4bit": weights / 3.5}
    needs = tuple(
        Need(precision=name, weights=int(size * GB), cache=0, margin=margin(int(size * GB)))
        for name, size in sizes.items()
    )
    found = Requirements(origin="folder", here=True, download=None, precision="bfloat16", needs=needs)
    return forecast(ENTRY, Estimate(1, 1, 1, found), (), ONE, *places_for(sample(*free), device))


@pytest.mark.parametrize(
    ("free", "place", "fits"),
    [
        ((60, 60), "GPU 0", True),
        ((30, 60), "GPU 1", True),
        ((30, 10, 30), "GPU 0 and GPU 2 together", True),
        ((10, 20), "GPU 1", False),
        ((60,), "GPU 0", True),
    ],
)
def test_auto_is_one_card_or_several(free: tuple[float, ...], place: str, fits: bool) -> None:
    found = told("auto", *free)
    assert (found.place, found.fits) == (place, fits)
    assert found.spread == place.endswith("together")
    assert found.memory_needed == int(38 * GB * 1.2)
    assert (found.instead is None) == fits


def test_what_fits_nowhere_as_set_is_told_otherwise() -> None:
    found = told("auto", 10, 20)
    assert found.instead and found.instead.text == "fits GPU 1 at 4bit: --quantization 4bit"
    found = told("auto", 8, 8)
    assert found.instead
    assert found.instead.text == "fits GPU 0 and GPU 1 together at 4bit: --quantization 4bit --device auto"


def test_a_card_that_is_asked_for_is_left_for_several() -> None:
    found = told("cuda:1", 30, 30)
    assert (found.place, found.fits) == ("GPU 1", False)
    assert found.instead and found.instead.options == "--device auto"


def test_each_of_several_devices_takes_a_whole_model() -> None:
    needs = (Need(precision="bfloat16", weights=38 * GB, cache=0, margin=margin(38 * GB)),)
    found = Requirements(origin="folder", here=True, download=None, precision="bfloat16", needs=needs)
    places = places_on(sample(30, 30), "all")
    made = forecast(ENTRY, Estimate(1, 1, 1, found), (), ONE, *places, on=Several(2, gpus=True))
    assert (made.fits, made.instead) == (False, None)
