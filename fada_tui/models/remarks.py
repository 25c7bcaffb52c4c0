"""What a checkpoint's files ask for and is not followed: decided, and told, before loading and on loading."""

from collections.abc import Iterator, Mapping
from typing import Any

from fada_tui.models.checkpoint import ADAPTER, CheckpointFiles
from fada_tui.models.model_config import Config, parts

GENERATION = "generation_config.json"

FOLLOWED_ATTENTION = ("eager", "sdpa")
"""Implementations of attention that come with torch and transformers."""

FLASH = "flash_attention"
"""How the implementations of attention are named that need a package and a GPU."""

LEFT_OUT: Mapping[str, tuple[object, ...]] = {
    "num_beams": (1,),
    "num_return_sequences": (1,),
    "num_beam_groups": (1,),
    "diversity_penalty": (0,),
    "penalty_alpha": (0,),
    "dola_layers": (),
    "guidance_scale": (1,),
    "constraints": (),
    "force_words_ids": (),
    "token_healing": (False,),
    "prompt_lookup_num_tokens": (),
    "assistant_early_exit": (),
    "use_mtp": (False,),
    "max_time": (),
    "cache_implementation": ("dynamic", "hybrid"),
    "prefill_chunk_size": (),
}
"""Settings of generation that ask for another way than one answer, token by token, to a prompt with an image;
and their values that ask for nothing. Those that choose or end tokens are followed."""

UNTOLD = (
    "low_memory",
    "is_assistant",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "assistant_confidence_threshold",
    "assistant_lookbehind",
    "assistant_ensemble_weight",
    "target_lookbehind",
    "speculation_type",
    "max_matching_ngram_size",
    "early_stopping",
    "cache_config",
    "max_cache_len",
    "compile_config",
    "continuous_batching_config",
    "return_dict_in_generate",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
)
"""Settings of generation that are left out as well, and change no answer, or only by those of `LEFT_OUT`."""


def remarks(files: CheckpointFiles, *, flash: bool) -> Iterator[str]:
    """Yield what of a checkpoint's files is not followed, each in a line.

    Args:
        files: the checkpoint's.
        flash: whether flash attention can be used.
    """
    if ADAPTER in files.sizes and files.config and files.weights(allow_pickle=True).names:
        yield (
            f"an adapter ({ADAPTER}) lies beside whole weights: these are loaded as they are, the adapter is "
            "not applied"
        )
    if told := tuple(left_out(files.documents.get(GENERATION, {}))):
        yield (
            f"{GENERATION} sets {', '.join(told)}, which is left out: each question gets one answer, token "
            "by token"
        )
    for asked in dict.fromkeys(attention(files.config)):
        if not is_usable(asked, flash=flash):
            yield (
                f"its configuration asks for {asked}, which cannot be used here: torch's own (SDPA) is taken"
            )


def left_out(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings of a `generation_config.json` that are left out though they ask for something."""
    for name, nothing in LEFT_OUT.items():
        value = settings.get(name)
        if value is not None and value not in nothing:
            yield f"{name}={value}"[:60]


def attention(config: Config) -> Iterator[str]:
    """Yield the implementations of attention that a configuration names, at any depth."""
    for part in parts(config):
        for key, value in part.items():
            if key.endswith("attn_implementation"):
                named = value.values() if isinstance(value, dict) else (value,)
                yield from (one for one in named if isinstance(one, str))


def is_usable(implementation: str, *, flash: bool) -> bool:
    """Return whether an implementation of attention can be used; arguments as for `remarks`."""
    return implementation in FOLLOWED_ATTENTION or (flash and implementation.startswith(FLASH))
