"""Step 3.7."""

from pathlib import Path

from transformers import Step3p7Config, Step3p7ForConditionalGeneration, Step3p7Processor

from tests.conformance.family import Family, by_chat_template
from tests.conformance.parts import chat_template, randomise, text_settings, tokenizer, vision_settings

WORDS = ["<im_patch>", "<im_start>", "<im_end>", "<patch_start>", "<patch_end>", "<patch_newline>"]


def build(folder: Path) -> None:
    """An image is seen whole and in crops, each downsampled four times."""
    from transformers import Step3p7ImageProcessor

    words = tokenizer(WORDS)
    config = Step3p7Config(
        text_config=text_settings(
            words,
            "step3p5",
            mlp_layer_types=["dense", "sparse"],
            n_routed_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=32,
            share_expert_dim=32,
            layer_types=["sliding_attention", "full_attention"],
            sliding_window=16,
        ),
        vision_config=vision_settings(
            "step3p5_vision", image_size=64, mlp_ratio=2.0, max_position_embeddings=64
        ),
        image_token_id=words.convert_tokens_to_ids("<im_patch>"),
    )
    processor = Step3p7Processor(
        Step3p7ImageProcessor(size={"height": 64, "width": 64}, patch_size=32, vision_patch_size=8),
        words,
        chat_template=chat_template("<im_patch>"),
    )
    randomise(Step3p7ForConditionalGeneration(config), words).save_pretrained(folder)
    processor.save_pretrained(folder)


FAMILY = Family(
    model_type="step3p7",
    build=build,
    reference=by_chat_template,
    adapter="chat",
    image_tokens=4,
    needs="torchvision",
    checkpoint="stepfun-ai/Step-3.7-Flash",
)
