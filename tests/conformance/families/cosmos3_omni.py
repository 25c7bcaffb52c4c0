"""Cosmos 3: the model of Qwen3-VL with the processor of Qwen3-VL."""

from pathlib import Path

from transformers import Cosmos3OmniConfig, Cosmos3OmniForConditionalGeneration, Qwen3VLProcessor
from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import text_settings, tokenizer


def build(folder: Path) -> None:
    """A tower of which a deeper view is put into the text's first layer, too."""
    from transformers import Qwen3VLVideoProcessor

    words = tokenizer([*grid.NAMED.values()], extra_special_tokens=grid.NAMED)
    rope = {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "mrope_section": [4, 2, 2],
        "mrope_interleaved": True,
    }
    config = Cosmos3OmniConfig(
        text_config=text_settings(words, "qwen3_vl_text", rope_parameters=rope),
        vision_config={
            **grid.VISION,
            "model_type": "qwen3_vl_vision",
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        **grid.tokens(words),
    )
    processor = Qwen3VLProcessor(
        Qwen2VLImageProcessorPil(**grid.PIXELS),
        words,
        Qwen3VLVideoProcessor(**grid.PIXELS),
        chat_template=grid.TEMPLATE,
    )
    grid.save(folder, Cosmos3OmniForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="cosmos3_omni",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="nvidia/Cosmos3-Nano",
)
