"""Granite 4 Vision."""

from pathlib import Path

from transformers import Granite4VisionConfig, Granite4VisionForConditionalGeneration, Granite4VisionProcessor
from transformers.models.llava_next import LlavaNextImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

GRID = [[32, 64], [64, 32]]


def build(folder: Path) -> None:
    """Tiles and the whole, windows of 4 × 4 patches down to 2 × 2, put into both layers of the text."""
    words = tokenizer(["<image>"], extra_special_tokens={"image_token": "<image>"})
    config = Granite4VisionConfig(
        text_config=text_settings(words, "granite4_vision_text"),
        vision_config=vision_settings("siglip_vision_model", vision_use_head=False),
        qformer_config={
            "model_type": "blip_2_qformer",
            "num_hidden_layers": 1,
            "intermediate_size": 64,
            "cross_attention_frequency": 1,
            "use_qformer_text_input": False,
        },
        image_token_index=words.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=GRID,
        downsample_rate="2/4",
        deepstack_layer_map=[[-1, 0]],
        spatial_target_layers=[1, 1, 1, 1],
        vision_feature_select_strategy="full",
    )
    processor = Granite4VisionProcessor(
        LlavaNextImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=GRID
        ),
        words,
        patch_size=8,
        vision_feature_select_strategy="full",
        downsample_rate="2/4",
        chat_template=chat_template("<image>"),
    )
    randomise(Granite4VisionForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="granite4_vision",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=10,
    checkpoint=None,
)
