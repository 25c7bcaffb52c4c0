"""Idefics3, and SmolVLM's first generation."""

from pathlib import Path

from tests.checkpoints import save_idefics3
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """A checkpoint of the architecture that SmolVLM-500M has."""
    save_idefics3(folder)


FAMILY = Family(
    model_type="idefics3",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="HuggingFaceTB/SmolVLM-500M-Instruct",
)
