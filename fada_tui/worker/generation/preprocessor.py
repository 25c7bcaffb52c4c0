"""Preparing questions one by one, with an image's pixel values computed once for all of them."""

import copy
from typing import Any

from PIL.Image import Image

from fada_tui.worker.adapters.prompting import Prepared, TextAdapter


class _Once:
    """An image processor that caches its output for the current image.

    Args:
        images: the processor's own.
    """

    def __init__(self, images: Any) -> None:
        self._images = images
        self._kept: Any = None
        self.image: Image | None = None

    def begin(self, image: Image) -> None:
        """Set the next image."""
        if image is not self.image:
            self.image, self._kept = image, None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._kept is None:
            self._kept = self._images(*args, **kwargs)
        return copy.copy(self._kept)  # processors take out of it what they use up

    def __getattr__(self, name: str) -> Any:
        return getattr(self._images, name)


class Preprocessor:
    """A preparer of single questions, with its own adapter around the same processor's parts.

    Args:
        adapter: the model's.
    """

    def __init__(self, adapter: TextAdapter) -> None:
        processor = copy.copy(adapter.processor)
        self._adapter = type(adapter)(processor, adapter.config)
        self._adapter.thinking = adapter.thinking
        self._images = _Once(processor.image_processor) if hasattr(processor, "image_processor") else None
        if self._images:
            processor.image_processor = self._images

    def prepare(self, image: Image, question: str, system_prompt: str | None) -> Prepared:
        """Prepare a question alone; raises the adapter's errors."""
        if self._images:
            self._images.begin(image)
        return self._adapter.prepare([(image, question)], system_prompt)
