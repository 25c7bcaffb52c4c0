"""VideoLLaMA 3, asked of an image."""

from pathlib import Path

from transformers import VideoLlama3Config, VideoLlama3ForConditionalGeneration, VideoLlama3Processor
from transformers.models.video_llama_3 import VideoLlama3ImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings
from tests.conformance.qwen import IMAGE, PIXELS, VIDEO


def build(folder: Path) -> None:
    """Its tower takes images of any size, each patch a token."""
    from transformers import VideoLlama3VideoProcessor

    words = tokenizer([IMAGE, VIDEO])
    config = VideoLlama3Config(
        text_config=text_settings(words, "qwen2"),
        vision_config=vision_settings("video_llama_3_vision"),
        image_token_id=words.convert_tokens_to_ids(IMAGE),
        video_token_id=words.convert_tokens_to_ids(VIDEO),
    )
    processor = VideoLlama3Processor(
        VideoLlama3ImageProcessorPil(size=PIXELS, patch_size=8, merge_size=1),
        words,
        VideoLlama3VideoProcessor(size=PIXELS, patch_size=8, merge_size=2),
        chat_template=chat_template(IMAGE),
    )
    randomise(VideoLlama3ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="video_llama_3",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=30,
    needs="torchvision",
    checkpoint="lkhl/VideoLLaMA3-2B-Image-HF",
)
