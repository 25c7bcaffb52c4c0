"""DeepSeek-OCR 2."""

from pathlib import Path

from transformers import DeepseekOcr2Config, DeepseekOcr2ForConditionalGeneration, DeepseekOcr2Processor
from transformers.models.deepseek_ocr2 import DeepseekOcr2ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

TOWER = {
    "hidden_size": 32,
    "output_channels": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 64,
    "patch_size": 1,
    "mlp_dim": 64,
    "window_size": 8,
    "global_attn_indexes": [],
    "downsample_channels": [32, 64],
}


def build(folder: Path) -> None:
    """SAM's tower, an encoder whose 144 or 256 queries no setting lowers, before dense layer and experts."""
    words = tokenizer(["<image>"], bos="<bos>", extra_special_tokens={"image_token": "<image>"})
    small = text_settings(words)
    encoder = {**small, "model_type": "deepseek_ocr2_encoder"}
    text = {
        **small,
        "model_type": "deepseek_ocr2_text",
        "n_routed_experts": 2,
        "n_shared_experts": 1,
        "num_experts_per_tok": 1,
        "moe_intermediate_size": 64,
        "mlp_layer_types": ["dense", "sparse"],
    }
    config = DeepseekOcr2Config(
        text_config=text,
        vision_config={"sam_config": TOWER, "encoder_config": encoder},
        image_token_id=words.image_token_id,
    )
    processor = DeepseekOcr2Processor(
        DeepseekOcr2ImageProcessorPil(size={"height": 64, "width": 64}, tile_size=48),
        words,
        patch_size=1,
        downsample_ratio=4,
        chat_template=chat_template("<image>\n"),
    )
    randomise(DeepseekOcr2ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="deepseek_ocr2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=1121,
    checkpoint="deepseek-community/DeepSeek-OCR-2",
)
