"""Where a model's weights go: to the device that was asked for, or by `auto` to one card or several."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from msgspec import Struct

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.protocol import Load
from fada_tui.core.records import ModelEntry
from fada_tui.models import memory_errors, placement
from fada_tui.models.checkpoint import CheckpointFiles
from fada_tui.models.memory import KEPT, QUANTIZED, is_packed, precision_of, weigh, weights_at
from fada_tui.models.model_config import quantization
from fada_tui.models.placement import Card
from fada_tui.worker import devices
from fada_tui.worker.loading import device_map
from fada_tui.worker.loading.device_map import DeviceMap, Layout


class Placed(Struct, frozen=True):
    """The devices that a model is loaded on."""

    devices: tuple[str, ...]
    """As torch names them; the first takes a model's inputs and returns its outputs."""
    map: DeviceMap | str
    """As `from_pretrained` takes it."""

    @property
    def where(self) -> str:
        """In words."""
        return " and ".join(self.devices)


class Weights(Struct, frozen=True):
    """The bytes of a model's weights."""

    needed: int
    """As it is to be loaded."""
    smaller: tuple[tuple[str, int], ...] = ()
    """By quantisation, where that makes them smaller."""


def place(
    command: Load,
    saved: CheckpointFiles,
    dtype: torch.dtype,
    device: str,
    empty: Callable[[], Any],
    *,
    more: int = 0,
) -> Placed:
    """Return where a model is loaded.

    Args:
        command: names the model and the device.
        saved: the model's files.
        dtype: precision of the weights.
        device: that is asked for; with `auto`, the one to begin with.
        empty: makes the model without its weights.
        more: bytes of weights that are added to it.

    Raises:
        ModelLoadError: the weights alone do not fit.
    """
    weights = _weights(command.model, saved, more)
    if weights is None:
        return Placed((device,), device)
    if command.device != "auto" or not device.startswith("cuda"):
        free = devices.free_memory(device)
        if weights.needed > free:
            message = memory_errors.too_large(command.model.name, weights.needed, device, free)
            raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, message)
        return Placed((device,), device)
    made: list[Any] = []

    def divide(cards: Sequence[Card]) -> DeviceMap | str:
        try:
            made[:] = made or [empty()]
        except Exception as error:  # a class of the checkpoint's own may raise anything
            return f"its parts cannot be told ({reason(error)})"
        if not device_map.can_be_divided(made[0]):
            return f"{type(made[0]).__name__} does not say which of its parts stay whole"
        layout = Layout(dtype, _bytes_when_packed(command.model, saved, made[0]))
        return device_map.divide(made[0], cards, layout) or "its layers, which stay whole, don't fill them"

    return on_cards(command.model.name, weights, devices.cards(), divide)


def on_cards(
    name: str,
    weights: Weights,
    cards: Iterable[Card],
    divide: Callable[[Sequence[Card]], DeviceMap | str],
) -> Placed:
    """Return on which cards a model is loaded: the first with room, else several, else one without margin.

    Args:
        name: of the model.
        weights: their bytes.
        cards: in torch's order; the later ones are looked at only where the earlier have no room.
        divide: returns a map over some cards, or in words why there is none.

    Raises:
        ModelLoadError: nothing of this is possible.
    """
    seen: list[Card] = []
    problem = "with the margin that it needs at work"

    def looked_at() -> Iterable[Card]:
        for card in cards:
            seen.append(card)
            yield card

    if whole := placement.first_with_room(weights.needed, looked_at()):
        return Placed((whole.name,), whole.name)
    for group in placement.groups(weights.needed, seen):
        found = divide(group)
        if not isinstance(found, str):
            used = set(found.values())
            return Placed(tuple(card.name for card in group if card.number in used), found)
        problem = found
    if best := placement.tightly(weights.needed, seen):
        return Placed((best.name,), best.name)
    raise ModelLoadError(ErrorKind.OUT_OF_MEMORY, _refusal(name, weights, seen, problem))


def _refusal(name: str, weights: Weights, cards: Sequence[Card], problem: str) -> str:
    """Return why a model fits on no card and not on all, and what would fit."""
    room = sum(card.room for card in cards)
    instead = [
        f"--quantization {kind} ({size / 1e9:.1f} GB)" for kind, size in weights.smaller if size <= room
    ]
    if (free := devices.free_memory("cpu")) >= weights.needed:
        instead.append(f"--device cpu ({free / 1e9:.1f} GB free)")
    each = [(card.name, card.free) for card in cards]
    return memory_errors.too_large_for_cards(name, weights.needed, each, room, problem, instead)


def _weights(entry: ModelEntry, saved: CheckpointFiles, more: int) -> Weights | None:
    """Return the bytes of a model's weights; `None` where they are unknown."""
    precision = precision_of(saved, entry.dtype, entry.quantization) or saved.dtype_to_load(entry.dtype)
    sizes = weights_at(saved, weigh(saved, None), precision)
    needed = sizes.get(precision)
    if needed is None:
        return None
    smaller = [(kind, sizes[kind] + more) for kind in QUANTIZED if sizes.get(kind, needed) < needed]
    return Weights(needed + more, tuple(smaller))


def _bytes_when_packed(entry: ModelEntry, saved: CheckpointFiles, model: Any) -> float | None:
    """Return the bytes of each weight that quantisation packs; `None` where it packs none."""
    if entry.quantization:
        return QUANTIZED[entry.quantization]
    if quantization(saved.config) is None or saved.weight_bytes is None:
        return None
    counts = [(is_packed(name, tuple(one.shape)), one.numel()) for name, one in model.named_parameters()]
    packed = sum(count for packs, count in counts if packs)
    kept = sum(count for packs, count in counts if not packs)
    return max(saved.weight_bytes - KEPT * kept, 0) / packed if packed else None
