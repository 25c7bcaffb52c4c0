"""Kosmos-2.5, which reads a page out."""

from pathlib import Path

from PIL.Image import Image
from transformers import Kosmos2_5Config, Kosmos2_5ForConditionalGeneration, Kosmos2_5Processor
from transformers.models.kosmos2_5 import Kosmos2_5ImageProcessorPil

from tests.conformance.family import Family, without_prompt
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """4096 patches whatever the image's size, from which a resampler makes 8 tokens."""
    names = {"boi_token": "<image>", "eoi_token": "</image>", "image_token": "<s>"}
    words = tokenizer(["<image>", "</image>", "<md>", "<ocr>"], bos="<s>", extra_special_tokens=names)
    config = Kosmos2_5Config(
        text_config={
            "vocab_size": len(words),
            "embed_dim": 64,
            "layers": 2,
            "ffn_dim": 128,
            "attention_heads": 4,
            "max_position_embeddings": 512,
            "pad_token_id": words.pad_token_id,
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
        },
        vision_config={
            "hidden_size": 32,
            "patch_embed_hidden_size": 3 * 4 * 4,
            "intermediate_size": 64,
            "head_dim": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 1,
            "max_num_patches": 128,
        },
        latent_query_num=8,
    )
    images = Kosmos2_5ImageProcessorPil(patch_size={"height": 4, "width": 4})
    model = randomise(Kosmos2_5ForConditionalGeneration(config), words)
    model.get_input_embeddings().weight.data.mul_(0.1)  # they are the output's too, and would repeat a token
    model.save_pretrained(folder)
    Kosmos2_5Processor(images, words, num_image_tokens=8).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Have the image read out, as in the documentation: no question of the suite is a task's tag."""
    from transformers import AutoProcessor

    model = Kosmos2_5ForConditionalGeneration.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(text="<md>", images=image, return_tensors="pt")
    inputs.pop("height"), inputs.pop("width")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return without_prompt(generated, inputs)


FAMILY = Family(
    model_type="kosmos-2.5",
    build=build,
    reference=reference,
    adapter="task",
    image_tokens=8,
    takes_questions=False,
    checkpoint="microsoft/kosmos-2.5",
)
