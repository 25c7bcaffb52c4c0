"""Florence-2: a task's tag becomes a sentence, which an encoder reads behind the image."""

from pathlib import Path

from PIL.Image import Image
from transformers import Florence2Config, Florence2ForConditionalGeneration, Florence2Processor
from transformers.models.clip import CLIPImageProcessorPil

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """DaViT in one stage of each kind before a BART; 5 tokens stand for an image of 32 pixels."""
    words = tokenizer(["<image>"], bos="<s>", extra_special_tokens={"image_token": "<image>"})
    config = Florence2Config(
        text_config={
            "model_type": "bart",
            "vocab_size": len(words),
            "d_model": 64,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 128,
            "decoder_ffn_dim": 128,
            "max_position_embeddings": 256,
            "pad_token_id": words.pad_token_id,
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
            "decoder_start_token_id": words.eos_token_id,
            "forced_bos_token_id": None,
            "forced_eos_token_id": None,
        },
        vision_config={
            "depths": [1, 1],
            "patch_size": [7, 3],
            "patch_stride": [4, 4],
            "patch_padding": [3, 1],
            "patch_prenorm": [False, True],
            "embed_dim": [16, 32],
            "num_heads": [2, 4],
            "num_groups": [2, 4],
            "window_size": 2,
            "projection_dim": 64,
        },
        image_token_id=words.image_token_id,
    )
    images = CLIPImageProcessorPil(size={"height": 32, "width": 32}, do_center_crop=False)
    images.image_seq_length = 5
    model = randomise(Florence2ForConditionalGeneration(config), words)
    model.generation_config.decoder_start_token_id = words.eos_token_id
    model.save_pretrained(folder)
    Florence2Processor(images, words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Have the image described: no question of the suite is a task's tag."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(
        text="<MORE_DETAILED_CAPTION>", images=image, return_tensors="pt"
    )
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False, num_beams=1)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="florence2",
    build=build,
    reference=reference,
    adapter="task",
    image_tokens=5,
    takes_questions=False,
    checkpoint="florence-community/Florence-2-base",
)
