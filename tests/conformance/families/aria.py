"""Aria."""

from pathlib import Path

from transformers import AriaConfig, AriaForConditionalGeneration, AriaProcessor
from transformers.models.aria import AriaImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """Four queries look at 196 large patches (no image is smaller than 980 pixels), before two experts."""
    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = AriaConfig(
        text_config=text_settings(
            words, "aria_text", moe_num_experts=2, moe_topk=1, moe_num_shared_experts=1
        ),
        vision_config=vision_settings("idefics3_vision", hidden_size=16, image_size=980, patch_size=70),
        projector_patch_to_query_dict={196: 4},
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    processor = AriaProcessor(
        AriaImageProcessorPil(max_image_size=980, min_image_size=16),
        words,
        size_conversion={980: 4},
        chat_template=chat_template("<image>"),
    )
    randomise(AriaForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="aria",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    checkpoint="rhymes-ai/Aria",
)
