"""The benchmarks' command on a tiny model, and what it makes of rounds. No time is tested."""

import io
import json
import statistics
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from rich.console import Console

from benchmarks import bare_start, picture, tables
from benchmarks.checkpoints import SIZES, save_random
from benchmarks.command import main
from benchmarks.inside import Inside
from benchmarks.loaded import Subject, load_bare
from benchmarks.measures.memory import found
from benchmarks.measures.throughput import LOOP, Differing, Measured, Throughput
from benchmarks.program import Look
from benchmarks.rounds import Spread, alternately, percentile, ratios, slope, spread

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.slow
def test_all_ways_give_the_same_answers(
    tiny: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, drawn = tmp_path / "figures.json", tmp_path / "picture.svg"
    arguments = [
        "throughput",
        "overhead",
        "memory",
        "--model",
        str(tiny),
        "--images",
        str(images),
        "--limit",
        "2",
    ]
    arguments += ["--rounds", "1", "--tokens", "6", "--batch-sizes", "2,1", "--results", "30"]
    assert main([*arguments, "--json", str(figures), "--picture", str(drawn)]) == 0

    whole = json.loads(figures.read_bytes())
    assert whole["schema"] == "fada-tui/benchmarks/1"
    assert "-m benchmarks throughput overhead memory --model" in whole["command"]
    assert whole["machine"]["torch"] == torch.__version__
    (model,) = whole["throughput"]
    names = [way["name"] for way in model["ways"]]
    assert names == [
        LOOP,
        "TextIteratorStreamer",
        "pipeline, batch 2",
        "pipeline, batch 1",
        "fada-tui, batch 2",
        "fada-tui, batch 1",
    ]
    for way in model["ways"]:
        assert (way["failure"], way["differing"]) == (None, [])
        assert (way["identical"], way["answers"], len(way["seconds"])) == (2, 2, 1)
        assert way["ratio"]["median"] > 0 and way["processor_ratio"]["median"] > 0
    assert model["distinct"] == 2
    (ours,) = [way["inside"] for way in model["ways"] if way["name"] == "fada-tui, batch 1"]
    assert 0 < ours["share"] < 1
    assert ours["calls"]["prefill"] == 2
    command = model["commands"][-1]
    assert (command["batch"], command["identical"], command["answers"]) == (1, 2, 2)
    assert 0 < command["generating"] < command["seconds"]

    overhead = whole["overhead"]
    assert overhead["answers"] == 2
    assert all(cost["milliseconds"]["least"] > 0 for cost in overhead["costs"])

    memory = whole["memory"]
    assert memory["results"] == memory["points"][-1]["results"] == 30
    assert all(point["program"] > 0 for point in memory["points"])

    root = ET.fromstring(drawn.read_bytes())
    assert "transformers pipeline" in [text.text for text in root.iter(f"{SVG}text")]
    shown = capsys.readouterr().out
    assert "fada-tui, batch 1" in shown and "2 of 2" in shown


def test_the_bare_start_tells_its_moments(
    tiny: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = time.monotonic()
    bare_start.main(str(tiny), str(images / "A" / "A_001.png"), "What is shown?", "cpu", "float32")
    moments = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert before < moments["up"] < moments["loaded"] < moments["first_token"] < time.monotonic()


def test_ratios_are_taken_within_rounds() -> None:
    loop, ours = [2.0, 4.0, 3.0], [1.0, 2.0, 1.0]
    assert ratios(loop, ours) == [2.0, 2.0, 3.0]
    assert spread(ratios(loop, ours)) == Spread(2.0, 2.0, 3.0)
    with pytest.raises(ValueError):
        ratios(loop, ours[:2])


def test_spread_shows_its_ends_only_where_there_are_two() -> None:
    assert spread([1.0, 2.0, 6.0]).show() == "2.00 (1.00–6.00)"
    assert spread([0.5]).show(".1f") == "0.5"


def test_slope_and_percentile() -> None:
    assert slope([(0, 1), (1000, 3), (2000, 5)]) == pytest.approx(0.002)
    assert slope([(0, 5), (1, 5), (2, 5)]) == 0
    with pytest.raises(statistics.StatisticsError):
        slope([(1, 1)])
    assert percentile(list(range(100)), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0


def test_ways_are_gone_in_turn_and_every_other_round_the_other_way_about() -> None:
    order: list[str] = []
    gone = alternately({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert "".join(order) == "abbaab"
    assert {name: len(each) for name, each in gone.items()} == {"a": 3, "b": 3}


def test_memory_is_told_along_the_run_and_after_it() -> None:
    looks = [
        Look(0.1, 0, 10, None),
        Look(1.0, 100, 30, 300),
        Look(2.0, 200, 31, 310),
        Look(2.9, 299, 32, 320),
        Look(3.0, 300, 32, None),
        Look(3.5, 300, 50, None),
        Look(4.0, 300, 40, None),
    ]
    memory = found(looks, step=100, batch_size=1, seconds=4.2, run_bytes=7)
    assert [(point.results, point.program, point.worker) for point in memory.points] == [
        (100, 30, 300),
        (200, 31, 310),
        (300, 32, 320),
    ]
    assert (memory.program_slope, memory.worker_slope) == (
        pytest.approx(10, rel=0.02),
        pytest.approx(100, rel=0.02),
    )
    assert (memory.program_peak, memory.ending_peak) == (32, 50)
    assert memory.ending_seconds == pytest.approx(1.2)


def test_answers_of_a_built_model_differ_and_end_at_the_limit_alone(tmp_path: Path) -> None:
    size = replace(SIZES["10M"], text=(64, 128, 2), vision=(64, 128, 2))
    save_random(size, tmp_path)
    processor, model = load_bare(Subject(name="small", folder=tmp_path, device="cpu", dtype="float32"))
    assert model.generation_config.eos_token_id is None
    inputs = processor(text="<image>?", images=picture_of_noise(), return_tensors="pt")
    assert (inputs["input_ids"] == model.config.image_token_id).sum() == size.image_tokens
    inside = Inside("cpu")
    with inside.watch(model):
        tokens = model.generate(**inputs, max_new_tokens=9, do_sample=False)
    new = tokens[0, inputs["input_ids"].shape[1] :].tolist()
    assert len(new) == 9
    assert len(set(new)) > 1
    assert (inside.calls["prefill"], inside.calls["decode"]) == (1, 8)


def picture_of_noise() -> object:
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_a_way_that_fails_is_left_out_of_the_picture_and_auto_has_a_place() -> None:
    root = ET.fromstring(picture.draw([throughput()]))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"one-by-one loop", "fada-tui", "auto", "4", "Folder <1> (2M parameters)"} <= set(texts)
    assert "transformers pipeline" not in texts
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    for dot in root.iter(f"{SVG}circle"):
        assert 0 < float(dot.attrib["cx"]) < width
        assert 0 < float(dot.attrib["cy"]) < height


def test_what_differs_and_what_fails_is_shown() -> None:
    model = throughput()
    ours = model.ways[2]
    ours.answers, ours.identical = 7, 0
    ours.differing = [Differing(1, f"A/{number}.png", "plane", "a [head]", "femur") for number in range(7)]
    out = io.StringIO()
    tables.show_throughput(Console(file=out, width=150), model)
    shown = out.getvalue()
    assert "fails: ValueError: broken" in shown
    assert "0 of 7" in shown
    assert "A/4.png" in shown and "A/5.png" not in shown
    assert "'a [head]'" in shown and "'femur'" in shown
    assert "and 2 more of ours 4" in shown


def throughput() -> Throughput:
    def way(family: str, batch: int | str, ratio: Spread | None) -> Measured:
        return Measured(
            name=f"{family} {batch}",
            family=family,
            batch=batch,
            seconds=[1.0],
            processor=[1.0],
            ratio=ratio,
            processor_ratio=None,
            identical=1,
            answers=1,
            differing=[],
            failure=None if ratio else "ValueError: broken",
            inside=None,
            peak=None,
        )

    return Throughput(
        model="Folder <1>",
        parameters=2_000_000,
        weights=8_000_000,
        device="cpu",
        dtype="float32",
        images=1,
        questions=1,
        tokens=8,
        bandwidth=None,
        distinct=1,
        ways=[
            way("loop", 1, Spread(1.0, 1.0, 1.0)),
            way("pipeline", 4, None),
            way("ours", 4, Spread(3.0, 2.5, 3.5)),
            way("ours", "auto", Spread(4.0, 3.0, 5.0)),
        ],
        commands=[],
    )
