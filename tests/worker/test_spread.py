"""Models that are spread over two cards, which are made of main memory: the same answers as on one device."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests import contrastive
from tests.conformance.test_families import FAMILIES
from tests.loras import save_lora

ON_TWO = '{"model": 0, "lm_head": 1}'


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Have a process of its own make a model's answers on the CPU and on two cards."""
    return subprocess.run(
        [sys.executable, "-m", "tests.cards.answers", str(folder), *options],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=200,
        check=False,
    )


def answers(folder: Path, *options: str) -> dict[str, Any]:
    """Return a model's answers on the CPU and on two cards."""
    done = run(folder, *options)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["devices"] == ["card:0", "card:1"]
    assert told["facts"]["device"] == "card:0"
    assert sorted(told["facts"]["spread"]) == ["card:0", "card:1"]
    assert all(told["facts"]["spread"].values())
    assert any(one.startswith("spread over card:0 (") for one in told["remarks"])
    return told


@pytest.mark.long
def test_a_chat_model_has_the_same_tokens(tiny: Path) -> None:
    """Questions alone and together: with what is computed once of an image, and its caches by layer."""
    told = answers(tiny, "--tokens", "3")
    assert told["spread"] == told["plain"]
    assert len(told["plain"]["together"]) == 4


@pytest.mark.slow
def test_a_lora_has_the_same_tokens_wherever_its_layers_lie(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="the extra `peft` is not installed")
    lora = save_lora(tmp_path / "lora", tiny, "q_proj", "v_proj", "fc1", "lm_head")
    told = answers(tiny, "--tokens", "4", "--lora", str(lora))
    assert told["spread"] == told["plain"]
    # Its input comes from another card, and what brings it here belongs to the layer that peft wraps.
    apart = answers(tiny, "--tokens", "4", "--lora", str(lora), "--map", ON_TWO)
    assert apart["spread"] == told["plain"]


@pytest.mark.slow
@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_a_model_that_sorts_images_has_the_same_figures(family: str, tmp_path: Path) -> None:
    folder = contrastive.save(tmp_path / family, getattr(contrastive, family))
    told = answers(folder, "--share", "0.75")
    assert told["spread"] == told["plain"]


@pytest.mark.slow
def test_a_class_that_is_written_for_one_device_is_refused_on_loading(tmp_path: Path) -> None:
    torch.manual_seed(0)
    FAMILIES["git"].build(tmp_path / "git")
    done = run(tmp_path / "git")
    assert done.returncode != 0
    assert "ModelLoadError: m cannot answer where it is spread over card:0 and card:1, since" in done.stderr


@pytest.mark.slow
def test_a_cache_of_fixed_size_lies_with_its_layers(tiny: Path) -> None:
    told = answers(tiny, "--tokens", "4", "--static")
    assert told["spread"] == told["plain"]
