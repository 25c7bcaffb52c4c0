"""Fuyu, which reads patches of an image as they are."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from transformers import FuyuConfig, FuyuForCausalLM, FuyuProcessor, PreTrainedTokenizerFast

from tests.conformance.family import Family, by_form
from tests.conformance.parts import randomise, tokenizer

NAMES = ("|SPEAKER|", "|NEWLINE|", "<s>", "<0x04>")


def with_space_before_all(words: Any) -> Any:
    """Return a tokenizer that puts a space even before Fuyu's own tokens, on which its processor counts.

    They are words of the vocabulary, then, and no special tokens, as in the published one.
    """
    settings = json.loads(words.backend_tokenizer.to_str())
    vocabulary = settings["model"]["vocab"]
    vocabulary.update({name: len(vocabulary) + place for place, name in enumerate(NAMES)})
    settings["model"]["ignore_merges"] = True
    inner = Tokenizer.from_str(json.dumps(settings))
    inner.normalizer = normalizers.Prepend(" ")
    own = "|".join(name.replace("|", r"\|") for name in NAMES)
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(own), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=inner, padding_side="left", **names)


def build(folder: Path) -> None:
    """Persimmon over patches of 8 pixels, of which an image of 64 by 48 has 48."""
    from transformers.models.fuyu import FuyuImageProcessor

    words = with_space_before_all(tokenizer())
    config = FuyuConfig(
        text_config={
            "model_type": "persimmon",
            "vocab_size": len(words),
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "max_position_embeddings": 1024,
            "pad_token_id": words.pad_token_id,
            "eos_token_id": words.eos_token_id,
        },
        patch_size=8,
        image_size=64,
        image_token_id=words.convert_tokens_to_ids("|SPEAKER|"),
    )
    images = FuyuImageProcessor(size={"height": 48, "width": 64}, patch_size={"height": 8, "width": 8})
    randomise(FuyuForCausalLM(config), words).save_pretrained(folder)
    FuyuProcessor(images, words).save_pretrained(folder)


FAMILY = Family(
    model_type="fuyu",
    build=build,
    reference=by_form("{}\n"),
    adapter="plain",
    image_tokens=48,
    needs="torchvision",  # the image processor for Pillow fails on every image
    checkpoint="adept/fuyu-8b",
)
