"""Limits on prompts: text that contains an image placeholder, and batches that some models cannot answer."""

from typing import Any

from fada_tui.worker.adapters.prompting import Batch

ONE_BY_ONE = {
    # Its sparse attention counts blocks of keys from the padding's start and hides keys by their place
    # without it.
    "MiniMaxM3SparseForConditionalGeneration": "MiniMax M3",
    # Once its window slides, the padding's mask slides too, away from the prompt that it belongs to.
    "UnlimitedOcrForConditionalGeneration": "Unlimited-OCR",
}
"""Architectures that answer differently in a batch than alone, with their names for messages."""

ONE_SIZE = {
    # Its processor scales the images of a batch to one size.
    "Emu3ForConditionalGeneration": "Emu3",
}
"""Architectures that see an image differently next to one of another size, likewise."""


def check(batch: Batch, processor: Any, config: Any) -> None:
    """Refuse a request that would be answered wrongly, or fail without an error.

    Args:
        batch: what is asked together.
        processor: of the model.
        config: of the model.

    Raises:
        ValueError: a question holds the image's placeholder, or the model answers one by one, perhaps only
            images of several sizes.
    """
    architecture = (config.architectures or [""])[0]
    if (name := ONE_BY_ONE.get(architecture)) and len(batch) > 1:
        raise ValueError(f"{name} answers one by one: use --batch-size 1")
    if (name := ONE_SIZE.get(architecture)) and len({image.size for image, _ in batch}) > 1:
        raise ValueError(f"{name} answers questions about images of several sizes one by one")
    token = getattr(processor, "image_token", None)
    if token and any(str(token) in question for _, question in batch):
        raise ValueError(f"the question holds '{token}', the model's placeholder for an image: leave it out")
