"""GPUs that CUDA does not show, or numbers otherwise than NVML, and what is said beforehand of them."""

import json
from pathlib import Path

import pytest

from fada_tui.models.memory import Need
from fada_tui.models.requirements import Requirements
from fada_tui.runs.forecast import free_memory, places_for
from fada_tui.runs.preflight.describe import advice, room_of, shared, suggestion
from fada_tui.runs.preflight.memory_fit import places
from fada_tui.runs.several import cards_of, places_on
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.runs.telemetry.visible import VARIABLE, visible
from tests.conftest import Program
from tests.nvml.driver import build_driver

GPUS = tuple(
    GpuReading(index=number, uuid=f"GPU-{letter}1", memory_used=0, memory_total=10 * (number + 1))
    for number, letter in enumerate("abcd")
)
SAMPLE = Sample(time="", gpus=GPUS, memory_used=1, memory_total=100)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, [0, 1, 2, 3]),
        ("0,1,2,3", [0, 1, 2, 3]),
        ("3", [3]),
        (" 2 , 0 ", [2, 0]),
        ("GPU-c1,GPU-a", [2, 0]),
        ("1,9,2", [1]),
        ("-1", []),
        ("", []),
        ("1,1", []),
        ("NoDevFiles", []),
        ("²", []),
    ],
)
def test_the_variable_says_which_gpus_are_seen_and_in_which_order(text: str | None, shown: list[int]) -> None:
    environ = {} if text is None else {VARIABLE: text}
    assert [gpu.index for gpu in visible(GPUS, environ)] == shown


def test_a_gpu_is_offered_by_the_number_that_torch_has_for_it() -> None:
    first, second = places(SAMPLE, {VARIABLE: "3,1"})
    assert (first.place, first.device, first.option, first.size) == (
        *("GPU 3 (cuda:0)", "cuda:0", "--device cuda:0"),
        40,
    )
    assert (second.place, second.device) == ("GPU 1", "cuda:1")
    assert [place.place for place in places(SAMPLE, {VARIABLE: ""})] == ["main memory"]
    part = places(SAMPLE, {VARIABLE: "MIG-0b1c"})
    assert [(place.device, place.size) for place in part] == [("cuda:0", None)]


def test_a_gpu_whose_memory_is_unknown_is_no_reason_for_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "MIG-0b1c")
    found = Requirements(
        origin="folder",
        here=True,
        download=None,
        precision="bfloat16",
        needs=(Need(precision="bfloat16", weights=1, cache=0, margin=1),),
    )
    assert advice(found, room_of(SAMPLE)) == "how much memory is free is unknown"
    assert suggestion(found, room_of(SAMPLE)) is None


def test_what_is_said_beforehand_goes_by_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "2,3")
    assert cards_of(SAMPLE) == 2
    free = free_memory(SAMPLE, "auto")
    assert free and (free.place, free.size) == ("GPU 2 (cuda:0)", 30)
    assert (free_memory(SAMPLE, "cuda:1") or free).size == 40
    assert free_memory(SAMPLE, "cuda:2") is None
    chosen, _ = places_for(SAMPLE, "auto")
    assert chosen and [card.size for card in chosen.cards] == [30, 40]
    tightest, _ = places_on(SAMPLE, "all")
    assert tightest and tightest.size == 30
    assert places_on(SAMPLE, "2") == (None, ())
    assert [place.device for place in shared(room_of(SAMPLE), "1").places] == ["cuda:1"]


def test_the_program_says_it_too(program: Program, tmp_path: Path) -> None:
    program.env = {
        "LD_LIBRARY_PATH": str(build_driver(tmp_path).folders["whole"]),
        "STUB_GPUS": "4",
        VARIABLE: "3,2",
    }
    found = json.loads(program.run("models", "show", "fada-demo", "--json").stdout)
    assert [place["place"] for place in found["places"]] == ["GPU 3 (cuda:0)", "GPU 2 (cuda:1)"]
    assert "GPU 3:      21.47 GB free, as cuda:0: fits" in program.run("models", "show", "fada-demo").stdout
    planned = program.run("--batch", "--dry-run", "--devices", "0,5").stdout
    assert "  cuda:5     no such GPU was found here" in planned


def test_the_device_that_was_named_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    room = room_of(SAMPLE)
    assert shared(room, None) == shared(room, None, "auto") == room
    assert [place.device for place in shared(room, None, "cpu").places] == ["cpu"]
    assert [place.device for place in shared(room, None, "cuda:2").places] == [
        *("cuda:2", "cuda:0", "cuda:1", "cuda:3")
    ]
    assert shared(room, None, "cuda").places == room.places
    nowhere = shared(room, None, "cuda:7")
    assert (nowhere.places, nowhere.missing) == ((), ("cuda:7",))
    none_known = room_of(Sample(time="", memory_used=1, memory_total=100))
    assert shared(none_known, None, "cuda:1") == none_known
