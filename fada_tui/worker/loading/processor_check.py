"""A check that processor and model agree on the number of tokens per image."""

from typing import Any

from fada_tui.core.errors import ErrorKind, ModelLoadError
from fada_tui.models import load_errors
from fada_tui.models.token_counts import RULES, differing

SAME = (
    ("merge_size", "spatial_merge_size", "patches on a side into a token"),
    ("downsample_mode", "downsample_mode", "as its way to merge patches"),
)
"""Settings of image processors, the models' names for them, and their meanings."""

LEFT_OUT = ("patch_size", "vision_feature_select_strategy")
"""Settings that processors of old LLaVA checkpoints take from the model."""


def settle(name: str, processor: Any, config: Any) -> None:
    """Complete a processor's settings from its model, and check that the two agree.

    A model whose image makes another number of tokens than its processor wrote fails at every image, or
    answers about something else.

    Args:
        name: the model, for messages.
        processor: of the checkpoint.
        config: of the checkpoint.

    Raises:
        ModelLoadError: they do not.
    """
    _complete(processor, config)
    rule = RULES.get(getattr(config, "model_type", ""))
    if rule and hasattr(processor, rule.setting):
        settings = {rule.setting: getattr(processor, rule.setting)}
        if counts := differing(config.to_dict(), settings):
            raise ModelLoadError(ErrorKind.PROCESSOR_MISSING, load_errors.token_counts(name, *counts))
    images = getattr(processor, "image_processor", None)
    for its_own, models, words in SAME:
        written, made = getattr(images, its_own, None), _setting(config, models)
        if written is not None and made is not None and written != made:
            raise ModelLoadError(
                ErrorKind.PROCESSOR_MISSING,
                f"{name}: its processor has {written} {words}, its model {made}: their files belong to two "
                "models; take both from one checkpoint",
            )


def _complete(processor: Any, config: Any) -> None:
    if all(getattr(processor, setting, "") is not None for setting in LEFT_OUT):
        return
    vision = getattr(config, "vision_config", None)
    if getattr(processor, "patch_size", "") is None:
        processor.patch_size = getattr(vision, "patch_size", None)
    if getattr(processor, "vision_feature_select_strategy", "") is None:
        processor.vision_feature_select_strategy = getattr(config, "vision_feature_select_strategy", None)
        if getattr(vision, "model_type", None) == "clip_vision_model":
            processor.num_additional_image_tokens = 1


def _setting(config: Any, name: str) -> Any:
    """Return a setting of a model, or of its vision tower."""
    places = (config, getattr(config, "vision_config", None))
    return next((getattr(place, name) for place in places if hasattr(place, name)), None)
