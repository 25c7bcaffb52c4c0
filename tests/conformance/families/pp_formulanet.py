"""PP-FormulaNet, which writes down a formula."""

from pathlib import Path

from PIL.Image import Image
from transformers import PPFormulaNetConfig, PPFormulaNetForConditionalGeneration

from tests.conformance.family import Family
from tests.conformance.parts import randomise, tokenizer


def build(folder: Path) -> None:
    """SAM's tower before an MBart."""
    from transformers import PPFormulaNetImageProcessor, PPFormulaNetProcessor

    words = tokenizer(bos="<s>")
    config = PPFormulaNetConfig(
        text_config={
            "vocab_size": len(words),
            "d_model": 64,
            "encoder_layers": 1,
            "encoder_attention_heads": 4,
            "decoder_layers": 2,
            "decoder_attention_heads": 4,
            "decoder_ffn_dim": 128,
            "max_position_embeddings": 512,
            "pad_token_id": words.pad_token_id,
            "bos_token_id": words.bos_token_id,
            "eos_token_id": words.eos_token_id,
            "decoder_start_token_id": words.eos_token_id,
            "forced_eos_token_id": None,
        },
        vision_config={
            "hidden_size": 32,
            "output_channels": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 64,
            "patch_size": 8,
            "mlp_dim": 64,
            "window_size": 4,
            "global_attn_indexes": [1],
            "post_conv_in_channels": 16,
            "post_conv_mid_channels": 32,
            "post_conv_out_channels": 64,
            "decoder_hidden_size": 64,
        },
    )
    model = randomise(PPFormulaNetForConditionalGeneration(config), words, deviation=0.3)
    model.generation_config.decoder_start_token_id = words.eos_token_id
    model.save_pretrained(folder)
    images = PPFormulaNetImageProcessor(size={"height": 64, "width": 64})
    PPFormulaNetProcessor(images, words).save_pretrained(folder)


def reference(folder: Path, image: Image, question: str, tokens: int) -> list[int]:
    """Hand over the image alone."""
    from transformers import AutoProcessor

    model = PPFormulaNetForConditionalGeneration.from_pretrained(folder)
    inputs = AutoProcessor.from_pretrained(folder)(images=image, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    return generated[0, 1:].tolist()


FAMILY = Family(
    model_type="pp_formulanet",
    build=build,
    reference=reference,
    adapter="caption",
    takes_questions=False,
    needs="torchvision",
    checkpoint="PaddlePaddle/PP-FormulaNet_plus-L_safetensors",
)
