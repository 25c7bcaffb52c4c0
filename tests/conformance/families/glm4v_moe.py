"""GLM-4.5V."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template


def build(folder: Path) -> None:
    """GLM-4.1V's tower and processor, before a dense layer and one of experts."""
    glm.save(
        folder,
        "Glm4vMoe",
        "glm4v_moe_text",
        processor="Glm4v",
        n_routed_experts=2,
        num_experts_per_tok=1,
        moe_intermediate_size=64,
    )


FAMILY = Family(
    model_type="glm4v_moe",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="zai-org/GLM-4.5V",
)
