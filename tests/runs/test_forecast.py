from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Generation, ModelEntry, ModelFacts, ModelMemory, Timing
from fada_tui.models.memory import Need
from fada_tui.models.requirements import Requirements
from fada_tui.report.figures import figures
from fada_tui.runs.forecast import Forecast, Free, forecast, free_memory, together
from fada_tui.runs.planning import Estimate
from fada_tui.runs.telemetry import Sample
from fada_tui.runs.telemetry.readings import GpuReading
from tests.examples import error_result, result, run

ENTRY = ModelEntry(name="tiny", source="/nowhere/tiny")
LONG = Generation(max_new_tokens=100, batch_size=1)
SHORT = Generation(max_new_tokens=50, batch_size=1)
MAIN = Free("main memory", False, 10_000)
GPU = Free("GPU 0", True, 10_000)


def estimate(results: int = 10, weights: int | None = None, **smaller: int) -> Estimate:
    sizes = {"float16": weights} | smaller
    needs = tuple(
        Need(precision=name, weights=size, cache=3, margin=17)
        for name, size in sizes.items()
        if size is not None
    )
    found = Requirements(origin="folder", here=True, download=None, precision="float16", needs=needs)
    return Estimate(results, 1, results, found)


def earlier(
    id: str,
    seconds: tuple[float, ...],
    tokens: int = 100,
    model: dict[str, Any] | None = None,
    how: dict[str, Any] | None = None,
    **memory: int,
) -> Any:
    facts = ModelFacts(name="tiny", memory=ModelMemory(**memory), **(model or {}))
    results = tuple(result(f"A/{n}.png", time=time) for n, time in enumerate(seconds))
    generation = Generation(**({"max_new_tokens": tokens, "batch_size": 1} | (how or {})))
    made = run(id=id, results=results, generation=generation)
    made = replace(made, model=facts)
    return made, figures(made)


def test_nothing_known_is_unknown_not_zero() -> None:
    told = forecast(ENTRY, estimate(), [], LONG, None)
    assert (told.seconds, told.load_seconds, told.memory_needed, told.memory_free) == (None,) * 4
    assert (told.whole, told.fits, told.seconds_from) == (None, None, "no earlier run")


def test_runs_of_another_resolution_tell_of_loading_alone() -> None:
    runs = [
        earlier("a", (1.0,), model={"longest_edge": 512, "load_time": 4.0}, worker_rss_peak=700),
        earlier("b", (9.0,), worker_rss_peak=5_000),
    ]
    told = forecast(replace(ENTRY, longest_edge=512), estimate(10, 2_000), runs, LONG, MAIN)
    assert (told.seconds, told.memory_needed) == (10, 700)
    told = forecast(replace(ENTRY, longest_edge=1024), estimate(10, 2_000), runs, LONG, MAIN)
    assert (told.seconds, told.seconds_from) == (None, "no earlier run at this resolution")
    assert (told.memory_from, told.load_seconds) == ("estimated from weights", 4)


def test_time_is_the_mean_of_the_latest_run_with_answers() -> None:
    failed = run(id="c", results=(error_result("A/a.png"),))
    runs = [
        earlier("a", (9.0,)),
        earlier("b", (1.0, 3.0), model={"load_time": 4.0}),
        (failed, figures(failed)),
    ]
    told = forecast(ENTRY, estimate(10), runs, LONG, None)
    assert told.seconds == pytest.approx(20)
    assert told.whole == pytest.approx(24)
    assert told.seconds_from == "from 2 answers of run b"


def test_a_run_with_the_same_tokens_is_preferred_and_another_says_so() -> None:
    runs = [earlier("a", (2.0,), tokens=50), earlier("b", (5.0,), tokens=200)]
    assert forecast(ENTRY, estimate(1), runs, SHORT, None).seconds == 2.0
    other = forecast(ENTRY, estimate(1), runs, LONG, None)
    assert other.seconds == 5.0
    assert other.seconds_from.endswith("of run b, at 200 tokens")


def test_a_run_that_thought_likewise_is_preferred_and_another_says_so() -> None:
    runs = [
        earlier("a", (9.0,), how={"thinking": "on", "max_thinking_tokens": 400}),
        earlier("b", (2.0,)),
        earlier("c", (1.0,), how={"thinking": "off"}),
    ]
    thinking = replace(LONG, thinking="on", max_thinking_tokens=400)
    assert forecast(ENTRY, estimate(1), runs, thinking, None).seconds_from == "from 1 answer of run a"
    assert forecast(ENTRY, estimate(1), runs, LONG, None).seconds_from == "from 1 answer of run b"
    other = forecast(ENTRY, estimate(1), runs[:1], LONG, None)
    assert other.seconds_from == "from 1 answer of run a, thinking on, at 500 tokens"


def batched(id: str, time: float, size: int, asked: int | str = 8, **memory: int) -> Any:
    """A run of one full batch, whose answers each waited so long."""
    made, _ = earlier(id, (time,) * size, how={"batch_size": asked}, **memory)
    timing = Timing(generate=time, share=time / size)
    made = replace(made, results=tuple(replace(one, timing=timing, batch_size=size) for one in made.results))
    return made, figures(made)


def test_answers_of_a_batch_take_their_shares() -> None:
    told = forecast(ENTRY, estimate(80), [batched("a", 4.0, 8)], replace(LONG, batch_size=8), None)
    assert (told.seconds, told.seconds_from) == (40, "from 8 answers of run a")


def test_a_run_of_the_same_batch_size_is_preferred_and_another_says_so() -> None:
    runs = [earlier("a", (2.0,)), batched("b", 4.0, 8), batched("c", 8.0, 8, "auto")]
    alone = forecast(ENTRY, estimate(1), runs, LONG, None)
    assert (alone.seconds, alone.seconds_from) == (2.0, "from 1 answer of run a")
    eight = forecast(ENTRY, estimate(1), runs, replace(SHORT, batch_size=8), None)
    assert (eight.seconds, eight.seconds_from) == (0.5, "from 8 answers of run b, at 100 tokens")
    as_fits = forecast(ENTRY, estimate(1), runs, replace(LONG, batch_size="auto"), None)
    assert (as_fits.seconds, as_fits.seconds_from) == (1.0, "from 8 answers of run c")
    four = forecast(ENTRY, estimate(1), runs[:1], replace(LONG, batch_size=4), None)
    assert (four.seconds, four.seconds_from) == (2.0, "from 1 answer of run a, batch size 1")
    one = forecast(ENTRY, estimate(1), runs[2:], LONG, None)
    assert (one.seconds, one.seconds_from) == (1.0, "from 8 answers of run c, batch size auto")


def test_requests_in_flight_at_once_take_their_time_side_by_side() -> None:
    runs = [earlier("a", (4.0,) * 8, how={"concurrency": 4})]
    same = forecast(ENTRY, estimate(20), runs, replace(LONG, concurrency=4), None)
    assert (same.seconds, same.seconds_from) == (20, "from 8 answers of run a")
    other = forecast(ENTRY, estimate(20), runs, replace(LONG, concurrency=1), None)
    assert other.seconds_from == "from 8 answers of run a, 4 requests at once"
    few = [earlier("a", (4.0,), how={"concurrency": 4})]
    assert forecast(ENTRY, estimate(20), few, replace(LONG, concurrency=4), None).seconds == 80


def test_memory_measured_in_batches_of_another_size_says_nothing() -> None:
    runs = [batched("b", 4.0, 8, worker_rss_peak=8_000), batched("c", 4.0, 8, "auto", worker_rss_peak=9_999)]
    need = estimate(weights=100)
    assert forecast(ENTRY, need, runs, replace(LONG, batch_size=8), MAIN).memory_needed == 8_000
    for size in (1, "auto"):  # what `auto` took was what there was
        told = forecast(ENTRY, need, runs, replace(LONG, batch_size=size), MAIN)
        assert (told.memory_needed, told.memory_from) == (120, "estimated from weights")
    single = [earlier("a", (1.0,), worker_rss_peak=700)]
    assert forecast(ENTRY, need, single, replace(LONG, batch_size="auto"), MAIN).memory_needed == 700
    told = forecast(ENTRY, need, single, replace(LONG, batch_size=4), MAIN)
    assert (told.memory_needed, told.memory_from) == (129, "estimated from weights")


def test_memory_is_the_measured_peak_else_estimated_from_weights() -> None:
    measured = forecast(
        ENTRY, estimate(weights=100), [earlier("a", (1.0,), worker_rss_peak=9000)], LONG, MAIN
    )
    assert (measured.memory_needed, measured.memory_from, measured.fits) == (9000, "measured", True)
    guessed = forecast(ENTRY, estimate(weights=10_000), [], LONG, MAIN)
    assert (guessed.memory_needed, guessed.memory_from, guessed.fits) == (
        10_020,
        "estimated from weights",
        False,
    )


def test_memory_of_another_place_or_precision_says_nothing() -> None:
    on_cpu = [earlier("a", (1.0,), worker_rss_peak=9000)]
    assert forecast(ENTRY, estimate(weights=100), on_cpu, LONG, GPU).memory_needed == 120
    on_gpu = [earlier("a", (1.0,), torch_peak_reserved=700, worker_rss_peak=9000)]
    assert forecast(ENTRY, estimate(weights=100), on_gpu, LONG, GPU).memory_needed == 700
    assert forecast(ENTRY, estimate(weights=100), on_gpu, LONG, MAIN).memory_needed == 120
    smaller = replace(ENTRY, quantization="4bit")
    assert forecast(smaller, estimate(weights=100), on_gpu, LONG, GPU).memory_needed == 120
    halved = [earlier("a", (1.0,), torch_peak_reserved=700, model={"dtype": "float16"})]
    assert (
        forecast(replace(ENTRY, dtype="float32"), estimate(weights=100), halved, LONG, GPU).memory_needed
        == 120
    )


def test_free_memory_is_that_of_the_device() -> None:
    sample = Sample(
        time="t",
        memory_used=3,
        memory_total=10,
        worker_rss=1,
        gpus=(
            GpuReading(index=0, memory_used=30, memory_total=100, process_memory=20),
            GpuReading(index=1),
        ),
    )
    assert free_memory(None, "auto") is None
    assert free_memory(sample, "auto") == Free("GPU 0", True, 90)
    assert free_memory(sample, "cuda:1") == Free("GPU 1", True, None)
    assert free_memory(sample, "cuda:7") is None
    assert free_memory(sample, "cpu") == Free("main memory", False, 8)
    assert free_memory(replace(sample, gpus=()), "auto") == Free("main memory", False, 8)


def told(seconds: float | None, needed: int | None) -> Forecast:
    return Forecast(
        results=3,
        seconds=seconds,
        seconds_from="",
        load_seconds=None,
        memory_needed=needed,
        memory_from="",
        memory_free=100,
        place="GPU 0",
    )


def test_several_models_add_their_seconds_and_need_the_most() -> None:
    both = together([told(2.0, 50), told(3.0, 70)])
    assert (both.results, both.seconds, both.memory_needed, both.fits) == (6, 5.0, 70, True)
    assert together([told(2.0, 50), told(None, None)]).seconds is None
    assert together([told(2.0, 50), told(None, None)]).fits is None
    assert together([told(2.0, 500), told(None, None)]).fits is False
    assert together([]).fits is None


def test_a_model_that_cannot_be_run_adds_nothing() -> None:
    refused = replace(told(None, None), obstacle="its image processor sees no tiles")
    both = together([told(2.0, 50), refused])
    assert (both.results, both.seconds, both.memory_needed, both.fits) == (3, 2.0, 50, True)
    assert together([refused]).results == 0
