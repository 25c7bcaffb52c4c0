"""GLM-4.1V."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """A tower whose places turn with the image's proportions, before two dense layers."""
    glm.save(folder, "Glm4v", "glm4v_text", processor="Glm4v")


FAMILY = Family(
    model_type="glm4v",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="zai-org/GLM-4.1V-9B-Thinking",
)
