"""One adapter for each way of prompting a family of models, chosen from the checkpoint's configuration."""

from typing import Any

from fada_tui.errors import ErrorKind, ModelLoadError
from fada_tui.worker.adapters.chat import ChatAdapter

ADAPTERS = {"chat": ChatAdapter}


def choose(name: str, adapter: str, architecture: str, processor: Any) -> type[ChatAdapter]:
    """Return the adapter for a checkpoint.

    Args:
        name: the model, for messages.
        adapter: the registry's choice; `auto` decides by the checkpoint.
        architecture: first of the configuration's `architectures`.
        processor: the loaded processor.

    Raises:
        ModelLoadError: there is no such adapter, or the processor has no chat template.
    """
    if adapter not in (*ADAPTERS, "auto"):
        known = ", ".join(ADAPTERS)
        raise ModelLoadError(ErrorKind.UNSUPPORTED, f"{name}: no adapter '{adapter}'; there are: {known}")
    if not getattr(processor, "chat_template", None):
        raise ModelLoadError(
            ErrorKind.NO_CHAT_TEMPLATE,
            f"{name}: its processor has no chat template, and no adapter of this version prompts "
            f"{architecture} without one; choose an instruction-tuned checkpoint",
        )
    return ChatAdapter
