"""VipLLaVA: LLaVA with the features of several layers."""

from pathlib import Path

from transformers import LlavaProcessor, VipLlavaConfig, VipLlavaForConditionalGeneration
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """The published checkpoint has no chat template."""
    words = tokenizer(["<image>"], bos="<s>", extra_special_tokens={"image_token": "<image>"})
    config = VipLlavaConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("clip_vision_model"),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=[-1, -2],
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    randomise(VipLlavaForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="vipllava",
    build=build,
    reference=by_form(
        "A chat between a curious human and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the human's questions."
        "###Human: <image>\n{}###Assistant:"
    ),
    adapter="plain",
    image_tokens=16,
    checkpoint="llava-hf/vip-llava-7b-hf",
)
