"""The base of adapters for text generation: the prepared batch, and a check that it contains its image."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from PIL.Image import Image

from fada_tui.core.errors import ErrorKind, FadaError

Batch: TypeAlias = Sequence[tuple[Image, str]]
"""Images (RGB) with the question about each."""

IMAGE_TOKEN_NAMES = ("image_token_id", "image_token_index")

PIXELS = ("pixel_values", "flattened_patches", "image_patches", "pixel_values_images")
"""Names under which processors hand an image to their models."""


NO_IMAGE = (
    "the prompt has no image tokens, so the model would answer blindly; its processor or chat template may "
    "belong to another model"
)


class ImageIgnoredError(FadaError):
    """The error that no image reached the prompt, so that the model would answer without it."""

    kind = ErrorKind.IMAGE_IGNORED


@dataclass(frozen=True)
class Prepared:
    """A batch, ready for `generate`."""

    inputs: Any
    """Tensors on the CPU; `input_ids`, if any, of shape (batch, prompt tokens), padded as `padding` says."""
    prompts: tuple[str, ...]
    """Prompts as sent, with a placeholder for each image."""
    image_tokens: tuple[int | None, ...]
    """For each prompt, the number of tokens of its image; `None` if there are none."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Additional arguments of `generate`."""
    ends: tuple[int, ...] = ()
    """Tokens that end an answer, in addition to those of the generation settings."""


class TextAdapter(ABC):
    """The base of adapters that prompt a family of models and read the generated text.

    Args:
        processor: the checkpoint's, with image processor and tokenizer.
        config: the checkpoint's configuration.
    """

    name: ClassVar[str]
    """Name in the model list's `adapter`."""
    architectures: ClassVar[tuple[str, ...]] = ()
    """Model classes that are prompted this way, as `config.json` names them."""
    in_blocks: ClassVar[bool] = False
    """Whether `generate` writes whole blocks, padded after an end, with the checkpoint's temperatures."""

    thinking: bool | None = None
    """Whether the model is told to think before it answers; `None`: it is told nothing."""

    def __init__(self, processor: Any, config: Any) -> None:
        self.processor = processor
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self.config = config

    @classmethod
    def lacks(cls, processor: Any) -> tuple[ErrorKind, str] | None:
        """Return what is missing on this machine to prompt the family, with the remedy; `None` if nothing.

        It is asked before any weights are brought here.

        Args:
            processor: the checkpoint's.
        """
        return None

    def can_switch_thinking(self) -> bool:
        """Return whether the model can be told by `thinking` to think or not; most cannot."""
        return False

    @abstractmethod
    def prepare(self, batch: Batch, system_prompt: str | None) -> Prepared:
        """Turn images and questions into the model's inputs.

        Raises:
            ImageIgnoredError: no image reached the prompt.
            ValueError: the question or the system prompt cannot be put to this model.
        """

    def read(self, tokens: Sequence[int]) -> str:
        """Return the text of generated tokens, without special tokens and surrounding white space."""
        text: str = self.tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text.strip()


def prepared(
    inputs: Any,
    prompts: Sequence[str],
    config: Any,
    options: Mapping[str, Any] | None = None,
    ends: tuple[int, ...] = (),
) -> Prepared:
    """Return a prepared batch after checking that every prompt contains its image.

    Args:
        inputs: from the processor.
        prompts: as they were sent.
        config: the model's configuration, which may name the token that stands for (part of) an image.
        options: more arguments of `generate`.
        ends: tokens that end an answer, beside those of the model's generation settings.

    Raises:
        ImageIgnoredError: a prompt lacks image tokens, or there are no pixels.
    """
    if not any(name in inputs for name in PIXELS):
        raise ImageIgnoredError(
            "the processor gave the model no pixels; its files may belong to another model"
        )
    places = _image_places(inputs, config)
    counts: tuple[int | None, ...] = (None,) * len(prompts)
    if places is not None:
        counts = tuple(places.sum(dim=1).tolist())
        if 0 in counts:
            raise ImageIgnoredError(NO_IMAGE)
    return Prepared(inputs, tuple(prompts), counts, options or {}, ends)


def _image_places(inputs: Any, config: Any) -> Any:
    """Return which tokens stand for an image, by a mask (Kosmos) or by their id; `None` if none do."""
    if "image_embeds_position_mask" in inputs:
        return inputs["image_embeds_position_mask"] == 1
    token = image_token(config)
    if token is None or "input_ids" not in inputs:
        return None
    return inputs["input_ids"] == token


def image_token(config: Any) -> int | None:
    """Return the token that stands for an image, or a part of one, in a prompt."""
    values = (getattr(config, name, None) for name in IMAGE_TOKEN_NAMES)
    return next((value for value in values if value is not None), None)


def padding(batch: Batch, config: Any = None) -> dict[str, Any]:
    """Return the processor's options for a batch.

    It is padded on the left, as generation goes on at the right; what an encoder reads, on the right, so that
    nothing changes its place.

    Args:
        batch: to be padded where it has several prompts.
        config: the model's configuration, which tells whether an encoder reads the prompt.
    """
    side = "right" if getattr(config, "is_encoder_decoder", False) else "left"
    return {"padding": True, "padding_side": side} if len(batch) > 1 else {}


def of_one_length(mask: Any, family: str) -> None:
    """Refuse a batch with padding, if the family would read padding as text and answer differently.

    Args:
        mask: of attention, shape (batch, prompt tokens); 0 at padding.
        family: for the message.

    Raises:
        ValueError: there is padding.
    """
    if not bool(mask.all()):
        raise ValueError(f"{family} answers questions of different lengths one by one: use --batch-size 1")


def without_system_prompt(system_prompt: str | None, family: str) -> None:
    """Refuse a system prompt that would be ignored.

    Raises:
        ValueError: there is one.
    """
    if system_prompt:
        raise ValueError(f"{family} takes no system prompt: leave --system-prompt out for it")
