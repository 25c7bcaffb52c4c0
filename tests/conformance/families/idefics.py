"""The first Idefics."""

from pathlib import Path

from PIL.Image import Image
from transformers import IdeficsConfig, IdeficsForVisionText2Text, IdeficsProcessor
from transformers.models.idefics import IdeficsImageProcessorPil

from tests.conformance.family import Family, without_prompt
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """Cross-attention to the image in each layer, its gates half open."""
    special = ["<fake_token_around_image>", "<image>", "<end_of_utterance>"]
    words = tokenizer(special, bos="<s>", additional_special_tokens=special)
    config = IdeficsConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        alpha_initializer="ones",
        pad_token_id=words.pad_token_id,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        vision_config={
            "embed_dim": 64,
            "image_size": 32,
            "patch_size": 8,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
        },
    )
    images = IdeficsImageProcessorPil(size={"height": 32, "width": 32}, image_size=32)
    randomise(IdeficsForVisionText2Text(config), words).save_pretrained(folder)
    IdeficsProcessor(images, words, add_end_of_utterance_token=False).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask as the card of the instructed checkpoints does."""
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = IdeficsForVisionText2Text.from_pretrained(folder)
    prompts = [["User:", image, question, "<end_of_utterance>", "\nAssistant:"]]
    inputs = processor(text=prompts, add_end_of_utterance_token=False, return_tensors="pt")
    end = processor.tokenizer("<end_of_utterance>", add_special_tokens=False).input_ids
    unwanted = processor.tokenizer(
        ["<image>", "<fake_token_around_image>"], add_special_tokens=False
    ).input_ids
    generated = model.generate(
        **inputs, eos_token_id=end, bad_words_ids=unwanted, max_new_tokens=tokens, do_sample=False
    )
    return without_prompt(generated, inputs)


FAMILY = Family(
    model_type="idefics",
    build=build,
    reference=reference,
    adapter="idefics",
    ends_by_settings=False,  # by the end of an utterance, which they do not name
    checkpoint="HuggingFaceM4/idefics-9b-instruct",
)
