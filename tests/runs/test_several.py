"""What a run on several devices will take, before it begins: time, and the memory that each has."""

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Failure, Generation, ModelEntry, ModelFacts, RunDevice
from fada_tui.report.figures import figures
from fada_tui.runs.forecast import Earlier, forecast, seconds_expected
from fada_tui.runs.preflight.memory_fit import Free
from fada_tui.runs.several import ONE, Several, made_on, places_on, several_of
from fada_tui.runs.telemetry import GpuReading, Sample
from tests.examples import result, run
from tests.runs.test_forecast import ENTRY, estimate

MADE = Generation(max_new_tokens=100, batch_size=1)
FOUR = Several(4, gpus=True)
PAIR = Several(2, gpus=False)


def earlier(*devices: str, seconds: float = 8.0, id: str = "a") -> Earlier:
    """A run of ten answers on each of these devices."""
    several = len(devices) > 1
    results = [
        result(f"{device}/{number}.png", time=seconds, **({"device": device} if several else {}))
        for device in devices
        for number in range(10)
    ]
    made = run(id=id, results=tuple(results), generation=MADE)
    facts = ModelFacts(
        name="tiny", device=devices[0].partition(":")[0] if "cpu" in devices[0] else devices[0]
    )
    records = tuple(RunDevice(name=device, load_time=1.0) for device in devices)
    made = replace(made, model=facts, devices=records) if several else replace(made, model=facts)
    return made, figures(made)


def test_a_list_means_so_many_devices() -> None:
    assert several_of(None, 8) == ONE
    assert several_of("all", 4) == FOUR
    assert several_of("all", 0) == ONE, "where none is seen nothing is known"
    assert several_of("0,3", 8) == Several(2, gpus=True)
    assert several_of("cpu*2", 8) == PAIR
    with pytest.raises(ValueError, match="expected all"):
        several_of("gpu", 1)
    assert (ONE.words, FOUR.words, PAIR.words) == ("one device", "4 GPUs at once", "2 workers at once")


def test_a_run_was_made_on_the_devices_that_took_part() -> None:
    made, _ = earlier("cuda:0", "cuda:1", "cuda:2")
    assert made_on(made) == Several(3, gpus=True)
    lost = RunDevice(name="cuda:3", error=Failure(kind="load", message="no room"))
    assert made_on(replace(made, devices=(*(made.devices or ()), lost))) == Several(3, gpus=True)
    assert made_on(earlier("cpu:0", "cpu:1")[0]) == PAIR
    assert made_on(earlier("cuda:0")[0]) == Several(1, gpus=True)


def told(on: Several, *runs: Earlier) -> tuple[float | None, str]:
    found = forecast(ENTRY, estimate(40), runs, MADE, None, on=on)
    assert found.seconds == seconds_expected(ENTRY, 40, runs, MADE, on)
    return found.seconds, found.seconds_from


def test_gpus_share_the_answers_whatever_their_number_was() -> None:
    assert told(FOUR, earlier("cuda:0")) == (80.0, "from 10 answers of run a, on one device, shared by 4")
    four = earlier(*(f"cuda:{number}" for number in range(4)))
    assert told(FOUR, four) == (80.0, "from 40 answers of run a")
    alone = Several(1, gpus=True)
    assert told(alone, four) == (320.0, "from 40 answers of run a, on 4 GPUs at once")


def test_workers_on_the_cpu_take_from_each_other_so_nothing_is_scaled() -> None:
    assert told(PAIR, earlier("cpu")) == (320.0, "from 10 answers of run a, on one device")
    assert told(PAIR, earlier("cpu:0", "cpu:1")) == (160.0, "from 20 answers of run a")
    assert told(Several(4), earlier("cpu:0", "cpu:1")) == (
        160.0,
        "from 20 answers of run a, on 2 workers at once",
    )


def test_a_run_on_as_many_devices_comes_before_a_later_one() -> None:
    pair, later = earlier("cpu:0", "cpu:1", id="pair"), earlier("cpu", seconds=1.0, id="later")
    assert told(PAIR, pair, later)[1] == "from 20 answers of run pair"
    assert told(ONE, pair, later)[1] == "from 10 answers of run later"


def sample(*used: int | None, rss: int = 0) -> Sample:
    gpus = [GpuReading(index=index, memory_used=size, memory_total=100) for index, size in enumerate(used)]
    return Sample(time="t", gpus=tuple(gpus), memory_used=40, memory_total=100, worker_rss=rss)


def test_the_tightest_of_the_cards_decides() -> None:
    assert places_on(sample(10, 70, 30), "all") == (Free("GPU 1", True, 30), ())
    assert places_on(sample(10, 70, 30), "0,2") == (Free("GPU 2", True, 70), ())
    assert places_on(sample(10, None), "all") == (None, ()), "one of them is not known"
    assert places_on(sample(10), "0,1") == (None, ()), "one of them is not seen"
    assert places_on(sample(), "all") == (None, ())
    assert places_on(None, "all") == (None, ())


def test_workers_on_the_cpu_share_main_memory() -> None:
    assert places_on(sample(), "cpu*3") == (Free("main memory for each of 3 workers", False, 20), ())
    assert places_on(sample(95), "0,cpu*2")[0] == Free("GPU 0", True, 5)


def test_what_each_needs_is_held_against_what_each_has() -> None:
    """A model of 40 bytes fits in main memory once, and not twice."""
    entry = ModelEntry(name="tiny", source="/nowhere/tiny")
    for devices, fits in (("cpu*1", True), ("cpu*2", False)):
        free, elsewhere = places_on(sample(), devices)
        found = forecast(entry, estimate(4, 20), [], MADE, free, elsewhere, several_of(devices, 0))
        assert (found.fits, found.memory_needed) == (fits, 40)
