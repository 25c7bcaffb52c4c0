"""Setting the requested resolution in which a model sees its images."""

from itertools import count
from typing import Any

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.core.protocol import Load
from fada_tui.models.resolution import RefusedError, changes, options_of

OF_MODELS_TOO = "image_grid_pinpoints"
"""The setting from which LLaVA-NeXT and similar models count an image's tiles a second time."""


def settle(command: Load, processor: Any, config: Any) -> None:
    """Set the requested resolution in the processor, and in the configuration of models that have it too.

    Args:
        command: names the model and what is asked for.
        processor: of the checkpoint.
        config: of the checkpoint.

    Raises:
        ModelLoadError: the image processor has no such setting, or none of that value.
    """
    asked = command.model.asked_resolution
    if not options_of(asked):
        return
    images = getattr(processor, "image_processor", None)
    try:
        changed = changes(
            type(images).__name__,
            _settings(processor, images),
            asked,
            tower=_largest(config),
            token=_side_of_token(config),
            rows=_rows(processor),
        )
    except RefusedError as error:
        raise ModelLoadError(ErrorKind.LOAD, f"{command.model.name}: {error}") from None
    for name, value in changed.items():
        _set(processor, images, name, value)
        if name == OF_MODELS_TOO and hasattr(config, name):
            setattr(config, name, value)


def _settings(processor: Any, images: Any) -> dict[str, Any]:
    """Return an image processor's effective settings: its processor's override its own."""
    own: dict[str, Any] = images.to_dict() if hasattr(images, "to_dict") else {}
    return own | dict(getattr(processor, "images_kwargs", None) or {})


def _set(processor: Any, images: Any, name: str, value: Any) -> None:
    current = getattr(images, name, None)
    # Sizes are objects of their own, of which some settings read attributes and some keys.
    if isinstance(value, dict) and not isinstance(current, dict | None):
        value = type(current)(**value)
    setattr(images, name, value)
    told = getattr(processor, "images_kwargs", None)
    if told and name in told:
        processor.images_kwargs = {**told, name: value}


def _largest(config: Any) -> int | None:
    size = getattr(getattr(config, "vision_config", None), "image_size", None)
    return size if isinstance(size, int) else None


def _side_of_token(config: Any) -> int:
    """Return the pixels per side of a token in a Pixtral tower and its projector; 1 if unknown."""
    patch = getattr(getattr(config, "vision_config", None), "patch_size", None)
    return patch * (getattr(config, "spatial_merge_size", None) or 1) if isinstance(patch, int) else 1


def _rows(processor: Any) -> int | None:
    """Return the maximum rows and columns of tiles in the tokenizer; `None` if prompts do not name them."""
    words = processor.tokenizer.get_vocab() if hasattr(processor, "tokenizer") else {}
    if not any(word.startswith("<row_1_col_") for word in words):
        return None
    return next(number for number in count(1) if f"<row_{number + 1}_col_{number + 1}>" not in words)
