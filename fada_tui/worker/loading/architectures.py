"""Which of transformers' classes a checkpoint's configuration means."""

from typing import Any

import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

from fada_tui.models.architectures import WRITERS

UNREAD = ("talker.", "token2wav.", "code2wav.")
"""How the names of the weights begin that those parts leave unread."""


def architecture(config: Any) -> str:
    """Return the class that a configuration means.

    Checkpoints with code of their own may name a class that transformers does not have, while it has one for
    their type; whether the weights fill that exactly is seen on loading.

    Args:
        config: as transformers read it.
    """
    named = str((config.architectures or ["unknown"])[0])
    if named in WRITERS:
        return WRITERS[named]
    if hasattr(transformers, named):
        return named
    return MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.get(config.model_type, named)
