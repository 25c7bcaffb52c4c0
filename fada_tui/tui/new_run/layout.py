"""Where the fields of the "New run" screen stand, and the ids of what is beside them. Pure."""

from collections.abc import Iterable, Mapping

IMAGES = ("images_from", "per_category", "limit")
"""Fields of the images."""

BESIDE: Mapping[str, tuple[str, str]] = {
    "thinking": ("max", "max_thinking_tokens"),
    "top_p": ("seed", "seed"),
    "longest_edge": ("tiles", "max_tiles"),
}
"""Fields with another one in their line, and the word between them."""

OFTEN = ("max_new_tokens", "temperature", "thinking", "control")
"""Fields that begin a line and are always in sight."""

MORE = (
    "system_prompt",
    "engine",
    "dtype",
    "quantization",
    "device",
    "devices",
    "top_p",
    "batch_size",
    "concurrency",
    "longest_edge",
    "shuffle",
    "references",
    "rubric",
    "label",
)
"""Fields that begin a line where the rarer ones are unfolded."""

_LINE_ENDS = {"per_category": "limit", **{first: second for first, (_, second) in BESIDE.items()}}
"""Of fields that share a line, the last one by the first."""


def in_lines(firsts: Iterable[str]) -> tuple[str, ...]:
    """Return all fields of these lines, in the order of the screen."""
    return tuple(name for first in firsts for name in (first, *BESIDE.get(first, ())[1:]))


ALL = (*IMAGES, *in_lines((*OFTEN, *MORE)))
"""All fields, in the order of the screen."""


def row_id(name: str) -> str:
    """Return the id of the line that a field begins."""
    return f"{name}-row"


def hint_id(name: str) -> str:
    """Return the id of what stands behind a field, or behind the last one of its line."""
    return f"{_LINE_ENDS.get(name, name)}-hint"


def note_id(name: str) -> str:
    """Return the id of the line below a field that is as wide as its section."""
    return f"{name}-note"
