"""Video-LLaVA, asked about an image."""

from pathlib import Path

from transformers import VideoLlavaConfig, VideoLlavaForConditionalGeneration

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """Two of CLIP's towers, one of them for videos, before a Llama."""
    from transformers import VideoLlavaImageProcessor, VideoLlavaProcessor, VideoLlavaVideoProcessor

    names = {"image_token": "<image>", "video_token": "<video>"}
    words = tokenizer(list(names.values()), bos="<s>", extra_special_tokens=names)
    config = VideoLlavaConfig(
        text_config=text_settings(words),
        vision_config=vision_settings("clip_vision_model"),
        image_token_index=words.image_token_id,
        video_token_index=words.video_token_id,
        vision_feature_layer=-1,
    )
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    processor = VideoLlavaProcessor(
        VideoLlavaImageProcessor(**size), VideoLlavaVideoProcessor(**size), words, patch_size=8
    )
    randomise(VideoLlavaForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="video_llava",
    build=build,
    reference=by_form("USER: <image>\n{} ASSISTANT:"),
    adapter="plain",
    image_tokens=16,
    needs="torchvision",
    checkpoint="LanguageBind/Video-LLaVA-7B-hf",
)
