"""Save SmolVLM-500M's exact configuration with random weights, to try the program at the real size.

    python -m benchmarks.smolvlm_500m FOLDER

About 1 GB in bfloat16. The vocabulary has the real one's size and special tokens; its words are made up,
and so are the answers. Configuration as published with HuggingFaceTB/SmolVLM-500M-Instruct.
"""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import Idefics3Config, Idefics3ForConditionalGeneration, PreTrainedTokenizerFast
from transformers.models.idefics3 import Idefics3ImageProcessorPil

from benchmarks.checkpoints import save

VOCABULARY = 49280
IMAGE_TOKEN_ID = 49190
TILE = 512


def configuration() -> Idefics3Config:
    """The model's configuration, 507.5 million parameters."""
    return Idefics3Config(
        text_config={
            "model_type": "llama",
            "hidden_size": 960,
            "intermediate_size": 2560,
            "num_hidden_layers": 32,
            "num_attention_heads": 15,
            "num_key_value_heads": 5,
            "head_dim": 64,
            "vocab_size": VOCABULARY,
            "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
            "bos_token_id": 1,
            "eos_token_id": 49279,
            "pad_token_id": 2,
        },
        vision_config={
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "image_size": TILE,
            "patch_size": 16,
        },
        image_token_id=IMAGE_TOKEN_ID,
        scale_factor=4,
        tie_word_embeddings=False,
        pad_token_id=2,
    )


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level tokenizer of the real size, its image tokens at the real ids."""
    special = {
        "<|endoftext|>": 0,
        "<|im_start|>": 1,
        "<|im_end|>": 2,
        "<global-img>": 49152,
        **{
            f"<row_{row}_col_{column}>": 49153 + 6 * (row - 1) + (column - 1)
            for row in range(1, 7)
            for column in range(1, 7)
        },
        "<fake_token_around_image>": 49189,
        "<image>": IMAGE_TOKEN_ID,
        "<end_of_utterance>": 49279,
    }
    words = iter(
        [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(f"Ġword{number}" for number in range(VOCABULARY))]
    )
    taken = set(special.values())
    vocabulary = {next(words): index for index in range(VOCABULARY) if index not in taken}
    backend = Tokenizer(models.BPE(vocab={**vocabulary, **special}, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|im_start|>",
        eos_token="<end_of_utterance>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        additional_special_tokens=[name for name in special if name not in ("<|endoftext|>",)],
        extra_special_tokens={
            "image_token": "<image>",
            "fake_image_token": "<fake_token_around_image>",
            "global_image_token": "<global-img>",
            "end_of_utterance_token": "<end_of_utterance>",
        },
    )


def main(folder: Path) -> None:
    """Build the model and its processor from their configurations and save both."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    model = Idefics3ForConditionalGeneration(configuration())
    model.generation_config.eos_token_id = 49279
    model.generation_config.pad_token_id = 2
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 4 * TILE}, max_image_size={"longest_edge": TILE}, do_image_splitting=True
    )
    save(model, images, tokenizer(), 64, folder)
    print(f"{folder}: {model.num_parameters():,} parameters")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
