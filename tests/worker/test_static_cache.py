"""Decoding with a cache of fixed size: the same tokens, alone and in batches."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import StaticCache

from fada_tui.core.records import Generation
from fada_tui.worker.generation import static_cache
from fada_tui.worker.generation.generator import Generator
from fada_tui.worker.generation.static_cache import StaticDecoding, compiles, worthwhile
from fada_tui.worker.loading.load import LoadedModel, load
from tests.conformance.asking import ask_alone, ask_together, asked
from tests.conformance.test_families import QUESTIONS, load_command


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> LoadedModel:
    return load(load_command(tiny), lambda _: None)[0]


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in noise]


def decoding(loaded: LoadedModel, batch_size: int) -> LoadedModel:
    """The model with static decoding, as a GPU would have it."""
    generator = Generator(loaded.model, loaded.adapter)
    generator._static = StaticDecoding(loaded.model, batch_size)
    return replace(loaded, answerer=generator)


@pytest.mark.parametrize("questions", [QUESTIONS, QUESTIONS[:1]])
def test_batches_have_the_same_tokens(
    questions: tuple[str, ...], loaded: LoadedModel, pictures: list[Image.Image]
) -> None:
    pairs = [(picture, question) for picture in pictures for question in questions]
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    fixed = decoding(loaded, len(pairs))
    for _ in range(2):  # the second time in the cache of the first
        together = ask_together(fixed, [asked(*pair) for pair in pairs])
        assert [one.token_ids for one in together] == [one.token_ids for one in alone if one]
    cache = fixed.answerer._static._cache  # type: ignore[union-attr]
    assert cache.get_max_length() == static_cache.LENGTHS and int(cache.get_seq_length()) > 0


def test_one_alone_has_the_same_tokens(loaded: LoadedModel, pictures: list[Image.Image]) -> None:
    fixed = decoding(loaded, 1)
    for picture, tokens in zip(pictures, (8, 300, 8), strict=True):  # the second longer than the first cache
        expected = ask_alone(loaded, asked(picture, QUESTIONS[0], tokens=tokens))
        answer = ask_alone(fixed, asked(picture, QUESTIONS[0], tokens=tokens))
        assert answer and expected and answer.token_ids == expected.token_ids


def test_a_batch_of_another_size_is_decoded_as_ever(loaded: LoadedModel, pictures: list[Image.Image]) -> None:
    fixed = decoding(loaded, 8)
    pairs = [(picture, QUESTIONS[0]) for picture in pictures]
    together = ask_together(fixed, [asked(*pair) for pair in pairs])
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    assert [one.token_ids for one in together] == [one.token_ids for one in alone if one]
    assert fixed.answerer._static._cache is None  # type: ignore[union-attr]


class TooShort(StaticDecoding):
    """Breaks off after the second token, as a step that cannot be compiled would."""

    def inputs(self, inputs: Mapping[str, Any], max_new_tokens: int) -> dict[str, Any]:
        length = inputs["input_ids"].shape[1] + 1
        cache = StaticCache(config=self._model.config.get_text_config(), max_cache_len=length)
        return {**inputs, "past_key_values": cache}


def test_where_it_fails_answers_are_made_without_it(loaded: LoadedModel, pictures: list[Image.Image]) -> None:
    fixed = decoding(loaded, 3)
    assert isinstance(fixed.answerer, Generator)
    fixed.answerer._static = TooShort(loaded.model, 3)
    pairs = [(picture, QUESTIONS[0]) for picture in pictures]
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    together = ask_together(fixed, [asked(*pair) for pair in pairs])
    assert [one.token_ids for one in together] == [one.token_ids for one in alone if one]
    assert fixed.answerer._static is None


def test_it_is_for_gpus_and_for_long_work(loaded: LoadedModel) -> None:
    assert compiles(loaded.model)
    assert worthwhile(loaded.model, 8, 10_000, 500) is None  # a CPU

    class OnGpu:
        """The same model as it would say that it lies on a GPU."""

        device = torch.device("cuda")
        base_model = loaded.model.base_model

    OnGpu.__name__ = type(loaded.model).__name__
    on_gpu = OnGpu()
    assert worthwhile(on_gpu, 8, 10_000, 500) is not None
    assert worthwhile(on_gpu, 8, 15, 200) is None
    assert worthwhile(on_gpu, "auto", 10_000, 500) is None
    on_gpu.hf_device_map = {"model.vision_model": 0, "model.text_model": 0}  # type: ignore[attr-defined]
    assert worthwhile(on_gpu, 8, 10_000, 500) is not None
    on_gpu.hf_device_map["model.text_model"] = 1  # type: ignore[attr-defined]
    assert worthwhile(on_gpu, 8, 10_000, 500) is None, "a model that is spread over several"


@pytest.mark.slow
def test_a_compiled_step_has_the_same_tokens(
    loaded: LoadedModel, pictures: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.generation.configuration_utils import CompileConfig

    how = CompileConfig(mode="default", fullgraph=True)
    how._compile_all_devices = True
    monkeypatch.setattr(loaded.model.generation_config, "compile_config", how)
    pairs = [(picture, question) for picture in pictures for question in QUESTIONS]
    together = ask_together(decoding(loaded, len(pairs)), [asked(*pair) for pair in pairs])
    monkeypatch.undo()
    alone = [ask_alone(loaded, asked(*pair)) for pair in pairs]
    assert [one.token_ids for one in together] == [one.token_ids for one in alone if one]
    assert hasattr(loaded.model, "_compiled_call"), "nothing was compiled"


def test_the_worker_tells_its_work_s_length(loaded: LoadedModel) -> None:
    generator = Generator(loaded.model, loaded.adapter)
    generator.expect(10_000, Generation(max_new_tokens=500, batch_size=8))
    assert generator._static is None  # on a CPU, however long


def test_what_was_compiled_serves_the_pieces_that_follow(loaded: LoadedModel) -> None:
    generator = Generator(loaded.model, loaded.adapter)
    compiled = generator._static = StaticDecoding(loaded.model, 8)
    generator.expect(8, Generation(max_new_tokens=5, batch_size=8))
    assert generator._static is compiled
    generator.expect(8, Generation(max_new_tokens=5, batch_size=4))
    assert generator._static is None
