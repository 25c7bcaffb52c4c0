"""GLM-5.3 Flash."""

from pathlib import Path

from tests.conformance import glm
from tests.conformance.family import Family, by_chat_template

TEXT = {
    "num_key_value_heads": 4,
    "head_dim": 0,
    "n_routed_experts": 2,
    "num_experts_per_tok": 1,
    "moe_intermediate_size": 64,
    "mlp_layer_types": ["dense", "sparse"],
    "layer_types": ["linear_attention", "indexed_attention"],
    "q_lora_rank": 32,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    "index_topk": 64,
    "index_head_dim": 16,
    "index_n_heads": 2,
    "index_kpool": 4,
    "linear_head_dim": 16,
    "linear_num_heads": 4,
    "hc_mult": 2,
}


def build(folder: Path) -> None:
    """A layer of linear attention, and one of experts whose attention picks the groups that it looks at."""
    glm.save(folder, "Glm5Next", "glm5_next_text", processor="Glm5Next", **TEXT)


FAMILY = Family(
    model_type="glm5_next",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=20,
    needs="torchvision",
    checkpoint="zai-org/GLM-5.3-Flash",
)
