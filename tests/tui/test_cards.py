"""Several cards in the GPU pane: each is there at any size, with memory, utilisation, the workers' share."""

import re

import pytest

from fada_tui.core.records import ResultMemory
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.tui.state.views import DeviceView, GpuView
from fada_tui.tui.widgets.gpu import gpu_lines

GB = 10**9

ROOMS = {"80x24": (36, 14), "120x36": (26, 9), "200x50": (40, 12)}
"""Cells of the pane within its border, by the terminal's."""


def card(index: int, **changes: object) -> GpuReading:
    values = {
        "index": index,
        "uuid": f"GPU-{index}",
        "name": "NVIDIA H100",
        "memory_used": (30 + 3 * index) * GB,
        "memory_total": 80 * GB,
        "process_memory": (20 + index) * GB,
        "utilisation": 100 - index,
        "temperature": 61,
        "power": 300.0,
    }
    return GpuReading(**(values | changes))  # type: ignore[arg-type]


def view_of(*cards: GpuReading, workers: int = 0) -> GpuView:
    return GpuView(
        sample=Sample(time="t", gpus=cards, worker_rss=GB, memory_used=12 * GB, memory_total=24 * GB),
        gpus={one.index: (1, 40 * GB) for one in cards},
        image_peak=ResultMemory(nvml_process=21 * GB),
        run_peak=ResultMemory(nvml_process=90 * GB),
        devices=tuple(
            DeviceView(name=f"cuda:{number}", gpu_uuids=(f"GPU-{number}",), state="ready", at=f"{number}.png")
            for number in range(workers)
        ),
    )


def texts(view: GpuView, room: str) -> list[str]:
    width, height = ROOMS[room]
    lines = ["".join(text for text, _ in line) for line in gpu_lines(view, width, height)]
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines), lines
    return lines


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("number", [1, 2, 4, 8])
def test_each_card_shows_memory_and_utilisation_at_every_size(number: int, room: str) -> None:
    lines = texts(view_of(*map(card, range(number)), workers=number), room)
    whole = "\n".join(lines)
    for index in range(number):
        assert re.search(rf"(?m)^{index} █.* {30 + 3 * index}\.0/80 GB", whole)
        assert re.search(rf"\b{100 - index} %", whole)
    assert lines[-1] == "peak of run   90.00 GB"


@pytest.mark.parametrize("room", ROOMS)
def test_of_sixteen_cards_several_share_a_line(room: str) -> None:
    lines = texts(view_of(*map(card, range(16))), room)
    whole = " ".join(lines)
    assert all(re.search(rf"(^| ){index} +█", whole) for index in range(16))
    assert all(re.search(rf" {100 - index} %", whole) for index in range(16))


def test_cards_for_which_there_is_no_room_are_counted() -> None:
    lines = texts(view_of(*map(card, range(64))), "120x36")
    assert lines[-2].rstrip().endswith("+49")


def test_the_workers_share_and_that_of_others_are_drawn_apart() -> None:
    lone = card(0, memory_used=40 * GB, process_memory=20 * GB)
    full = card(1, memory_used=40 * GB, process_memory=40 * GB)
    unknown = card(2, memory_used=40 * GB, process_memory=None)
    tiny = card(3, memory_used=40 * GB, process_memory=GB // 10)
    lines = texts(view_of(lone, full, unknown, tiny, *map(card, range(4, 8))), "200x50")
    bars = [re.findall(r"[█▉▊▋▌▍▎▏▒]+", line)[0] for line in lines[:4]]
    assert len({len(one) for one in bars}) == 1
    assert re.fullmatch("█+▒+", bars[0])
    assert "▒" not in bars[1] + bars[2]
    assert abs(bars[0].count("█") - bars[0].count("▒")) < 2
    assert bars[3].startswith("█▒")


def test_a_card_tells_which_worker_is_there_and_what_it_is_asked() -> None:
    four = [card(index) for index in range(4)]
    lines = texts(view_of(*four, workers=3), "80x24")
    assert lines[1:3] == ["100 %  61 °C  300 W  own 20.0 GB", "cuda:0  0.png"]
    assert "cuda:2  2.png" in lines and not any("cuda:3" in line for line in lines)
    narrow = texts(view_of(*four, workers=3), "120x36")
    assert narrow[1] == "100 %  own 20.0 GB  0.png"
    lost = DeviceView(name="cuda:0", gpu_uuids=("GPU-0",), state="lost", at="old.png")
    assert "cuda:0  lost" in texts(GpuView(sample=view_of(*four).sample, devices=(lost,)), "80x24")


def test_workers_on_the_cpu_are_listed_as_far_as_there_is_room() -> None:
    sample = Sample(time="t", worker_rss=3 * GB, memory_used=12 * GB, memory_total=24 * GB)
    workers = [DeviceView(name=f"cpu:{number}", state="ready", at=f"{number}.png") for number in range(9)]
    two = texts(GpuView(sample=sample, devices=tuple(workers[:2])), "120x36")
    assert two[:3] == ["2 workers     3.00 GB", "cpu:0  0.png", "cpu:1  1.png"]
    apart = {"cpu:0": ResultMemory(worker_rss=2 * GB), "cpu:1": ResultMemory(worker_rss=GB)}
    measured = Sample(time="t", worker_rss=3 * GB, workers=apart, memory_used=1, memory_total=2)
    told = texts(GpuView(sample=measured, devices=tuple(workers[:2])), "120x36")
    assert told[1:3] == ["cpu:0  2.00 GB  0.png", "cpu:1  1.00 GB  1.png"]
    nine = texts(GpuView(sample=sample, devices=tuple(workers)), "120x36")
    assert nine[:4] == ["9 workers     3.00 GB", "cpu:0  0.png", "cpu:1  1.png", "cpu:2  2.png"]
    assert nine[4] == "… and 6 more" and len(nine) == 9
    assert nine[-1].startswith("GPU n/a")


def test_memory_that_a_card_does_not_tell_is_no_number() -> None:
    why = {"memory_used": "the GPU has fallen off the bus; it needs a reset or a restart"}
    lost = card(1, memory_used=None, utilisation=None, problems=why)
    for number in (2, 8, 16):
        for room in ROOMS:
            lines = texts(view_of(card(0), lost, *map(card, range(2, number))), room)
            assert any("n/a" in line for line in lines)
            assert not any("None" in line for line in lines)
