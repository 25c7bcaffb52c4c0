"""Llama 3.2 Vision, whose image is read by cross-attention."""

from pathlib import Path

from transformers import MllamaConfig, MllamaForConditionalGeneration, MllamaProcessor
from transformers.models.mllama import MllamaImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer


def build(folder: Path) -> None:
    """Tiles of 32 pixels, at most two; the gates of the cross-attention stand open."""
    words = tokenizer(
        ["<|image|>"], bos="<|begin_of_text|>", extra_special_tokens={"image_token": "<|image|>"}
    )
    image = words.convert_tokens_to_ids("<|image|>")
    config = MllamaConfig(
        text_config={**text_settings(words, "mllama_text_model"), "cross_attention_layers": [1]},
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 4,
            "vision_output_dim": 128,
            "image_size": 32,
            "patch_size": 8,
            "max_num_tiles": 2,
            "intermediate_layers_indices": [0],
            "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
        },
        image_token_index=image,
    )
    model = randomise(MllamaForConditionalGeneration(config), words)
    for name, parameter in model.named_parameters():
        if "gate" in name and parameter.dim() == 1:
            parameter.data.fill_(1.0)
    model.save_pretrained(folder)
    images = MllamaImageProcessorPil(size={"height": 32, "width": 32}, max_image_tiles=2)
    MllamaProcessor(images, words, chat_template=chat_template("<|image|>")).save_pretrained(folder)


FAMILY = Family(
    model_type="mllama",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=1,
    checkpoint="meta-llama/Llama-3.2-11B-Vision-Instruct",
)
