"""Muse Spark."""

from pathlib import Path

from transformers import MuseSparkConfig, MuseSparkForConditionalGeneration, MuseSparkProcessor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.muse import IMAGES, WORDS, muse_settings
from tests.conformance.parts import chat_template, randomise, tokenizer

SOUND = ["<|audio|>", "<|soft_audio_start|>", "<|soft_audio_end|>"]


def build(folder: Path) -> None:
    """Muse Glimmer's tower before four experts; it has ears too, of which nothing is asked."""
    from transformers import MuseGlimmerImageProcessor, MuseGlimmerVideoProcessor, MuseSparkFeatureExtractor

    words = tokenizer([*WORDS, *SOUND])
    config = MuseSparkConfig(
        **muse_settings(
            words,
            "muse_spark_text",
            "muse_spark_vision",
            moe_intermediate_size=32,
            moe_hidden_size=32,
            num_local_experts=4,
            num_experts_per_tok=2,
        ),
        audio_config={
            "patch_sizes": [4, 4],
            "hidden_sizes": [16, 32],
            "depths": [1, 1],
            "num_hidden_layers": 2,
            "out_hidden_size": 64,
        },
        audio_token_id=words.convert_tokens_to_ids("<|audio|>"),
    )
    processor = MuseSparkProcessor(
        MuseGlimmerImageProcessor(**IMAGES),
        MuseGlimmerVideoProcessor(patch_size=8),
        words,
        MuseSparkFeatureExtractor(),
        chat_template=chat_template("<|patch|>"),
    )
    randomise(MuseSparkForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="muse_spark",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=6,
    needs="torchvision",
    checkpoint="meta-models/Muse-Spark-Open-816B-A42B",
)
