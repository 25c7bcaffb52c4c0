"""What small checkpoints are made of: tokenizers trained on the spot, small settings, random weights."""

from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "The image shows the head, abdomen, heart and femur of a fetus in ultrasound.",
    "What anatomical structures can you see in this image? Which plane is shown? User: Assistant:",
    "Question: Answer: USER ASSISTANT Human answer en system user assistant model",
]

TEMPLATE = (
    "{% for message in messages %}{{ message['role'] | upper }}: "
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""A chat template with a place for the image; `chat_template` puts the family's own token there."""


def chat_template(image: str) -> str:
    """Return a chat template that writes an image as this text."""
    return TEMPLATE.replace("IMAGE", image)


def tokenizer(
    special: Sequence[str] = (),
    *,
    bos: str | None = None,
    tokenizer_class: type[Any] = PreTrainedTokenizerFast,
    **options: Any,
) -> Any:
    """Return a byte-level BPE tokenizer of about 400 tokens, padded on the left.

    Args:
        special: tokens of the family's own, such as `<image>`.
        bos: a token put before every text.
        tokenizer_class: what wraps it.
        options: of that class, such as `extra_special_tokens={"image_token": "<image>"}`.
    """
    names = ["<pad>", "<eos>", "<unk>", *([bos] if bos else []), *special]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=len(names) + len(alphabet) + 120, special_tokens=names, initial_alphabet=alphabet
        ),
    )
    if bos:
        inner.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, inner.token_to_id(bos))]
        )
    return tokenizer_class(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        **({"bos_token": bos} if bos else {}),
        **options,
    )


def text_settings(words: Any, model_type: str = "llama", **more: Any) -> dict[str, Any]:
    """Return the settings of a language model of two layers, 64 wide, that fits a tokenizer."""
    return {
        "model_type": model_type,
        "vocab_size": len(words),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 2048,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "bos_token_id": words.bos_token_id,
        **more,
    }


def vision_settings(model_type: str | None = None, **more: Any) -> dict[str, Any]:
    """Return the settings of a vision tower of two layers, 64 wide: 32 pixels in patches of 8."""
    named = {"model_type": model_type} if model_type else {}
    return {
        **named,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "image_size": 32,
        "patch_size": 8,
        **more,
    }


def randomise(model: Any, words: Any = None, *, seed: int = 0, deviation: float = 0.15) -> Any:
    """Give a model weights that answer differently to different images, and a token to end at.

    Freshly initialised models repeat one token whatever they see.
    """
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, deviation)
    model.tie_weights()
    if words is not None:
        model.generation_config.eos_token_id = words.eos_token_id
        model.generation_config.pad_token_id = words.pad_token_id
    return model.eval()
