"""Molmo 2."""

from pathlib import Path

from transformers import Molmo2Config, Molmo2ForConditionalGeneration, Molmo2Processor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

WORDS = [
    "<|image|>",
    "<|video|>",
    "<im_patch>",
    "<im_col>",
    "<im_start>",
    "<low_res_im_start>",
    "<frame_start>",
    "<im_end>",
    "<frame_end>",
    "<im_low>",
]


def build(folder: Path) -> None:
    """An image is seen whole and in overlapping crops, four patches pooled into a token."""
    from transformers import Molmo2ImageProcessor, Molmo2VideoProcessor

    words = tokenizer(WORDS, bos="<bos>")
    config = Molmo2Config(
        text_config=text_settings(words, "molmo2_text", additional_vocab_size=16),
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "head_dim": 16,
            "image_size": [32, 32],
            "patch_size": 8,
        },
        adapter_config={
            "vision_feature_layer": [-1, -2],
            "hidden_size": 64,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "head_dim": 16,
            "intermediate_size": 128,
            "text_hidden_size": 64,
        },
        image_start_token_id=words.convert_tokens_to_ids("<im_start>"),
        low_res_image_start_token_id=words.convert_tokens_to_ids("<low_res_im_start>"),
        image_end_token_id=words.convert_tokens_to_ids("<im_end>"),
        image_patch_id=words.convert_tokens_to_ids("<im_patch>"),
        frame_start_token_id=words.convert_tokens_to_ids("<frame_start>"),
        frame_end_token_id=words.convert_tokens_to_ids("<frame_end>"),
    )
    size = {"height": 32, "width": 32}
    processor = Molmo2Processor(
        Molmo2ImageProcessor(size=size, patch_size=8, max_crops=2, overlap_margins=[1, 1]),
        Molmo2VideoProcessor(size=size, patch_size=8),
        words,
        chat_template=chat_template("<|image|>"),
    )
    randomise(Molmo2ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="molmo2",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=10,
    needs="torchvision",
    checkpoint="allenai/Molmo2-4B",
)
