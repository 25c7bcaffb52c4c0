"""The part that the others build on: both models with random weights, and images to ask about.

The smaller one is SmolVLM-500M exactly, the larger one has SmolVLM-2.2B's proportions, with the smaller one's
vocabulary. They are made on the device: a processor would take a minute for their random numbers. No answer
ends by itself, so that all have the same length.
"""

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import Idefics3Config, Idefics3ForConditionalGeneration
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from benchmarks import machine, smolvlm_500m
from benchmarks.checkpoints import DEVIATION, SIZES, save, save_random
from benchmarks.gpu.task import LARGER, SMALLER, Figures, Task
from fada_tui.runs.telemetry import Telemetry

TILE = 384
"""Pixels of the larger model's tiles, on either side."""

TOKENS_PER_TILE = {SMALLER: 64, LARGER: 81}

SIDE = 512
"""Pixels of the images, which are square: those become the most tiles."""

IMAGES, FEW = 96, 8
"""How many there are; and in a trial of the script."""


def measure(task: Task, figures: Figures) -> None:
    """Make models and images; tell the machine."""
    figures.attempt("machine", lambda: _machine(task.device))
    figures.attempt("images", lambda: _save_images(task.folder / "images", FEW if task.small else IMAGES))
    for name in (SMALLER, LARGER):
        figures.attempt(name, partial(_timed, task, name))


def larger() -> Idefics3Config:
    """Return a configuration with the proportions of SmolVLM-2.2B (SmolLM2-1.7B, SigLIP-SO400M)."""
    of_smaller = smolvlm_500m.configuration()
    text = of_smaller.text_config
    return Idefics3Config(
        text_config={
            "model_type": "llama",
            "hidden_size": 2048,
            "intermediate_size": 8192,
            "num_hidden_layers": 24,
            "num_attention_heads": 32,
            "num_key_value_heads": 32,
            "head_dim": 64,
            "vocab_size": text.vocab_size,
            "max_position_embeddings": 16384,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {"rope_type": "default", "rope_theta": 273768.0},
            "bos_token_id": text.bos_token_id,
            "eos_token_id": text.eos_token_id,
            "pad_token_id": text.pad_token_id,
        },
        vision_config={
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 27,
            "num_attention_heads": 16,
            "image_size": TILE,
            "patch_size": 14,
        },
        image_token_id=of_smaller.image_token_id,
        scale_factor=3,
        tie_word_embeddings=False,
        pad_token_id=of_smaller.pad_token_id,
    )


def _machine(device: str) -> dict[str, Any]:
    telemetry = Telemetry(None)
    known = {"driver": telemetry.driver, "gpu_problem": telemetry.gpu_problem}
    return machine.describe(device) | known | {"processor_threads": torch.get_num_threads()}


def _timed(task: Task, name: str) -> dict[str, Any]:
    folder = task.folder / "models" / name
    begun = time.perf_counter()
    if task.small:
        save_random(SIZES["10M"], folder, seed=int(name == LARGER))
        found: dict[str, Any] = {}
    else:
        found = _save(name, folder, task.device)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {**found, "seconds": time.perf_counter() - begun, "bytes": size}


def _save(name: str, folder: Path, device: str) -> dict[str, Any]:
    config = larger() if name == LARGER else smolvlm_500m.configuration()
    tile = TILE if name == LARGER else smolvlm_500m.TILE
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = Idefics3ForConditionalGeneration(config)
    finally:
        torch.set_default_dtype(before)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, DEVIATION)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = config.pad_token_id
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 4 * tile}, max_image_size={"longest_edge": tile}, do_image_splitting=True
    )
    save(model, images, smolvlm_500m.tokenizer(), TOKENS_PER_TILE[name], folder)
    return {"parameters": model.num_parameters()}


def _save_images(folder: Path, count: int) -> dict[str, int]:
    """Save square grey images of soft noise, each of its own."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / ("Even" if number % 2 == 0 else "Odd") / f"Image_{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (32, 32), dtype=np.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(place)
    return {"count": count, "side": SIDE}
