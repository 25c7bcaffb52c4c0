"""A question that is asked on loading: what fails there would fail for each image."""

import re
import threading
from collections.abc import Sequence
from typing import Any

from PIL import Image

from fada_tui.core.errors import ErrorKind, FadaError, ModelLoadError, reason
from fada_tui.core.protocol import Load
from fada_tui.core.records import Generation
from fada_tui.models import load_errors, memory_errors
from fada_tui.worker import devices
from fada_tui.worker.adapters.prompting import ImageIgnoredError
from fada_tui.worker.generation.interfaces import Answerer, Asked
from fada_tui.worker.loading import checkpoint

SIZE = (320, 240)
"""Size in pixels of the image."""

QUESTION = "What is shown?"

_COUNTS = re.compile(r"tokens:?\s*\d+\D+features:?\s*\d+", re.IGNORECASE)
"""How transformers tells that a prompt's image tokens and an image's features differ in number."""


def prepare(command: Load, adapter: Any) -> None:
    """Have the processor prepare the question; no weights are needed.

    Raises:
        ModelLoadError: the image does not reach the prompt, the system prompt is not taken, or the processor
            lacks something.
    """
    name = command.model.name
    try:
        adapter.prepare([(_image(), QUESTION)], command.system_prompt)
    except ImageIgnoredError as error:
        raise ModelLoadError(error.kind, f"{name}: {error}") from error
    except ImportError as error:
        raise ModelLoadError(ErrorKind.MISSING_PACKAGE, checkpoint.package(name, error)) from error
    except Exception as error:  # processors raise anything where their files do not fit each other
        raise ModelLoadError(ErrorKind.PROMPT, f"{name} cannot be asked: {reason(error)}") from error


def answer(command: Load, answerer: Answerer, devices_used: Sequence[str]) -> None:
    """Have the loaded model answer the question with one token.

    Args:
        command: names the model.
        answerer: the loaded model.
        devices_used: that it is on.

    Raises:
        ModelLoadError: it cannot.
    """
    asked = Asked(
        pixels=_image(),
        image="",
        question=QUESTION,
        generation=Generation(
            max_new_tokens=1, do_sample=False, batch_size=1, system_prompt=command.system_prompt
        ),
        seed=0,
        on_prompt=lambda _: None,
        on_text=lambda *_: None,
        on_thoughts=lambda *_: None,
        on_again=lambda *_: None,
        cancel=threading.Event(),
    )
    try:
        answerer.answer([asked], answerer.prepare([asked]), lambda *_: None)
    except Exception as error:  # a checkpoint's files may be at odds in any way
        raise _explained(command.model.name, devices_used, error) from error


def _explained(name: str, devices_used: Sequence[str], error: Exception) -> ModelLoadError:
    where = " and ".join(devices_used)
    if devices.is_out_of_memory(error):
        return ModelLoadError(ErrorKind.OUT_OF_MEMORY, memory_errors.no_room(name, where, reason(error)))
    if len(devices_used) > 1 and isinstance(error, RuntimeError):
        return ModelLoadError(ErrorKind.LOAD, memory_errors.cannot_spread(name, where, reason(error)))
    if _COUNTS.search(str(error)):
        message = load_errors.at_odds(name, reason(error))
        return ModelLoadError(ErrorKind.PROCESSOR_MISSING, message)
    if isinstance(error, FadaError) and isinstance(kind := getattr(error, "kind", None), ErrorKind):
        return ModelLoadError(kind, f"{name}: {error}")
    message = f"{name} was loaded and cannot answer: {reason(error, named=True)} (worker.log has more)"
    return ModelLoadError(ErrorKind.INFERENCE_ERROR, message)


def _image() -> Image.Image:
    return Image.new("RGB", SIZE, "grey")
