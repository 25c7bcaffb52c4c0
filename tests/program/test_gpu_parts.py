"""What parts of the proof on a GPU make of what they meet. A model stands in for a card that is full."""

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.asking import QUESTIONS, listed
from benchmarks.gpu import models
from benchmarks.gpu.dashboard import gauges, live
from benchmarks.gpu.memory import run_out
from benchmarks.gpu.rates import decoding, limit, reading_of
from benchmarks.loaded import Subject, load_bare, load_ours
from benchmarks.ours import Worker
from fada_tui.core.records import Result, Timing, Tokens
from tests.conftest import write_image


class FullModel:
    """In the place of a card's memory: a model that has room for so many rows."""

    def __init__(self, model: Any) -> None:
        self.room = 1000
        self.ended = False
        self.refused: list[int] = []
        model.register_forward_pre_hook(self._check, with_kwargs=True)

    def _check(self, model: Any, args: Any, kwargs: dict[str, Any]) -> None:
        given = kwargs.get("input_ids")
        rows = (kwargs["inputs_embeds"] if given is None else given).shape[0]
        if rows > self.room:
            self.refused.append(rows)
            raise torch.OutOfMemoryError("CUDA out of memory.")

    def fill(self) -> None:
        self.room = 0

    def leave(self, size: int) -> None:
        self.room = size

    def end(self) -> None:
        self.ended = True


def test_memory_that_runs_out_loses_nothing(uneven: Path, tmp_path: Path) -> None:
    for number in range(10):
        write_image(tmp_path / "images" / "A" / f"A_{number:03}.png", number)
    asked = listed(tmp_path / "images", QUESTIONS[:1])
    loaded = load_ours(Subject(name="uneven", folder=uneven, device="cpu", dtype="float32"))
    full = FullModel(loaded.model)
    found = run_out(Worker(loaded, tmp_path, 300), asked, 8, full, 2)
    assert found["filled_after_tokens"] >= 6, "in the middle of answers"
    assert full.refused == [8, 4], "once in the middle, once with half of it"
    assert (found["asked"], found["answered"], found["failed"]) == (10, 10, 0)
    assert (found["lost"], found["twice"], found["told"]) == (0, 0, 10)
    assert found["begun_again"] > 0 and "memory ran out with 8 answers at once" in found["reasons"]
    assert set(found["sizes"]) <= {8, 2}


def test_gauges_are_read_from_the_screen() -> None:
    lines = ("0 ▌▌▌▌▌      12.3/80 GB", "H100 80GB HBM3", "45 %  38 °C  120 W", "worker 1.74 GB")
    pane = "\n".join(f"│ {line:<26} ││" for line in lines)
    one = gauges(pane)
    assert one == {
        "used_gb": 12.3,
        "total_gb": 80.0,
        "utilisation": 45,
        "temperature": 38,
        "power": 120,
        "worker": "1.74 GB",
    }
    other = gauges(pane.replace("45 %", "61 %"))
    told = live([one, other, {}])
    assert told["of"] == 3
    assert told["live"]["utilisation"] == {"shown": 2, "different": 2, "least": 45, "most": 61}
    assert told["live"]["power"]["different"] == 1
    assert gauges("│ GPU n/a (no NVIDIA driver) ││") == {}


def test_the_limit_is_the_text_model_and_the_head(tiny: Path) -> None:
    _, model = load_bare(Subject(name="tiny", folder=tiny, device="cpu", dtype="float32"))
    text = model.model.text_model
    read = sum(part.numel() for name, part in text.named_parameters() if "embed_tokens" not in name)
    reading = reading_of(model, 1e9)
    assert reading["bytes"] == 4 * (read + model.lm_head.weight.numel())
    assert limit(reading, 8) == pytest.approx(8e9 / reading["bytes"])
    assert limit(reading_of(model, None), 8) is None


def test_decoding_is_told_from_the_first_token_on() -> None:
    result = Result(
        image="a.png",
        category="A",
        question="?",
        question_id="q",
        path="a.png",
        response="x",
        time=2.0,
        timing=Timing(preprocess=0.5, first_token=1.0, generate=2.0, share=1.0),
        tokens=Tokens(generated=11, image=64),
        batch_size=2,
    )
    found = decoding([result, result], 2, 100.0)
    assert found["decoding"]["tokens_per_second"] == pytest.approx(20)
    assert found["share_of_limit"] == {"decoding": pytest.approx(0.2), "generating": pytest.approx(0.11)}
    assert (found["generated"], found["image_tokens"], found["batch_sizes"]) == (22, [64], [2])
    assert decoding([], 2, None) == {"generated": 0}


def test_the_larger_model_has_about_two_billion_parameters() -> None:
    from transformers import Idefics3ForConditionalGeneration

    with torch.device("meta"):
        model = Idefics3ForConditionalGeneration(models.larger())
    assert 2.2e9 < model.num_parameters() < 2.3e9
