"""EXAONE 4.5."""

from pathlib import Path

from transformers import Exaone4_5_Config, Exaone4_5_ForConditionalGeneration, Exaone4_5_Processor
from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import text_settings, tokenizer


def build(folder: Path) -> None:
    """A tower with windows in its first layer, before a text model with a window in its own."""
    from transformers import Qwen2VLVideoProcessor

    words = tokenizer([*grid.NAMED.values()], extra_special_tokens=grid.NAMED)
    layers = ["sliding_attention", "full_attention"]
    config = Exaone4_5_Config(
        text_config=text_settings(words, "exaone4", sliding_window=16, layer_types=layers),
        vision_config={
            **grid.VISION,
            "num_key_value_heads": 2,
            "window_size": 32,
            "fullatt_block_indexes": [1],
        },
        image_token_id=words.image_token_id,
        video_token_id=words.video_token_id,
    )
    processor = Exaone4_5_Processor(
        Qwen2VLImageProcessorPil(**grid.PIXELS),
        words,
        Qwen2VLVideoProcessor(**grid.PIXELS),
        chat_template=grid.TEMPLATE,
    )
    grid.save(folder, Exaone4_5_ForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="exaone4_5",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="LGAI-EXAONE/EXAONE-4.5-33B",
)
