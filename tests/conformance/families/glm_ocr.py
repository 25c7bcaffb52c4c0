"""GLM-OCR."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """A small GLM with GLM-4.6V's processor."""
    glm.save(folder, "GlmOcr", "glm_ocr_text", processor="Glm46V")


FAMILY = Family(
    model_type="glm_ocr",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="zai-org/GLM-OCR",
)
