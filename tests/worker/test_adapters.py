"""Adapters that other packages add, and what becomes of broken ones."""

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from transformers import AutoConfig, AutoProcessor, BlipForImageTextRetrieval

from tests.conformance.families import blip_2
from tests.conformance.families.blip import config, processor
from tests.conformance.parts import randomise, tokenizer
from tests.conftest import Program, load, run_folders

MODULE = '''
"""BLIP's head that tells whether a text fits an image, as an adapter of another package."""

from fada_tui.core.records import Ranked
from fada_tui.worker.adapters.prompting import prepared

LABELS = ("does not fit", "fits")


class MatchingAdapter:
    """Asks whether the question, read as a statement, fits the image."""

    name = "matching"
    architectures = ("BlipForImageTextRetrieval",)

    def __init__(self, processor, config):
        self.processor = processor
        self.config = config

    def prepare(self, batch, system_prompt):
        images, texts = zip(*batch)
        inputs = self.processor(images=list(images), text=list(texts), padding=True, return_tensors="pt")
        return prepared(inputs, texts, self.config)

    def rank(self, model, inputs):
        likely = model(**inputs, use_itm_head=True).itm_score.softmax(dim=1)
        return [
            tuple(Ranked(label=LABELS[place], probability=row[place]) for place in likeliest)
            for row, likeliest in zip(likely.tolist(), likely.argsort(descending=True).tolist())
        ]

    def say(self, ranking):
        return f"It {ranking[0].label}."


class Nameless:
    """Lacks what an adapter has."""

    def prepare(self, batch, system_prompt):
        raise AssertionError


class Usurper(MatchingAdapter):
    """Would take the place of ours."""

    name = "chat"
    architectures = ("Idefics3ForConditionalGeneration",)


class Listless(MatchingAdapter):
    """Would fail at the first question for its architectures."""

    name = "listless"
    architectures = None
'''

ENTRY_POINTS = """
[fada_tui.adapters]
absent = no_such_module:Adapter
nameless = matching_adapter:Nameless
usurper = matching_adapter:Usurper
listless = matching_adapter:Listless
matching = matching_adapter:MatchingAdapter
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder into which a package with adapters is installed, one of them whole."""
    site = tmp_path / "site"
    described = site / "matching_adapter-1.0.dist-info"
    described.mkdir(parents=True)
    (site / "matching_adapter.py").write_text(MODULE)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: matching-adapter\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(ENTRY_POINTS)
    return site


@pytest.fixture
def matcher(tmp_path: Path) -> Path:
    """A checkpoint of a class that no adapter of ours prompts."""
    words = tokenizer(bos="[DEC]")
    randomise(BlipForImageTextRetrieval(config(words))).save_pretrained(tmp_path / "matcher")
    processor(words).save_pretrained(tmp_path / "matcher")
    return tmp_path / "matcher"


def test_another_package_adds_an_adapter_and_its_faults_take_none_away(
    program: Program, site: Path, matcher: Path, tiny: Path, images: Path
) -> None:
    options = ("--images", images, "--limit", "1", "--max-new-tokens", "4", "--question", "A heart is shown.")
    done, _ = program.batch("--model", matcher, *options)
    assert done.returncode == 3
    assert "BlipForImageTextRetrieval" in done.stderr and "docs/adding-a-model.md" in done.stderr

    program.env["PYTHONPATH"] = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    done, said = program.batch("--model", matcher, "--model", tiny, *options)
    assert done.returncode == 0, done.stderr
    matched, chatted = (load(Path(run["path"])) for run in said["runs"])
    assert matched["model"]["adapter"] == "matching"
    (result,) = matched["results"]
    assert result["response"] in ("It fits.", "It does not fit.")
    assert result["prompt"] == "A heart is shown."
    assert sum(one["probability"] for one in result["ranking"]) == pytest.approx(1)
    assert chatted["model"]["adapter"] == "chat"
    assert chatted["results"][0]["error"] is None

    log = "".join((folder / "worker.log").read_text() for folder in run_folders(program.cwd))
    for name, why in (
        ("absent", "No module named 'no_such_module'"),
        ("nameless", "it has no name"),
        ("usurper", "there is an adapter 'chat' already"),
        ("listless", "its architectures are no tuple of names"),
    ):
        assert f"the adapter {name} (" in log
        assert why in log


def test_the_adapter_of_the_documentation_prompts(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "adding-a-model.md").read_text()
    module: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], module)
    blip_2.build(tmp_path)
    model = AutoConfig.from_pretrained(tmp_path)
    adapter = module["ExampleAdapter"](AutoProcessor.from_pretrained(tmp_path), model)
    prepared = adapter.prepare([(Image.new("RGB", (64, 48)), "Why?")], None)
    assert (prepared.prompts, prepared.image_tokens) == (("Question: Why? Answer:",), (blip_2.QUERIES,))
