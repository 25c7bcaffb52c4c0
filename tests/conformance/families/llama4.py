"""Llama 4."""

from pathlib import Path

from PIL.Image import Image
from transformers import AutoProcessor, Llama4Config, Llama4ForConditionalGeneration, Llama4Processor

from tests.conformance.family import Family, without_prompt
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

NAMED = [
    "<|image|>",
    "<|image_start|>",
    "<|image_end|>",
    "<|patch|>",
    "<|tile_x_separator|>",
    "<|tile_y_separator|>",
]


def build(folder: Path) -> None:
    """Tiles and the whole, four patches shuffled to a token, before a dense layer and one of experts."""
    from transformers import Llama4ImageProcessor

    words = tokenizer(NAMED, bos="<bos>")
    config = Llama4Config(
        text_config=text_settings(
            words,
            "llama4_text",
            intermediate_size_mlp=128,
            num_local_experts=2,
            interleave_moe_layer_step=2,
            no_rope_layer_interval=2,
            attention_chunk_size=64,
        ),
        vision_config=vision_settings(
            "llama4_vision_model",
            intermediate_size=256,
            projector_input_dim=64,
            projector_output_dim=64,
            vision_output_dim=64,
        ),
        image_token_index=words.convert_tokens_to_ids("<|patch|>"),
        boi_token_index=words.convert_tokens_to_ids("<|image_start|>"),
        eoi_token_index=words.convert_tokens_to_ids("<|image_end|>"),
    )
    processor = Llama4Processor(
        Llama4ImageProcessor(size={"height": 32, "width": 32}, max_patches=4),
        words,
        patch_size=8,
        chat_template=chat_template("<|image|>"),
    )
    randomise(Llama4ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """The documentation's call, whose model is in bfloat16 as the processor's pixels are; ours is not."""
    processor = AutoProcessor.from_pretrained(folder)
    model = Llama4ForConditionalGeneration.from_pretrained(folder)
    content = [{"type": "image", "image": image}, {"type": "text", "text": question}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    ).to(model.device, dtype=model.dtype)
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return without_prompt(generated, inputs)


FAMILY = Family(
    model_type="llama4",
    build=build,
    reference=reference,
    adapter="chat",
    image_tokens=20,
    needs="torchvision",
    checkpoint="meta-llama/Llama-4-Scout-17B-16E-Instruct",
)
