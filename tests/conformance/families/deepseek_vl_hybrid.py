"""DeepSeek-VL 7B: a SigLIP tower and, for the same image larger, SAM's."""

from pathlib import Path

from transformers import (
    DeepseekVLHybridConfig,
    DeepseekVLHybridForConditionalGeneration,
    DeepseekVLHybridProcessor,
)
from transformers.models.deepseek_vl_hybrid import DeepseekVLHybridImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

LARGE = {
    "hidden_size": 32,
    "output_channels": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 64,
    "patch_size": 16,
    "mlp_dim": 64,
    "window_size": 2,
    "global_attn_indexes": [1],
}


def build(folder: Path) -> None:
    """A token for each of 16 patches, seen by both towers, before a Llama."""
    words = tokenizer(
        ["<image_placeholder>"], bos="<bos>", extra_special_tokens={"image_token": "<image_placeholder>"}
    )
    config = DeepseekVLHybridConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        high_res_vision_config={"model_type": "sam_vision_model", **LARGE},
        image_token_id=words.convert_tokens_to_ids("<image_placeholder>"),
    )
    processor = DeepseekVLHybridProcessor(
        DeepseekVLHybridImageProcessorPil(
            size={"height": 32, "width": 32}, high_res_size={"height": 64, "width": 64}
        ),
        words,
        num_image_tokens=16,
        chat_template=chat_template("<image_placeholder>"),
    )
    randomise(DeepseekVLHybridForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="deepseek_vl_hybrid",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=16,
    checkpoint="deepseek-community/deepseek-vl-7b-chat",
)
