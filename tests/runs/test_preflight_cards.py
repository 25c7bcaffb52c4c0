"""What is said beforehand of a model on several cards, or of several workers that share a machine."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from fada_tui.models.memory import Need, margin
from fada_tui.models.requirements import Requirements
from fada_tui.runs.preflight.describe import Room, advice, as_json, facts, shared
from fada_tui.runs.preflight.memory_fit import Free, by_auto, spread_over, suggest
from tests.conftest import Program
from tests.nvml.driver import build_driver

GB = 1_000_000_000
MAIN = Free("main memory", False, 200 * GB)


def need(precision: str, gigabytes: float) -> Need:
    size = int(gigabytes * GB)
    return Need(precision=precision, weights=size, cache=0, margin=margin(size))


NEEDS = (need("float32", 76), need("bfloat16", 38), need("8bit", 20), need("4bit", 11))


def gpus(*free: float | None) -> tuple[Free, ...]:
    return tuple(
        Free(f"GPU {number}", True, None if size is None else int(size * GB))
        for number, size in enumerate(free)
    )


def requirements(needs: Sequence[Need] = NEEDS) -> Requirements:
    return Requirements(origin="folder", here=True, download=None, precision="bfloat16", needs=tuple(needs))


def told(room: Room, needs: Sequence[Need] = NEEDS) -> list[tuple[str, str]]:
    return list(facts(requirements(needs), room))


@pytest.mark.parametrize(
    ("free", "text"),
    [
        ((24, 48), "fits GPU 1 at bfloat16: --device cuda:1"),
        ((24, 10, 24), "fits GPU 0 and GPU 2 together at bfloat16: --device auto"),
        ((16, 16, 16), "fits GPUs 0, 1 and 2 together at bfloat16: --device auto"),
        ((24, 10), "fits GPU 0 at 8bit: --quantization 8bit"),
        ((8, 8), "fits GPU 0 and GPU 1 together at 4bit: --quantization 4bit --device auto"),
        ((24, None), "fits GPU 0 at 8bit: --quantization 8bit"),
        ((4, 4), "fits main memory at bfloat16: --device cpu"),
    ],
)
def test_the_advice_knows_several_gpus(free: tuple[float | None, ...], text: str) -> None:
    best = suggest(NEEDS, "bfloat16", gpus(*free), MAIN)
    assert best and best.text == text


def test_what_fits_on_several_alone_is_said_with_each_share() -> None:
    lines = told(Room(gpus(24, 24), MAIN))
    assert ("Spread", "at bfloat16 over GPU 0 19.00 GB, GPU 1 19.00 GB") in lines
    assert sum(label == "Spread" for label, _ in lines) == 1, "8 and 4 bits fit on one"
    twice = [label for label, text in told(Room(gpus(14, 14, 14, 14), MAIN)) if " over GPU" in text]
    assert twice == ["Spread", ""], "the label stands once, as that of other lines"
    found = as_json(requirements(), Room(gpus(24, 24), MAIN))
    assert found["spread"] == {
        "float32": None,
        "bfloat16": {"GPU 0": 19 * GB, "GPU 1": 19 * GB},
        "8bit": None,
        "4bit": None,
    }


@pytest.mark.parametrize(
    ("free", "place"),
    [
        ((24, 48, 48), "GPU 1"),
        ((24, 24), "GPU 0 and GPU 1 together"),
        ((None, 24, 24), "GPU 1 and GPU 2 together"),
        ((1, 39), "GPU 1"),  # without the margin, as loading would have it
        ((4, 8), "GPU 1"),
    ],
)
def test_auto_takes_what_the_worker_takes(free: tuple[float | None, ...], place: str) -> None:
    every = gpus(*free)
    first = Free("GPU 0", True, every[0].size, every)
    assert by_auto(NEEDS[1], first).place == place


def test_what_is_spread_is_as_large_as_its_gpus_together() -> None:
    found = spread_over(NEEDS[1], (*gpus(24, None, 24), MAIN))
    assert found and (found.place, found.size) == ("GPU 0 and GPU 2 together", 48 * GB)
    assert spread_over(NEEDS[0], gpus(24, 24)) is None
    assert spread_over(NEEDS[3], gpus(80)) is None


SMALL = (need("float32", 4), need("bfloat16", 2))


def test_workers_on_the_cpu_share_main_memory() -> None:
    room = shared(Room(gpus(24), Free("main memory", False, 10 * GB)), "cpu*4")
    lines = told(room, SMALL)
    assert ("Workers", "4 × 2.50 GB = 10.00 GB in all at bfloat16") in lines
    assert (
        "CPU",
        "2.50 GB free in main memory for each of 4 workers: fits at bfloat16; not at float32",
    ) in lines
    assert not any(label.startswith("GPU") for label, _ in lines)
    assert advice(requirements(SMALL), room) == "fits main memory for each of 4 workers at bfloat16"
    five = shared(Room((), Free("main memory", False, 10 * GB)), "cpu*5")
    assert advice(requirements(SMALL), five).startswith("fits nowhere here")


def test_each_of_several_gpus_takes_a_whole_model() -> None:
    room = shared(Room(gpus(24, 24, 80), MAIN), "0,2")
    assert [place.place for place in room.places] == ["GPU 0", "GPU 2"]
    lines = told(room)
    assert not any(label in ("Spread", "Workers", "CPU") for label, _ in lines)
    assert as_json(requirements(), room)["spread"]["bfloat16"] is None
    assert [place.place for place in shared(Room(gpus(24, 24), MAIN), "all").places] == ["GPU 0", "GPU 1"]
    nothing = shared(Room((), MAIN), "all")
    assert advice(requirements(), nothing) == "none of the devices that were named was found here"
    assert shared(Room(gpus(24), MAIN), None) == Room(gpus(24), MAIN)


@pytest.mark.long
def test_cards_are_said_as_the_driver_has_them(tmp_path: Path, tiny: Path, program: Program) -> None:
    driver = build_driver(tmp_path)
    program.env = {"LD_LIBRARY_PATH": str(driver.folders["whole"]), "STUB_GPUS": "4"}
    program.env["STUB_USED"] = str(20 * 2**30)
    names = ("--batch", "--dry-run", "--json", "--model", str(tiny))
    (planned,) = json.loads(program.run(*names).stdout)["plan"]
    assert [place["place"] for place in planned["places"]] == ["GPU 0", "GPU 1", "GPU 2", "GPU 3"]
    assert planned["spread"].keys() == planned["requirements"]["needs"].keys()
    (planned,) = json.loads(program.run(*names, "--devices", "1,2").stdout)["plan"]
    assert [place["place"] for place in planned["places"]] == ["GPU 1", "GPU 2"]
    (planned,) = json.loads(program.run(*names, "--devices", "cpu*3").stdout)["plan"]
    assert [place["place"] for place in planned["places"]] == ["main memory for each of 3 workers"]
    assert "3 × " in program.run("--batch", "--dry-run", "--model", str(tiny), "--devices", "cpu*3").stdout
