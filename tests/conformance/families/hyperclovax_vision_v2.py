"""HyperCLOVA X SEED Think, the second generation with a tower of its own."""

from pathlib import Path

from transformers import (
    HyperCLOVAXVisionV2Config,
    HyperCLOVAXVisionV2ForConditionalGeneration,
    HyperCLOVAXVisionV2Processor,
)
from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import text_settings, tokenizer


def build(folder: Path) -> None:
    """Qwen2.5-VL's tower with windows in its first layer, before a HyperCLOVA X."""
    from transformers import Qwen2VLVideoProcessor

    words = tokenizer([*grid.NAMED.values()], extra_special_tokens=grid.NAMED)
    config = HyperCLOVAXVisionV2Config(
        text_config=text_settings(words, "hyperclovax"),
        vision_config={
            **grid.VISION,
            "model_type": "qwen2_5_vl_vision",
            "window_size": 32,
            "fullatt_block_indexes": [1],
        },
        image_token_id=words.image_token_id,
        video_token_id=words.video_token_id,
    )
    processor = HyperCLOVAXVisionV2Processor(
        Qwen2VLImageProcessorPil(**grid.PIXELS),
        words,
        Qwen2VLVideoProcessor(**grid.PIXELS),
        chat_template=grid.TEMPLATE,
    )
    grid.save(folder, HyperCLOVAXVisionV2ForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="hyperclovax_vision_v2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="naver-hyperclovax/HyperCLOVAX-SEED-Think-32B",
)
