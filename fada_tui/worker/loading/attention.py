"""The implementation of attention: torch's own where a checkpoint names one that cannot be used here."""

from typing import Any

from fada_tui.models.remarks import is_usable


def settle(config: Any, *, flash: bool) -> None:
    """Have transformers choose where a configuration, or a part of it, names what cannot be used.

    Args:
        config: the checkpoint's, which is changed.
        flash: whether flash attention can be used.
    """
    asked = getattr(config, "_attn_implementation", None)
    if isinstance(asked, str) and not is_usable(asked, flash=flash):
        config._attn_implementation_internal = None
    for name in getattr(config, "sub_configs", ()):
        if (part := getattr(config, name, None)) is not None:
            settle(part, flash=flash)
