"""The five systems of the reference, small, in their true architectures, as the model list names them."""

import importlib
from pathlib import Path

import tomli_w

from tests.golden import openclip
from tests.worker.test_openclip import save as save_openclip

FAMILIES = {
    "SmolVLM-500M": "idefics3",
    "BLIP-2": "blip_2",
    "DeepSeek-VL-1.3B": "deepseek_vl",
    "BLIP-VQA-base": "blip_vqa",
}
"""Of the conformance suite, by the model list's name."""

NAMES = (*FAMILIES, "FetalCLIP")

ARCHITECTURES = {
    "SmolVLM-500M": "Idefics3ForConditionalGeneration",
    "BLIP-2": "Blip2ForConditionalGeneration",
    "DeepSeek-VL-1.3B": "DeepseekVLForConditionalGeneration",
    "BLIP-VQA-base": "BlipForQuestionAnswering",
    "FetalCLIP": "CLIPModel",
}


def build(root: Path, models_file: Path) -> None:
    """Save a checkpoint of each below `root`, and point the model list at them."""
    sources = {}
    for name, family in FAMILIES.items():
        sources[name] = root / family
        importlib.import_module(f"tests.conformance.families.{family}").FAMILY.build(sources[name])
    sources["FetalCLIP"] = save_openclip(root / "fetalclip", openclip.SMALL)
    models_file.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"name": name, "source": str(folder)} for name, folder in sources.items()]
    models_file.write_text(tomli_w.dumps({"model": entries}))
