"""GLM-4.6V."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """GLM-4.1V's model with a processor of its own."""
    glm.save(folder, "Glm46V", "glm4v_text", processor="Glm46V")


FAMILY = Family(
    model_type="glm46v",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="zai-org/GLM-4.6V-Flash",
)
