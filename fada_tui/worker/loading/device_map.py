"""Which of a model's parts lie on which card, by accelerate: layers stay whole, tied weights together.

Where CUDA's cards are numbered 0 and 2, a map is like `{"model.vision_tower": 0, "model.language_model": 2}`:
with numbers, accelerate takes the first card for inputs and outputs.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from accelerate import infer_auto_device_map
from accelerate.utils import CustomDtype, compute_module_sizes, find_tied_parameters
from msgspec import Struct

from fada_tui.models.memory import is_packed
from fada_tui.models.placement import Card

DeviceMap: TypeAlias = dict[str, int]
Limits: TypeAlias = Mapping[int | str, int]

STEPS = 6
"""Maps that are tried to find the most even one: the last is within 2 % of it."""


class Layout(Struct, frozen=True):
    """What decides the sizes of a model's parts, beside its class."""

    dtype: torch.dtype
    packed: float | None = None
    """Bytes of a weight that quantisation packs; `None` where none is."""


def empty(make: Callable[[Any], Any], config: Any) -> Any:
    """Return a model without its weights: all of its parts and their shapes, and no memory.

    Args:
        make: its class, or what makes one of a configuration.
        config: the model's.
    """
    with torch.device("meta"):
        model = make(copy.deepcopy(config))
    model.tie_weights()
    return model


def can_be_divided(model: Any) -> bool:
    """Return whether a model's class says which of its parts must stay whole: else layers would be torn."""
    return bool(getattr(model, "_no_split_modules", None))


def divide(model: Any, cards: Sequence[Card], layout: Layout) -> DeviceMap | None:
    """Return a map over cards, as even as can be; `None` if the model's parts do not fit there.

    Only the language model's layers go to the other cards, if the first has room for all the rest: what some
    classes do between their parts is written for one device. Nothing is put into main memory or onto the
    disk, where each token would wait for it.

    Args:
        model: an `empty` one.
        cards: all of which have room.
        layout: how it will be loaded.
    """
    sizes = {"dtype": layout.dtype, "special_dtypes": _packed(model, layout)}
    parts = compute_module_sizes(model, **sizes)
    for divided in dict.fromkeys((_owner_of_most(model, parts), "")):
        if (found := _most_even(_Division(model, divided, sizes, parts), cards)) is not None:
            return found
    return None


class _Division:
    """A model of which one part is divided, and all that lies beside that is on the first card.

    Args:
        model: an `empty` one.
        divided: the part's name; empty for the whole model.
        sizes: what decides the sizes of tensors, as accelerate takes it.
        parts: bytes of each part.
    """

    def __init__(self, model: Any, divided: str, sizes: Mapping[str, Any], parts: Mapping[str, int]) -> None:
        self.bytes = parts[""]
        self._name = divided
        self._part = model.get_submodule(divided)
        self._around = _around(model, divided)
        self._parts = parts
        self._tied = find_tied_parameters(model)
        self._first = _input_embeddings(model) if divided else []
        self._whole = sorted({*model._no_split_modules, *_layers(model)})
        self._sizes = _below(divided, sizes)
        inner = compute_module_sizes(self._part, **self._sizes)
        self._kept_free = _largest_part(self._part, self._whole, inner)

    def within(self, most: int, cards: Sequence[Card]) -> DeviceMap | None:
        """Return a map with at most so many bytes on any card; `None` if accelerate finds none."""
        limits: Limits = {card.number: min(card.room, most) for card in cards}
        first = cards[0].number
        left = limits[first] - (self._parts[""] - self._parts[self._name])
        # accelerate keeps room on the first card for parts from main memory; here none come from there.
        for offered in (left + self._kept_free, left) if left > 0 else ():
            inner = infer_auto_device_map(
                self._part,
                {**limits, first: offered},
                self._whole,
                offload_buffers=True,  # none are: this spares to weigh them, part by part
                **self._sizes,
            )
            found = {**dict.fromkeys(self._around, first), **_prefixed(self._name, inner)}
            apart = self._torn(found) or any(_card_of(name, found) != first for name in self._first)
            if _fits(found, self._parts, limits) and not apart:
                return found
        return None

    def _torn(self, found: DeviceMap) -> bool:
        """Return whether weights that are one, as input and output embeddings, come to lie on two cards."""
        return any(len({_card_of(name, found) for name in group}) > 1 for group in self._tied)


def weights_by_device(model: Any) -> dict[str, int]:
    """Return the bytes of a loaded model's weights and constants, by device."""
    told: dict[torch.device, int] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        told[tensor.device] = told.get(tensor.device, 0) + tensor.numel() * tensor.element_size()
    return {str(device): told[device] for device in sorted(told, key=lambda one: one.index or 0)}


def _most_even(division: _Division, cards: Sequence[Card]) -> DeviceMap | None:
    """Return the map with the lowest limit for each card, found by halving; `None` if there is none."""
    lowest, highest = division.bytes // len(cards), max(card.room for card in cards)
    best = division.within(highest, cards)
    for _ in range(STEPS if best is not None else 0):
        middle = (lowest + highest) // 2
        if (more_even := division.within(middle, cards)) is not None:
            best, highest = more_even, middle
        else:
            lowest = middle
    return best


def _owner_of_most(model: Any, parts: Mapping[str, int]) -> str:
    """Return the name of the module that holds most of a model's layers: its language model, mostly."""
    lists = [name for name, module in model.named_modules() if isinstance(module, torch.nn.ModuleList)]
    return max(lists, key=lambda name: parts.get(name, 0), default="").rpartition(".")[0]


def _input_embeddings(model: Any) -> list[str]:
    """Return the name of a model's input embeddings, beside which classes make masks and positions."""
    try:
        found = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return []
    return [name for name, module in model.named_modules() if module is found][:1]


def _around(model: Any, name: str) -> list[str]:
    """Return the names of all that lies beside a module: parts and tensors of those that hold it."""
    found, path = list[str](), name.split(".") if name else []
    for depth, child in enumerate(path):
        above = ".".join(path[:depth])
        holder = model.get_submodule(above)
        names = [
            one for one, _ in (*holder.named_parameters(recurse=False), *holder.named_buffers(recurse=False))
        ]
        names += [one for one, _ in holder.named_children() if one != child]
        found += [f"{above}.{one}" if above else one for one in names]
    return found


def _prefixed(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map of a module as part of the whole model's."""
    return {".".join(filter(None, (name, part))): card for part, card in found.items()}


def _below(name: str, sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides sizes with the names of tensors as a module has them."""
    special = sizes["special_dtypes"]
    if not name or special is None:
        return dict(sizes)
    start = f"{name}."
    return {
        **sizes,
        "special_dtypes": {
            one.removeprefix(start): kind for one, kind in special.items() if one.startswith(start)
        },
    }


def _layers(model: Any) -> set[str]:
    """Return the classes of a model's innermost layers: what a layer adds up must lie together.

    Some classes name only a part of a layer as one that stays whole.
    """
    return {
        type(layer).__name__
        for module in model.modules()
        if isinstance(module, torch.nn.ModuleList)
        for layer in module
        if not any(isinstance(part, torch.nn.ModuleList) for part in layer.modules())
    }


def _fits(found: DeviceMap, parts: Mapping[str, int], limits: Limits) -> bool:
    """Return whether a map has no more on a card than its limit, and nothing elsewhere."""
    taken: dict[int | str, int] = {}
    for part, card in found.items():
        taken[card] = taken.get(card, 0) + parts.get(part, 0)
    return all(size <= limits.get(card, -1) for card, size in taken.items())


def _card_of(name: str, found: DeviceMap) -> int | None:
    """Return the card of a tensor by the innermost of its parts that a map names."""
    while name and name not in found:
        name = name.rpartition(".")[0]
    return found.get(name)


def _packed(model: Any, layout: Layout) -> Mapping[str, Any] | None:
    """Return another type for the weights that quantisation packs, as accelerate counts their bytes."""
    if layout.packed is None:
        return None
    kind = CustomDtype.INT4 if layout.packed < 0.75 else torch.int8
    return {name: kind for name, one in model.named_parameters() if is_packed(name, tuple(one.shape))}


def _largest_part(model: Any, whole: Iterable[str], sizes: Mapping[str, int]) -> int:
    """Return the bytes of the largest part that is not divided."""
    kept = set(whole)
    parts = (
        sizes.get(name, 0)
        for name, module in model.named_modules()
        if type(module).__name__ in kept or not any(True for _ in module.children())
    )
    return max(parts, default=0)
