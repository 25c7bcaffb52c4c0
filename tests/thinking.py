"""A checkpoint that thinks as it is told: each token has one that follows it, whatever the image shows."""

from itertools import pairwise
from pathlib import Path

import torch
from transformers import AddedToken, Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from tests.checkpoints import CORPUS
from training.train import build_tokenizer

END = "<end_of_utterance>"

SCRIPTS = {
    "plain?": ["It", " shows", " the", " head", END],
    "think?": ["<think>", "\nA heart", " maybe", "</think>", "\n\nThe", " brain", END],
    "gemma?": ["<|channel>", "thought", "\nA spine", "<channel|>", "The", " brain", END],
    "silent?": ["<thinking>", "Hm", "</thinking>", END],
    "endless?": ["[THINK]", " and so", " on", " and so"],
    "wordy?": ["◁think▷", "Ah", "◁/think▷", " yes", " no", " yes"],
}
"""What is generated after each question; an end that came before goes on in a circle."""

SPECIAL = ("<|channel>", "<channel|>")
"""Marks that are special tokens, as Gemma's are."""

TEMPLATE = (
    "{% for part in messages[-1].content %}{{ '<image>' if part.type == 'image' else part.text }}{% endfor %}"
)
"""Ends with the question, whose last token is the one that the first of the answer follows."""

SWITCH = (
    "{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>plain?{% endif %}"
)
"""As Qwen3-VL's templates have it: thoughts opened, or opened and closed, at the end of the prompt."""


def save_thinking(folder: Path, template: str = TEMPLATE) -> Path:
    """Save a model of SmolVLM's architecture that follows `SCRIPTS`, with its processor."""
    words = build_tokenizer(CORPUS)
    texts = dict.fromkeys([*SCRIPTS, *(token for script in SCRIPTS.values() for token in script)])
    new = [text for text in texts if text not in words.get_vocab()]
    words.add_tokens([AddedToken(text, special=text in SPECIAL, normalized=False) for text in new])
    size = -(-len(words) // 64) * 64
    model = Idefics3ForConditionalGeneration(
        Idefics3Config(
            text_config={
                "model_type": "llama",
                "hidden_size": size,
                "intermediate_size": 64,
                "num_hidden_layers": 1,
                "num_attention_heads": 4,
                "num_key_value_heads": 1,
                "head_dim": 16,
                "vocab_size": size,
                "max_position_embeddings": 1024,
                "pad_token_id": words.pad_token_id,
                "eos_token_id": words.convert_tokens_to_ids(END),
                "tie_word_embeddings": False,
            },
            vision_config={
                "hidden_size": 64,
                "intermediate_size": 128,
                "num_hidden_layers": 1,
                "num_attention_heads": 4,
                "image_size": 64,
                "patch_size": 16,
            },
            image_token_id=words.convert_tokens_to_ids("<image>"),
            scale_factor=2,
            pad_token_id=words.pad_token_id,
            tie_word_embeddings=False,
        )
    )
    _follow(
        model,
        [
            [words.convert_tokens_to_ids(text) for text in (first, *script)]
            for first, script in SCRIPTS.items()
        ],
    )
    model.generation_config.eos_token_id = words.convert_tokens_to_ids(END)
    model.generation_config.pad_token_id = words.pad_token_id
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 64}, max_image_size={"longest_edge": 64}, do_image_splitting=False
    )
    model.save_pretrained(folder)
    Idefics3Processor(images, words, image_seq_len=4, chat_template=template).save_pretrained(folder)
    return folder


def _follow(model: Idefics3ForConditionalGeneration, scripts: list[list[int]]) -> None:
    """Have each token of a script followed by the next: layers add nothing, the head looks it up."""
    text = model.model.text_model
    with torch.no_grad():
        for layer in text.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        text.embed_tokens.weight.copy_(torch.eye(*text.embed_tokens.weight.shape))
        model.lm_head.weight.zero_()
        for script in scripts:
            for token, following in pairwise(script):
                model.lm_head.weight[:, token] = 0
                model.lm_head.weight[following, token] = 1
