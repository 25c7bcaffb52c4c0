"""Bars, sparklines, and the GPU pane's lines."""

from fada_tui.core.records import ModelFacts, ResultMemory, ServerFacts
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.tui.state.memory_history import SAMPLES, MemoryHistory, bar, sparkline
from fada_tui.tui.state.views import GpuView
from fada_tui.tui.widgets.gpu import gpu_lines

GB = 10**9


def gpu(index: int = 0, **changes: object) -> GpuReading:
    values = {
        "index": index,
        "name": "NVIDIA H200",
        "memory_used": 40 * GB,
        "memory_total": 150 * GB,
        "process_memory": 12 * GB,
        "utilisation": 87,
        "temperature": 51,
        "power": 321.4,
    }
    return GpuReading(**(values | changes))  # type: ignore[arg-type]


def sample(*gpus: GpuReading, rss: int | None = 4 * 10**8, time: str = "t") -> Sample:
    return Sample(time=time, gpus=gpus, worker_rss=rss, memory_used=12 * GB, memory_total=24 * GB)


def texts(view: GpuView, width: int = 30, height: int = 12) -> list[str]:
    return ["".join(text for text, _ in line) for line in gpu_lines(view, width, height)]


def test_a_bar_fills_by_eighths() -> None:
    assert bar(0.5, 4) == ("██", "  ")
    assert bar(1.0, 4) == ("████", "")
    assert bar(0.0, 4) == ("", "    ")
    assert bar(3 / 32, 4) == ("▍", "   ")
    assert bar(7.0, 4) == ("████", "")


def test_a_sparkline_ends_with_the_latest_and_loses_no_peak() -> None:
    assert sparkline([0, 7], 5) == "▁█"
    assert sparkline([1, 9, 1, 1, 1, 1], 3) == "█▂▂"
    assert sparkline([5, 5], 2, top=10) == "▅▅"
    assert sparkline([], 5) == ""
    assert sparkline([0, 0], 5) == "▁▁"


def test_history_takes_each_sample_once_and_forgets_old_ones() -> None:
    history, first = MemoryHistory(), sample(gpu(memory_used=1))
    history.add(first)
    history.add(first)
    assert history.series(0) == (1,)
    for number in range(SAMPLES + 5):
        history.add(sample(gpu(memory_used=number), rss=None, time=str(number)))
    assert len(history.series(0)) == SAMPLES
    assert history.series(0)[-1] == SAMPLES + 4
    assert history.series(None)[-1] == 0
    assert history.series(3) == ()


def test_a_gpu_shows_memory_share_sensors_and_peaks() -> None:
    view = GpuView(
        sample=sample(gpu()),
        gpus={0: (1, 40 * GB)},
        image_peak=ResultMemory(nvml_process=13 * GB),
        run_peak=ResultMemory(nvml_process=14 * GB),
    )
    lines = texts(view)
    assert lines[0].startswith("0 █") and lines[0].endswith("40.0/150 GB")
    assert lines[1:4] == ["H200", "87 %  51 °C  321 W", "worker 12.00 GB"]
    assert lines[5:] == ["peak of image 13.00 GB", "peak of run   14.00 GB"]


def test_what_nvml_does_not_give_is_not_a_number() -> None:
    reading = gpu(
        process_memory=None, power=None, problems={"process_memory": "in a container", "power": "old card"}
    )
    lines = texts(GpuView(sample=sample(reading)), width=60)
    assert "worker n/a (in a container)" in lines
    assert "87 %  51 °C  power n/a (old card)" in lines
    assert not any("0 W" in line or "0.0 MB" in line for line in lines)
    assert texts(GpuView(sample=sample(gpu(memory_used=None))))[0] == "0 memory n/a"


def test_of_a_model_behind_a_server_its_facts_stand_where_its_memory_would() -> None:
    facts = ServerFacts(name="vLLM", version="0.32.0", context=32768)
    model = ModelFacts(name="m", source="http://gpu7.example:8000/v1#m", served="Qwen/m", server=facts)
    shown = [
        "server   gpu7.example:8000",
        "serves   Qwen/m",
        "with     vLLM 0.32.0",
        "context  32,768 tokens",
    ]
    alone = texts(GpuView(sample=sample(), served=model))
    assert alone[:4] == shown and alone[4].startswith("machine ") and len(alone) == 5
    beside = texts(GpuView(sample=sample(gpu()), served=model))
    assert beside[:4] == shown and beside[4].startswith("0 █")
    assert not any("peak" in line or "worker" in line for line in alone)
    bare = ModelFacts(name="m", source="http://gpu7.example:8000/v1#m", served="\x1b[2J")
    assert texts(GpuView(sample=sample(), served=bare))[:2] == [shown[0], "serves   \\x1b[2J"]


def test_eight_gpus_each_have_a_line() -> None:
    view = GpuView(sample=sample(*(gpu(index) for index in range(8))))
    lines = texts(view, height=10)
    assert [line[0] for line in lines[:8]] == list("01234567")
    assert len(lines) == 10


def test_of_two_gpus_the_minutes_are_kept_before_the_name() -> None:
    view = GpuView(sample=sample(gpu(0), gpu(1)), gpus={0: (1, 150 * GB), 1: (1, 1)})
    lines = texts(view, height=9)
    assert lines[1:3] == ["87 %  51 °C  321 W", "▁█"]
    assert lines[3].startswith("1 █")
    assert len(lines) == 8


def test_without_a_gpu_the_process_is_shown_and_why() -> None:
    view = GpuView(sample=sample(), problem="no NVIDIA driver library", worker=(1, 2))
    lines = texts(view, width=40)
    assert lines[0] == "worker        400.0 MB"
    assert lines[-2].startswith("machine █") and lines[-2].endswith("12.0/24 GB")
    assert lines[-1] == "GPU n/a (no NVIDIA driver library)"
    assert "worker        –" in texts(GpuView(sample=sample(rss=None)))


def test_before_the_first_sample_nothing_is_invented() -> None:
    assert texts(GpuView()) == ["reading …"]
