"""A model's answers on the CPU and spread over two cards, as JSON: `python -m tests.cards.answers FOLDER`."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fada_tui.core.protocol import Load
from fada_tui.core.records import ClassSet, ImageClass, ModelEntry
from fada_tui.models.memory import MARGIN_LEAST
from fada_tui.models.placement import Card
from fada_tui.worker import devices
from fada_tui.worker.generation.static_cache import StaticDecoding
from fada_tui.worker.loading import device_map, placing, trial
from fada_tui.worker.loading import load as loading
from fada_tui.worker.loading.device_map import Layout
from fada_tui.worker.loading.load import LoadedModel
from fada_tui.worker.loading.placing import Placed
from tests.cards.stand_in import CARDS, NAME, Cards
from tests.conformance.asking import ask_together, asked

QUESTIONS = ("What is shown?", "Which anatomical structures can you see in this image?")
CLASSES = ClassSet(
    name="two",
    sha256="0" * 64,
    classes=(ImageClass(name="head", prompts=("a head",)), ImageClass(name="femur", prompts=("a femur",))),
)


def spread(share: float, given: dict[str, int] | None) -> Any:
    """Return what stands in for the choice of devices: the model's own map over two cards.

    Args:
        share: of the weights that each card has room for.
        given: a map to take instead.
    """

    def place(_: Load, saved: Any, dtype: torch.dtype, device: str, empty: Any, *, more: int = 0) -> Placed:
        model = empty()
        size = sum(one.numel() for one in model.parameters()) * dtype.itemsize
        cards = [Card(f"{NAME}:{number}", int(size * share) + MARGIN_LEAST) for number in range(CARDS)]
        found = given or device_map.divide(model, cards, Layout(dtype))
        assert found is not None, "the model does not fit"
        assert len(set(found.values())) == CARDS, f"the model lies on one card: {found}"
        # Torch takes mere numbers for CUDA's.
        by_name: Any = {part: f"{NAME}:{number}" for part, number in found.items()}
        return Placed(tuple(f"{NAME}:{number}" for number in range(CARDS)), by_name)

    return place


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in noise]


def answers(loaded: LoadedModel, tokens: int) -> dict[str, Any]:
    """Return token ids, or rankings, of questions asked alone and together."""
    pairs = [(picture, question) for picture in pictures() for question in QUESTIONS]

    def told(batch: list[Any]) -> list[Any]:
        found = ask_together(loaded, batch)
        return [
            [[one.label, round(one.probability, 5)] for one in answer.ranking]
            if answer.ranking
            else list(answer.token_ids)
            for answer in found
        ]

    alone = [told([asked(*pair, tokens=tokens)])[0] for pair in pairs]
    try:
        together = told([asked(*pair, tokens=tokens) for pair in pairs])
    except ValueError as error:  # a family that is asked alone
        together = [str(error)]
    return {"alone": alone, "together": together}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--lora")
    options.add_argument("--dtype", default="float32")
    options.add_argument("--share", type=float, default=0.62)
    options.add_argument("--map", type=json.loads, help="numbers of cards by parts, instead of a share")
    options.add_argument("--tokens", type=int, default=16)
    options.add_argument("--static", action="store_true", help="decode with a static cache")
    given = options.parse_args()
    os.environ["HF_DEACTIVATE_ASYNC_LOAD"] = "1"  # the backend is this thread's
    entry = ModelEntry(name="m", source=str(given.folder), lora=given.lora, dtype=given.dtype)
    trial.attempt = lambda *_: None
    command = Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False, classes=CLASSES)
    plain = answers(loading.load(command, lambda _: None)[0], given.tokens)
    placing.place = spread(given.share, given.map)
    devices.choose_device = lambda _: f"{NAME}:0"
    if given.lora:
        from peft.utils import save_and_load

        read = save_and_load.safe_load_file  # safetensors knows no such device; peft moves what it has read
        save_and_load.safe_load_file = lambda file, device: read(file, device="cpu")
    torch.manual_seed(0)
    with Cards(), torch.inference_mode():
        loaded, facts = loading.load(command, lambda _: None)
        if given.static:
            loaded.answerer._static = StaticDecoding(loaded.model, 1)
        here = answers(loaded, given.tokens)
    json.dump(
        {
            "plain": plain,
            "spread": here,
            "facts": {"device": facts.model.device, "spread": facts.model.spread or None},
            "remarks": facts.remarks,
            "devices": sorted({str(one.device) for one in loaded.model.parameters()}),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
