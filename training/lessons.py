"""Lessons: phantoms as the model sees them, with the right answer to every question about each."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.dialogue import CANONICAL, OTHER, answer
from training.phantoms import CATEGORIES, Phantom, phantom

TILE = 128
"""Edge of the square that the model's image processor makes of a picture, in pixels."""
SAMPLE_SEEDS = 1
"""First seed of `samples/`."""
EVALUATION_SEEDS = 500_000
"""First seed of the phantoms that figures are measured on."""
TRAINING_SEEDS = 1_000_000
"""First seed of the phantoms that are trained on."""

_WORTH_FORKING = 500


@dataclass(frozen=True)
class Lesson:
    """One phantom to learn from."""

    pixels: NDArray[np.uint8]
    """Greyscale, of shape (TILE, TILE)."""
    answers: Mapping[str, str]
    """The right answer by the question's id."""


def lesson(shown: Phantom) -> Lesson:
    """Return what there is to learn from a phantom."""
    answers = {question: answer(question, shown) for question in (*CANONICAL, OTHER)}
    return Lesson(tile(shown.image), answers)


def tile(picture: Image.Image) -> NDArray[np.uint8]:
    """Resize a phantom as the processor does without splitting: longest edge first, then the square."""
    scale = TILE / max(picture.size)
    longest = (int(picture.width * scale), int(picture.height * scale))
    small = picture.resize(longest, Image.Resampling.LANCZOS)
    return np.asarray(small.resize((TILE, TILE), Image.Resampling.LANCZOS), dtype=np.uint8)


def lessons(count: int, first_seed: int) -> list[Lesson]:
    """Draw `count` lessons, the categories in turn.

    Many are drawn by forked processes, one per core: call it before torch has started threads.
    """
    wanted = _in_turn(count, first_seed)
    if count < _WORTH_FORKING:
        return [_draw(one) for one in wanted]
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as executor:
        return list(executor.map(_draw, wanted, chunksize=64))


def fresh(count: int, first_seed: int = EVALUATION_SEEDS) -> list[Phantom]:
    """Draw `count` phantoms, the categories in turn, one seed for each round of them."""
    return [phantom(category, seed) for category, seed in _in_turn(count, first_seed)]


def _in_turn(count: int, first_seed: int) -> Sequence[tuple[str, int]]:
    size = len(CATEGORIES)
    return [(CATEGORIES[index % size], first_seed + index // size) for index in range(count)]


def _draw(wanted: tuple[str, int]) -> Lesson:
    return lesson(phantom(*wanted))
