"""Architectures that answer otherwise in a batch than alone, whatever the padding."""

from collections.abc import Sized
from typing import Any

ONE_BY_ONE = {
    # Its sparse attention counts blocks of keys from the padding's start and hides keys by their place
    # without it.
    "MiniMaxM3SparseForConditionalGeneration": "MiniMax M3",
    # Once its window slides, the padding's mask slides too, away from the prompt that it belongs to.
    "UnlimitedOcrForConditionalGeneration": "Unlimited-OCR",
}
"""Their names, for messages."""


def check_batch(config: Any, batch: Sized) -> None:
    """Refuse a batch that would change its answers.

    Args:
        config: the model's configuration.
        batch: what is asked together.

    Raises:
        ValueError: the model answers one by one alone.
    """
    name = ONE_BY_ONE.get((config.architectures or [""])[0])
    if name and len(batch) > 1:
        raise ValueError(f"{name} answers one by one: use --batch-size 1")
