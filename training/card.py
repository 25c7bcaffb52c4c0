"""The model card, written from what a training run measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.dialogue import CANONICAL
from training.lessons import EVALUATION_SEEDS


@dataclass(frozen=True)
class Figures:
    """What one training run was, and what its model can do."""

    parameters: int
    seeing_steps: int
    steps: int
    batch: int
    lessons: int
    seed: int
    minutes: float
    """Drawing and training, without measuring."""
    threads: int
    evaluated: int
    """Phantoms measured on."""
    exact: Mapping[str, float]
    """Share of answers that are right to the letter, by question."""
    plane: float
    """Share of answers to the first question that name the right plane."""
    versions: Mapping[str, str]
    """Versions of the libraries that decide the weights."""


def card(figures: Figures) -> str:
    """Return the model card as Markdown."""
    measured = "\n".join(f"| {CANONICAL[name]} | {share:.1%} |" for name, share in figures.exact.items())
    versions = ", ".join(f"{name} {version}" for name, version in figures.versions.items())
    return _CARD.format(
        millions=figures.parameters / 1e6,
        measured=measured,
        versions=versions,
        first_seed=EVALUATION_SEEDS,
        **{name: value for name, value in vars(figures).items() if name not in ("exact", "versions")},
    )


_CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: image-text-to-text
---

# fada-demo

A vision-language model of {millions:.1f} million parameters that answers a few questions about **synthetic
ultrasound phantoms**. It comes with fada-tui so that the program can be tried without a download.

## What it is

- The architecture of SmolVLM (Idefics3), much smaller, trained from scratch: an image becomes one tile of
  128 x 128 pixels and 16 tokens. Chat template, special tokens, processor and `generate` are those of
  SmolVLM, so this folder goes through the same code as a real checkpoint.
- It was trained on drawings alone: six views (fetal abdomen, aorta, brain, femur, heart; maternal cervix)
  from `training.phantoms`. No image of a person was used, and no pretrained weights.
- It makes mistakes, more of them the finer the question. That is wanted: there is something to assess.

## What it is not

**Not for clinical use, ever.** It knows nothing about real images: shown one, it answers as fluently as
it does about a phantom, and the answer means nothing. Where a picture is far from a phantom (a plain grey
one, say) it may repeat a word until the token limit. It is no baseline either: its figures say nothing
about other models.

## Measured

On {evaluated} phantoms that it was not trained on (seeds from {first_seed}, categories in equal shares), in
bfloat16 as shipped, greedy, in batches of 60. An answer counts if it is right to the letter.

| question | right |
|---|---|
{measured}

{plane:.1%} of the answers to the first question name the right plane, whatever else they say. "Left" and
"right" are sides of the picture. Other wordings of these questions work mostly; on other questions it says
that it cannot tell, or answers one that was not asked.

## Made by

In a checkout of fada-tui's repository:

    python -m training.train --seed {seed} --lessons {lessons} --steps {steps}

{lessons} phantoms; {seeing_steps} steps in which the vision tower alone learns which words fit an image, then
{steps} steps of {batch} answers; {minutes:.0f} minutes in all with {threads} torch threads ({versions}).
The same seed, versions, number of threads and kind of processor give the same weights; another processor or
version rounds differently, and then the weights and the figures above differ somewhat.

Licence: Apache-2.0.
"""
