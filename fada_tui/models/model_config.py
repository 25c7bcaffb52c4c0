"""Reading a `config.json`, whose names differ from family to family."""

from collections.abc import Iterator, Mapping
from typing import Any

Config = Mapping[str, Any]

_TEXT = ("text_config", "llm_config", "language_config", "thinker_config", "decoder", "text_decoder")
_VISION = ("vision_config", "vit_config", "vision_tower_config", "encoder")


def text_part(config: Config) -> Config:
    """The part that describes the language model; the whole where there is none."""
    for name in _TEXT:
        if isinstance(part := config.get(name), dict):
            return text_part(part) if name == "thinker_config" else part
    return config


def vision_part(config: Config) -> Config:
    """The part that describes the vision tower; the whole where there is none."""
    for outer in (config, config.get("thinker_config")):
        for name in _VISION:
            if isinstance(outer, dict) and isinstance(part := outer.get(name), dict):
                return part
    return config


def number(config: Config, *names: str) -> int | None:
    """The first of these that is a whole number above 0."""
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def side(value: object) -> int | None:
    """A size in pixels that may be written as one number, as a list, or by its edges."""
    if isinstance(value, dict):
        value = next(
            (value[name] for name in ("height", "longest_edge", "shortest_edge") if name in value), None
        )
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def dtype(config: Config) -> str | None:
    """The precision that the configuration says its weights have, as torch calls it."""
    for part in (config, text_part(config)):
        for name in ("dtype", "torch_dtype"):
            if isinstance(found := part.get(name), str):
                return found.removeprefix("torch.")
    return None


def quantization(config: Config) -> Config | None:
    """How a checkpoint was saved quantised: its tensors are packed then, and it is loaded as it is."""
    for part in (config, text_part(config)):
        if isinstance(found := part.get("quantization_config"), dict):
            return found
    return None


def parts(config: Config) -> Iterator[Config]:
    """The configuration and all configurations in it."""
    yield config
    for value in config.values():
        if isinstance(value, dict):
            yield from parts(value)
