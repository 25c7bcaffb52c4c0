"""GLM-GA."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """GLM-4.6V's model with an image processor of its own."""
    glm.save(folder, "Glmga", "glm4v_text", processor="Glm46V", images="Glmga")


FAMILY = Family(
    model_type="glmga",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint=None,
)
