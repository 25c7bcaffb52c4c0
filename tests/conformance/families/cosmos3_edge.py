"""Cosmos 3 Edge."""

from pathlib import Path

from PIL.Image import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    Cosmos3EdgeConfig,
    Cosmos3EdgeForConditionalGeneration,
    Cosmos3EdgeProcessor,
)

from tests.conformance import grid
from tests.conformance.family import Family, without_prompt
from tests.conformance.parts import text_settings, tokenizer


def build(folder: Path) -> None:
    """Patches in a grid, places in three directions."""
    from transformers import Cosmos3EdgeImageProcessor, Cosmos3EdgeVideoProcessor

    words = tokenizer([*grid.NAMED.values()], extra_special_tokens=grid.NAMED)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}
    config = Cosmos3EdgeConfig(
        text_config=text_settings(words, "cosmos3_edge_text", rope_parameters=rope),
        vision_config={
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "patch_size": 8,
            "num_patches": 64,
        },
        projector_hidden_size=64,
        **grid.tokens(words),
    )
    processor = Cosmos3EdgeProcessor(
        Cosmos3EdgeImageProcessor(**grid.PIXELS),
        words,
        Cosmos3EdgeVideoProcessor(**grid.PIXELS),
        chat_template=grid.TEMPLATE,
    )
    grid.save(folder, Cosmos3EdgeForConditionalGeneration(config), processor, words)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """The documentation's call, and with it what the model's error asks for where it is made as it stands."""
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"return_mm_token_type_ids": True},
    )
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return without_prompt(generated, inputs)


FAMILY = Family(
    model_type="cosmos3_edge",
    build=build,
    reference=reference,
    adapter="chat",
    image_tokens=12,
    needs="torchvision",
    checkpoint="nvidia/Cosmos3-Edge",
)
