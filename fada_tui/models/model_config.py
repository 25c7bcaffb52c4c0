"""Reading a `config.json`, whose keys differ between model families."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from fada_tui.models.documents import Document

Config: TypeAlias = Document

_TEXT = ("text_config", "llm_config", "language_config", "thinker_config", "decoder", "text_decoder")
_VISION = ("vision_config", "vit_config", "vision_tower_config", "encoder")

_SIZES = ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "vocab_size")
"""Keys whose values are whole numbers, or lists of them, wherever they stand."""


def text_part(config: Config) -> Config:
    """Return the part that describes the language model; the whole if there is none."""
    for name in _TEXT:
        if isinstance(part := config.get(name), dict):
            return text_part(part) if name == "thinker_config" else part
    return config


def vision_part(config: Config) -> Config:
    """Return the part that describes the vision tower; the whole if there is none."""
    for outer in (config, config.get("thinker_config")):
        for name in _VISION:
            if isinstance(outer, dict) and isinstance(part := outer.get(name), dict):
                return part
    return config


def number(config: Config, *names: str) -> int | None:
    """Return the first of these values that is a whole number above 0."""
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def not_a_number(config: Config) -> tuple[str, str] | None:
    """Return the name and the value of the first size that is a text; `None` if there is none."""
    for part in parts(config):
        for name in _SIZES:
            if isinstance(value := part.get(name), str):
                return name, value
    return None


def text(config: Config, *names: str) -> str | None:
    """Return the first of these values that is a text."""
    return next((value for name in names if isinstance(value := config.get(name), str)), None)


def side(value: object) -> int | None:
    """Return a size in pixels that may be given as one number, as a list, or by its edges."""
    if isinstance(value, dict):
        value = next(
            (value[name] for name in ("height", "longest_edge", "shortest_edge") if name in value), None
        )
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def dtype(config: Config) -> str | None:
    """Return the precision of the weights that the configuration states, by torch's name."""
    for part in (config, text_part(config)):
        if said := text(part, "dtype", "torch_dtype"):
            return said.removeprefix("torch.")
    return None


def image_settings(documents: Mapping[str, Document]) -> Config:
    """Return the settings of the image processor in a checkpoint's files, by their names."""
    images = documents.get("processor_config.json", {}).get("image_processor")
    return images if isinstance(images, dict) else documents.get("preprocessor_config.json", {})


def image_processor(images: Config) -> str | None:
    """Return the class of the image processor with these settings."""
    return text(images, "image_processor_type", "feature_extractor_type")


def quantization(config: Config) -> Config | None:
    """Return the method by which a checkpoint was saved quantised; it is loaded as it is."""
    for part in (config, text_part(config)):
        if isinstance(found := part.get("quantization_config"), dict):
            return found
    return None


def parts(config: Config) -> Iterator[Config]:
    """Return the configuration and all configurations nested in it."""
    yield config
    for value in config.values():
        if isinstance(value, dict):
            yield from parts(value)
