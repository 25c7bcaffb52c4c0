"""Whether an engine applies a LoRA: what is asked, and what is made of the answers."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.records import EngineFacts
from fada_tui.runs.engines.launch import EngineCommand
from fada_tui.runs.engines.lora_check import check, probes


def command(engine: str = "vllm", *argv: str, base: str | None = "without-lora") -> EngineCommand:
    return EngineCommand(
        facts=EngineFacts(name=engine), argv=argv, served_name="mine", base_name=base, slots=1
    )


def answer(*places: dict[str, float]) -> dict[str, Any]:
    content = [
        {"token": "x", "top_logprobs": [{"token": t, "logprob": p, "bytes": None} for t, p in one.items()]}
        for one in places
    ]
    return {"choices": [{"message": {"content": "x"}, "logprobs": {"content": content}}]}


BASE = answer({"a": -0.5, "b": -1.5}, {"c": -0.1, "d": -3.0})


def test_the_model_is_asked_twice_alone_and_then_with_its_lora() -> None:
    first, again, last = probes(command())
    assert first == again
    assert (first["model"], last["model"]) == ("without-lora", "mine")
    assert {**first, "model": ""} == {**last, "model": ""}
    assert (first["logprobs"], first["temperature"], first["stream"]) == (True, 0, False)
    url = first["messages"][0]["content"][0]["image_url"]["url"]
    with Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))) as picture:
        assert picture.size == (64, 64) and picture.getextrema() == (40, 255)


def test_llama_cpp_is_told_by_a_factor() -> None:
    assert probes(command("llama.cpp", base=None)) == ()
    first, again, last = probes(command("llama.cpp", "--lora", "/l.gguf", base=None))
    assert first == again
    assert [one["lora"] for one in (first, last)] == [[{"id": 0, "scale": 0.0}], [{"id": 0, "scale": 1.0}]]
    assert first["model"] == last["model"] == "mine" and first["cache_prompt"] is False


def test_without_a_lora_nothing_is_asked() -> None:
    assert probes(command(base=None)) == ()
    check(command(base=None), "model", ())


@pytest.mark.parametrize(
    "whole",
    [
        answer({"a": -0.6, "b": -1.4}, {"c": -0.1, "d": -3.0}),
        answer({"a": -0.5, "b": -1.5}, {"c": -0.2, "d": -3.0}),
        answer({"a": -1.5, "b": -0.5}),
        answer({"e": -0.5, "f": -1.5}),
    ],
)
def test_one_that_changes_the_probabilities_is_applied(whole: dict[str, Any]) -> None:
    check(command(), "model", (BASE, BASE, whole))


@pytest.mark.parametrize(
    ("again", "whole"),
    [
        (BASE, BASE),
        (BASE, answer({"a": -0.5004, "b": -1.5}, {"c": -0.1, "d": -3.0})),
        # What the model alone differs by from one time to the next tells nothing.
        (answer({"a": -0.55, "b": -1.5}), answer({"a": -0.6, "b": -1.5})),
        # Behind another token all else is another, too.
        (answer({"b": -0.5, "a": -0.5}, {"z": -0.1}), answer({"b": -0.5, "a": -0.5}, {"z": -0.1})),
    ],
)
def test_one_that_changes_nothing_is_refused(again: dict[str, Any], whole: dict[str, Any]) -> None:
    base = answer({"a": -0.5, "b": -0.5}, {"c": -0.1}) if "z" in str(again) else BASE
    with pytest.raises(ModelLoadError, match="vllm took the LoRA and does not apply it") as refused:
        check(command(), "model", (base, again, whole))
    assert refused.value.kind is ErrorKind.LOAD and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "silent", [{}, [], None, {"choices": []}, {"choices": [{"logprobs": None}]}, answer(), answer({})]
)
def test_answers_that_do_not_tell_are_refused(silent: Any) -> None:
    with pytest.raises(ModelLoadError, match="gives no log-probabilities"):
        check(command(), "model", (BASE, BASE, silent))


def test_numbers_that_are_none_are_passed_over() -> None:
    odd = answer({"a": -0.5, "b": float("-inf")}, {"c": -0.1})
    with pytest.raises(ModelLoadError, match="does not apply it"):
        check(command(), "model", (odd, odd, odd))
