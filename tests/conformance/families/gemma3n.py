"""Gemma 3n."""

from pathlib import Path

from transformers import (
    Gemma3nAudioFeatureExtractor,
    Gemma3nConfig,
    Gemma3nForConditionalGeneration,
    Gemma3nProcessor,
)
from transformers.models.siglip import SiglipImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer

NAMED = {
    "image_token": "<image_soft_token>",
    "boi_token": "<start_of_image>",
    "eoi_token": "<end_of_image>",
    "audio_token": "<audio_soft_token>",
    "boa_token": "<start_of_audio>",
    "eoa_token": "<end_of_audio>",
}
AUDIO = {
    "hidden_size": 32,
    "conf_num_attention_heads": 2,
    "conf_num_hidden_layers": 1,
    "sscp_conv_channel_size": [8, 4],
    "input_feat_size": 32,
}


def build(folder: Path) -> None:
    """A small convolutional tower of timm's, 25 places wide; of three layers one shares a cache."""
    words = tokenizer([*NAMED.values()], bos="<bos>", extra_special_tokens=NAMED)
    size = len(words)
    config = Gemma3nConfig(
        text_config=text_settings(
            words,
            "gemma3n_text",
            num_hidden_layers=3,
            layer_types=["sliding_attention", "full_attention", "full_attention"],
            num_kv_shared_layers=1,
            sliding_window=16,
            vocab_size_per_layer_input=size,
            hidden_size_per_layer_input=16,
            altup_num_inputs=2,
            laurel_rank=8,
        ),
        vision_config={
            "architecture": "test_byobnet",
            "hidden_size": 256,
            "vocab_size": 4,
            "vocab_offset": size,
        },
        audio_config={**AUDIO, "vocab_size": 4, "vocab_offset": size + 4},
        vision_soft_tokens_per_image=25,
        image_token_id=words.image_token_id,
        boi_token_id=words.boi_token_id,
        eoi_token_id=words.eoi_token_id,
        audio_token_id=words.audio_token_id,
        boa_token_id=words.boa_token_id,
        eoa_token_id=words.eoa_token_id,
    )
    processor = Gemma3nProcessor(
        Gemma3nAudioFeatureExtractor(feature_size=32),
        SiglipImageProcessorPil(size={"height": 160, "width": 160}),
        words,
        image_seq_length=25,
        chat_template=chat_template("<image_soft_token>"),
    )
    randomise(Gemma3nForConditionalGeneration(config), words, deviation=0.05).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="gemma3n",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=25,
    needs="timm",
    checkpoint="google/gemma-3n-E4B-it",
)
