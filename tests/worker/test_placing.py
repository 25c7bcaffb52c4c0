"""Where a model's weights go: real classes without weights, and cards of which only the size is known."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest
import torch
from accelerate.utils import compute_module_sizes
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Idefics3ForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
)

from benchmarks.smolvlm_500m import configuration
from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.paths import demo_weights
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models.checkpoint import read_folder
from fada_tui.models.memory import MARGIN_LEAST, QUANTIZED
from fada_tui.models.placement import Card
from fada_tui.worker import devices
from fada_tui.worker.loading import device_map
from fada_tui.worker.loading.device_map import DeviceMap, Layout, divide, empty
from fada_tui.worker.loading.placing import Placed, Weights, on_cards, place

GB = 1_000_000_000
HALF = Layout(torch.bfloat16)

MODELS = {
    "smolvlm": partial(empty, Idefics3ForConditionalGeneration, configuration()),
    "blip-2": partial(empty, Blip2ForConditionalGeneration, Blip2Config()),
    "qwen2.5-vl-72b": partial(empty, Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLConfig()),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    return MODELS[request.param]()


def cards(*free: float) -> list[Card]:
    return [Card(f"cuda:{number}", int(size)) for number, size in enumerate(free)]


def with_room(*room: float) -> list[Card]:
    return cards(*(max(size * 1.2, size + MARGIN_LEAST) + 1 for size in room))


def by_card(found: DeviceMap, model: Any, layout: Layout = HALF) -> dict[int, int]:
    sizes = compute_module_sizes(model, dtype=layout.dtype, special_dtypes=device_map._packed(model, layout))
    told: dict[int, int] = {}
    for part, card in found.items():
        told[card] = told.get(card, 0) + sizes[part]
    return told


def weights_of(model: Any) -> int:
    return sum(one.numel() for one in model.parameters()) * 2


@pytest.mark.parametrize("count", [2, 3])
def test_a_model_is_divided_evenly_between_its_layers(model: Any, count: int) -> None:
    size = weights_of(model)
    given = with_room(*[size * 0.75] * count)
    found = divide(model, given, HALF)
    assert found is not None
    taken = by_card(found, model)
    assert sorted(taken) == list(range(count))
    assert size <= sum(taken.values()) <= size * 1.01, "constants are counted, too"
    assert max(taken.values()) < size / count * 1.25
    layers = {name for name in found if ".layers." in name or ".blocks." in name}
    assert not any(
        name.count(".") > layer.count(".") and name.startswith(f"{layer}.")
        for name in found
        for layer in layers
    )
    assert all(name.rpartition(".")[2].isdecimal() for name in layers), "no part of a layer stands by itself"


@pytest.mark.parametrize("name", ["smolvlm", "qwen2.5-vl-72b"])
@pytest.mark.parametrize("share", [0.55, 0.8])
def test_only_the_language_model_leaves_the_first_card(name: str, share: float) -> None:
    model = MODELS[name]()
    found = divide(model, with_room(*[weights_of(model) * share] * 2), HALF)
    assert found is not None and set(found.values()) == {0, 1}
    beyond = {part for part, card in found.items() if card}
    assert all("text_model" in part or "language_model" in part for part in beyond)
    embeddings = device_map._input_embeddings(model)[0]
    assert device_map._card_of(embeddings, found) == 0


def test_a_card_with_little_room_gets_little(model: Any) -> None:
    size = weights_of(model)
    given = with_room(size * 0.85, size * 0.3)
    found = divide(model, given, HALF)
    assert found is not None
    taken = by_card(found, model)
    assert all(taken[card.number] <= card.room for card in given)


def test_nothing_is_put_into_main_memory(model: Any) -> None:
    size = weights_of(model)
    assert divide(model, cards(size * 0.5, size * 0.5), HALF) is None


@pytest.mark.parametrize("room", [(0.7, 0.7), (0.55, 0.55), (0.25, 0.9), (0.9, 0.25)])
def test_tied_weights_stay_together(room: tuple[float, ...]) -> None:
    config = configuration()
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = True
    model = empty(Idefics3ForConditionalGeneration, config)
    found = divide(model, with_room(*(weights_of(model) * share for share in room)), HALF)
    if found is not None:
        assert set(found.values()) == {0, 1}
        tied = ("lm_head.weight", "model.text_model.embed_tokens.weight")
        assert len({device_map._card_of(name, found) for name in tied}) == 1


@pytest.mark.long
@pytest.mark.parametrize("packed", QUANTIZED.values())
def test_quantised_layers_are_counted_as_they_are_packed(packed: float) -> None:
    model, layout = MODELS["qwen2.5-vl-72b"](), Layout(torch.bfloat16, packed)
    free = {0.5625: 30 * GB, 1.0: 54 * GB}[packed]
    assert divide(model, cards(free, free), HALF) is None
    found = divide(model, cards(free, free), layout)
    assert found is not None
    assert 35 * GB < sum(by_card(found, model, layout).values()) < 80 * GB


def test_the_cards_keep_their_numbers() -> None:
    model = MODELS["smolvlm"]()
    size = weights_of(model) * 1.2 * 0.7 + MARGIN_LEAST
    found = divide(model, [Card("cuda:1", int(size)), Card("cuda:4", int(size))], HALF)
    assert found is not None and set(found.values()) == {1, 4}
    assert next(iter(found.values())) == 1, "inputs go to the first"


def never(_: Sequence[Card]) -> DeviceMap | str:
    raise AssertionError("nothing was to be divided")


def test_one_card_is_enough_where_it_has_room() -> None:
    looked_at: list[int] = []

    def seen() -> Iterator[Card]:
        for card in cards(8 * GB, 24 * GB, 24 * GB):
            looked_at.append(card.number)
            yield card

    assert on_cards("m", Weights(15 * GB), seen(), never) == Placed(("cuda:1",), "cuda:1")
    assert looked_at == [0, 1], "to look at a card takes some of its memory"


def test_several_cards_by_the_map_that_fits() -> None:
    asked: list[list[int]] = []

    def in_three(group: Sequence[Card]) -> DeviceMap | str:
        asked.append([card.number for card in group])
        return {"a": 0, "b": 1, "c": 3} if len(group) > 2 else "its layers don't fill them"

    found = on_cards("m", Weights(35 * GB), cards(24 * GB, 24 * GB, 1 * GB, 24 * GB), in_three)
    assert found == Placed(("cuda:0", "cuda:1", "cuda:3"), {"a": 0, "b": 1, "c": 3})
    assert asked == [[0, 1], [0, 1, 3]]
    assert found.where == "cuda:0 and cuda:1 and cuda:3"


def test_a_card_that_the_map_leaves_empty_is_not_named() -> None:
    found = on_cards("m", Weights(35 * GB), cards(24 * GB, 24 * GB), lambda _: {"a": 1})
    assert found.devices == ("cuda:1",)


def test_weights_alone_on_one_card_are_the_last_resort() -> None:
    found = on_cards("m", Weights(23 * GB), cards(24 * GB, 1 * GB), lambda _: "no")
    assert found == Placed(("cuda:0",), "cuda:0")


def refusal(weights: Weights, given: list[Card], why: str = "its layers don't fill them") -> str:
    with pytest.raises(ModelLoadError) as found:
        on_cards("giant", weights, given, lambda _: why)
    assert found.value.kind is ErrorKind.OUT_OF_MEMORY
    assert "\n" not in str(found.value)
    return str(found.value)


def test_what_fits_nowhere_is_refused_with_figures_and_what_would_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "free_memory", lambda _: 100 * GB)
    small = (("8bit", 40 * GB), ("4bit", 22 * GB))
    assert refusal(Weights(76 * GB, small), cards(24 * GB, 12 * GB)) == (
        "giant needs 76.0 GB for its weights alone, and cuda:0 has 24.0 GB free, cuda:1 has 12.0 GB free, "
        "together room for 30.0 GB, with the margin that it needs at work: "
        "try --quantization 4bit (22.0 GB) or --device cpu (100.0 GB free)"
    )
    monkeypatch.setattr(devices, "free_memory", lambda _: 30 * GB)
    assert refusal(Weights(76 * GB), cards(24 * GB)) == (
        "giant needs 76.0 GB for its weights alone, and cuda:0 has 24.0 GB free: "
        "choose a smaller model, or more or larger cards"
    )
    told = refusal(Weights(39 * GB, small[1:]), cards(24 * GB, 24 * GB))
    assert "together room for 40.0 GB, its layers don't fill them: try --quantization 4bit (22.0 GB)" in told


def test_a_card_that_cannot_be_used_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that another process has for itself alone."""

    def free(name: str) -> int:
        if name == "cuda:1":
            raise RuntimeError("CUDA-capable device(s) is/are busy or unavailable")
        return GB

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(devices, "free_memory", free)
    assert list(devices.cards()) == [Card("cuda:0", GB), Card("cuda:2", GB)]


def test_what_a_lora_adds_must_find_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = demo_weights()
    saved = read_folder(folder, "folder")
    load = Load(
        model=ModelEntry(name="m", source=str(folder)),
        device="cpu",
        trust_remote_code=False,
        allow_pickle=False,
    )
    taken = int(saved.weight_bytes or 0)
    monkeypatch.setattr(devices, "free_memory", lambda _: taken + GB)
    alone = place(load, saved, torch.float32, "cpu", lambda: None)
    assert (
        alone
        == place(load, saved, torch.float32, "cpu", lambda: None, more=GB // 2)
        == Placed(("cpu",), "cpu")
    )
    with pytest.raises(ModelLoadError) as refused:
        place(load, saved, torch.float32, "cpu", lambda: None, more=2 * GB)
    assert refused.value.kind == ErrorKind.OUT_OF_MEMORY


def test_a_class_that_does_not_say_what_stays_whole_is_not_divided() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    assert not device_map.can_be_divided(model)
    assert device_map.can_be_divided(MODELS["smolvlm"]())
