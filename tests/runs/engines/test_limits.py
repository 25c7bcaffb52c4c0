"""What engines are not asked for: by settings and a model's entry alone."""

from typing import Any

import pytest

from fada_tui.config.engines import ENGINES
from fada_tui.core.records import ModelEntry
from fada_tui.runs.engines.limits import refusal


def entry(source: str = "/models/a", **options: Any) -> ModelEntry:
    return ModelEntry(name="a", source=source, **options)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:11"])
def test_what_every_engine_does(engine: str, device: str) -> None:
    assert refusal(engine, entry(longest_edge=512, lora="/loras/a"), device) is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("one", "device", "said"),
    [
        (entry("http://localhost:8000/v1#a"), "auto", "starts one: leave --engine out"),
        (entry(quantization="4bit"), "auto", "--quantization is done by transformers alone: leave it out"),
        (entry(max_tiles=4), "auto", "leave --max-tiles out (--longest-edge makes images smaller"),
        (entry(pad_square=True), "auto", "sorts images into classes, which no engine does"),
        (entry(), "mps", "--device mps: an engine runs on auto, cpu, cuda or cuda:N"),
        (entry(), "cuda:x", "an engine runs on auto, cpu, cuda or cuda:N"),
    ],
)
def test_what_none_does_is_refused_in_one_line(engine: str, one: ModelEntry, device: str, said: str) -> None:
    found = refusal(engine, one, device)
    assert found is not None and said in found and "\n" not in found


def test_precision_and_downloads_are_not_for_llama_cpp() -> None:
    assert "leave --dtype float32 out" in (refusal("llama.cpp", entry(dtype="float32"), "auto") or "")
    assert refusal("vllm", entry(dtype="float32"), "auto") is None
    assert "hf download owner/a FILE" in (refusal("llama.cpp", entry("owner/a"), "auto") or "")
    assert refusal("sglang", entry("owner/a"), "auto") is None
