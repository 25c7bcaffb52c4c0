"""LFM3-VL."""

from pathlib import Path

from transformers import Lfm3VlConfig, Lfm3VlForConditionalGeneration, Lfm3VlProcessor
from transformers.models.qwen2_vl import Qwen2VLImageProcessorPil

from tests.conformance import grid
from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import text_settings, tokenizer


def build(folder: Path) -> None:
    """Layers of convolution, with a window, and of full attention in both tower and text."""
    from transformers import Qwen3VLVideoProcessor

    words = tokenizer([*grid.NAMED.values()], extra_special_tokens=grid.NAMED)
    config = Lfm3VlConfig(
        text_config=text_settings(
            words,
            "lfm3",
            num_hidden_layers=3,
            layer_types=["conv", "sliding_attention", "full_attention"],
            sliding_window=16,
        ),
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "patch_size": 8,
            "layer_types": ["conv", "full_attention"],
        },
        projector_hidden_size=64,
        **grid.tokens(words),
    )
    processor = Lfm3VlProcessor(
        Qwen2VLImageProcessorPil(**grid.PIXELS),
        words,
        Qwen3VLVideoProcessor(**grid.PIXELS),
        chat_template=grid.TEMPLATE,
    )
    grid.save(folder, Lfm3VlForConditionalGeneration(config), processor, words)


FAMILY = Family(
    model_type="lfm3_vl",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="LiquidAI/LFM3-VL-2B",
)
