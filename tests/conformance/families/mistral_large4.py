"""Mistral Large 4."""

from pathlib import Path

from transformers import MistralLarge4Config, MistralLarge4ForConditionalGeneration

from tests.conformance.families.mistral3 import WORDS, pixtral_processor
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """Pixtral's tower before two layers of indexed attention, the second with experts.

    With fewer heads the index's scores tie at zero, and ties are broken by place, padding included.
    """
    words = tokenizer(WORDS)
    config = MistralLarge4Config(
        text_config=text_settings(
            words,
            "mistral_large4_text",
            num_key_value_heads=4,
            moe_intermediate_size=32,
            n_routed_experts=4,
            num_experts_per_tok=2,
            kv_lora_rank=16,
            qk_rope_head_dim=16,
            qk_nope_head_dim=16,
            v_head_dim=16,
            index_topk=8,
            index_head_dim=16,
            index_n_heads=16,
        ),
        vision_config=vision_settings("pixtral"),
        image_token_index=words.convert_tokens_to_ids("[IMG]"),
    )
    randomise(MistralLarge4ForConditionalGeneration(config), words).save_pretrained(folder)
    pixtral_processor(words).save_pretrained(folder)


FAMILY = Family(
    model_type="mistral_large4",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    needs="torchvision",
    checkpoint="mistralai/Mistral-Large-4",
)
