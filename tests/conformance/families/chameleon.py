"""Chameleon, which reads an image as tokens of its own vocabulary."""

from pathlib import Path

from transformers import ChameleonConfig, ChameleonForConditionalGeneration, ChameleonProcessor
from transformers.models.chameleon import ChameleonImageProcessorPil

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, tokenizer

CODES = [f"IMGIMG{'ABCDEFGHIJ'[number // 10]}{'ABCDEFGHIJ'[number % 10]}Z" for number in range(16)]


def build(folder: Path) -> None:
    """A VQ-VAE of 16 codes, 16 of which make an image."""
    special = ["<image>", "<racm3:break>", "<eoss>", "<sep>", *CODES]
    words = tokenizer(special, bos="<s>", sep_token="<sep>")
    config = ChameleonConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        vocabulary_map=words.get_vocab(),
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 8,
            "resolution": 32,
            "base_channels": 32,
            "channel_multiplier": [1, 1],
            "num_res_blocks": 1,
        },
    )
    images = ChameleonImageProcessorPil(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    model = randomise(ChameleonForConditionalGeneration(config), words)
    model.save_pretrained(folder)
    ChameleonProcessor(images, words, image_seq_length=16).save_pretrained(folder)


FAMILY = Family(
    model_type="chameleon",
    build=build,
    reference=by_form("{}<image>"),
    adapter="plain",
    image_tokens=16,
    checkpoint="facebook/chameleon-7b",
)
