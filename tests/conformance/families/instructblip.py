"""InstructBLIP: the question goes to the Q-Former too."""

from pathlib import Path

from PIL.Image import Image
from transformers import InstructBlipConfig, InstructBlipForConditionalGeneration, InstructBlipProcessor
from transformers.models.blip import BlipImageProcessorPil

from tests.conformance.families.blip_2 import QFORMER, QUERIES, opt
from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer, vision_settings


def build(folder: Path) -> None:
    """Over OPT, in the place of Vicuna."""
    words = tokenizer(["<image>"], bos="</s>")
    qformer_words = tokenizer(bos="[CLS]")
    config = InstructBlipConfig(
        vision_config=vision_settings(),
        qformer_config={**QFORMER, "vocab_size": len(qformer_words)},
        text_config=opt(words),
        num_query_tokens=QUERIES,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    model = randomise(InstructBlipForConditionalGeneration(config))
    model.language_model.generation_config.eos_token_id = words.eos_token_id
    model.language_model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(folder)
    images = BlipImageProcessorPil(size={"height": 32, "width": 32})
    InstructBlipProcessor(images, words, qformer_words, num_query_tokens=QUERIES).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask by the question alone, as in the documentation."""
    from transformers import AutoProcessor

    model = InstructBlipForConditionalGeneration.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(images=image, text=question, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, inputs["input_ids"].shape[1] :].tolist()


FAMILY = Family(
    model_type="instructblip",
    build=build,
    reference=reference,
    adapter="blip-2",
    image_tokens=QUERIES,
    checkpoint="Salesforce/instructblip-vicuna-7b",
)
