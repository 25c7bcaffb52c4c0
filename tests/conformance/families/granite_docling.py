"""Granite for Docling."""

from pathlib import Path

from transformers import GraniteDoclingConfig, GraniteDoclingForConditionalGeneration, GraniteDoclingProcessor
from transformers.models.granite_docling import GraniteDoclingImageProcessorPil

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings


def build(folder: Path) -> None:
    """Tiles and the whole, four tokens each, whose first layer's view is put into the text's first, too."""
    tiles = [f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2)]
    words = tokenizer(
        ["<fake_token_around_image>", "<image>", "<global-img>", *tiles],
        extra_special_tokens={"image_token": "<image>"},
    )
    config = GraniteDoclingConfig(
        text_config=text_settings(
            words, "granite_docling_text", embedding_multiplier=1.0, attention_multiplier=0.25
        ),
        vision_config=vision_settings(
            out_hidden_size=64, scale_factor=2, deepstack_visual_indexes=[0], use_fine_route=False
        ),
        image_token_id=words.image_token_id,
        pad_token_id=words.pad_token_id,
        tie_word_embeddings=False,
    )
    processor = GraniteDoclingProcessor(
        GraniteDoclingImageProcessorPil(size={"height": 32, "width": 32}, min_patches=2, max_patches=2),
        words,
        image_seq_len=4,
        chat_template=chat_template("<image>"),
    )
    randomise(GraniteDoclingForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="granite_docling",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=12,
    checkpoint="ibm-granite/granite-for-docling-500m",
)
