"""Donut, tuned to answer questions about documents."""

from pathlib import Path

from PIL.Image import Image
from transformers import DonutProcessor, VisionEncoderDecoderConfig, VisionEncoderDecoderModel
from transformers.models.donut import DonutImageProcessorPil

from tests.conformance.families.vision_encoder_decoder import decoder
from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer

TOKENS = ["<s_synthdog>", "<s_docvqa>", "<s_question>", "</s_question>", "<s_answer>", "</s_answer>"]


def build(folder: Path) -> None:
    """Swin before an MBart."""
    words = tokenizer(bos="<s>")
    words.add_tokens(TOKENS, special_tokens=True)
    config = VisionEncoderDecoderConfig(
        encoder={
            "model_type": "donut-swin",
            "image_size": [32, 32],
            "patch_size": 4,
            "embed_dim": 32,
            "depths": [1, 1],
            "num_heads": [2, 4],
            "window_size": 2,
        },
        decoder=decoder(words, "mbart"),
        decoder_start_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    randomise(VisionEncoderDecoderModel(config), words).save_pretrained(folder)
    DonutProcessor(DonutImageProcessorPil(size={"height": 32, "width": 32}), words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Ask as the documentation does for document questions."""
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(folder)
    model = VisionEncoderDecoderModel.from_pretrained(folder)
    prompt = f"<s_docvqa><s_question>{question}</s_question><s_answer>"
    begun = processor.tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
    generated = model.generate(
        processor(image, return_tensors="pt").pixel_values,
        decoder_input_ids=begun,
        bad_words_ids=[[processor.tokenizer.unk_token_id]],
        max_new_tokens=tokens,
        do_sample=False,
    )
    return generated[0, begun.shape[1] :].tolist()


FAMILY = Family(
    model_type="donut",
    build=build,
    reference=reference,
    adapter="encoder-decoder",
    batches=False,  # its decoder counts padding as places
    checkpoint="naver-clova-ix/donut-base-finetuned-docvqa",
)
