"""SmolVLM2."""

from pathlib import Path

from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration
from transformers.models.smolvlm import SmolVLMImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMES = {
    "fake_image_token": "<fake_token_around_image>",
    "image_token": "<image>",
    "end_of_utterance_token": "<end_of_utterance>",
    "global_image_token": "<global-img>",
    "video_token": "<video>",
}


def build(folder: Path) -> None:
    """An image is seen in tiles and whole."""
    from transformers import SmolVLMProcessor, SmolVLMVideoProcessor

    words = tokenizer(
        [*NAMES.values(), *(f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2))],
        extra_special_tokens=NAMES,
    )
    config = SmolVLMConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("smolvlm_vision"),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=words.pad_token_id,
    )
    processor = SmolVLMProcessor(
        SmolVLMImageProcessorPil(size={"longest_edge": 64}, max_image_size={"longest_edge": 32}),
        words,
        SmolVLMVideoProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32}),
        image_seq_len=4,
        chat_template=chat_template("<image>"),
    )
    randomise(SmolVLMForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="smolvlm",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=20,
    needs="torchvision",
    checkpoint="HuggingFaceTB/SmolVLM2-2.2B-Instruct",
)
