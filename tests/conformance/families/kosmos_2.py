"""Kosmos-2."""

from pathlib import Path

from PIL.Image import Image
from transformers import Kosmos2Config, Kosmos2ForConditionalGeneration, Kosmos2Processor
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def build(folder: Path) -> None:
    """The processor adds its tags and a few tokens for places; 64 tokens stand for an image."""
    words = tokenizer(bos="<s>")
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = Kosmos2Processor(images, words, 16)
    config = Kosmos2Config(
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
        vision_config=vision_settings(),
        latent_query_num=64,
    )
    model = randomise(Kosmos2ForConditionalGeneration(config), words)
    model.get_input_embeddings().weight.data.mul_(0.1)  # they are the output's too, and would repeat a token
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask in the form of the model's card, the places left out."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    inputs = processor(text=f"Question: {question} Answer:", images=image, return_tensors="pt")
    generated = model.generate(
        pixel_values=inputs["pixel_values"],
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        image_embeds=None,
        image_embeds_position_mask=inputs["image_embeds_position_mask"],
        use_cache=True,
        max_new_tokens=tokens,
        do_sample=False,
    )
    return generated[0, inputs["input_ids"].shape[1] :].tolist()


FAMILY = Family(
    model_type="kosmos-2",
    build=build,
    reference=reference,
    adapter="kosmos-2",
    image_tokens=64,
    batches=False,  # its decoder counts padding among the places of new tokens
    checkpoint="microsoft/kosmos-2-patch14-224",
)
