"""Devices on which a model fits, and the precisions for them."""

import os
from collections.abc import Mapping, Sequence

from msgspec import Struct

from fada_tui.models.memory import QUANTIZED, Need
from fada_tui.models.placement import Card, first_with_room, groups
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.runs.telemetry.visible import names_a_part, visible


class Free(Struct, frozen=True):
    """The memory available to a model on a device."""

    place: str
    """`GPU 0`, `GPU 3 (cuda:0)` where CUDA has another number for it, or `main memory`."""
    gpu: bool
    size: int | None
    """Bytes, including those that the current run will release."""
    cards: tuple["Free", ...] = ()
    """GPUs: that it is made of, where a model is spread; or, of the first, those that `--device auto` has."""
    number: int | None = None
    """Of a GPU for which CUDA has another number than the place: which."""

    @property
    def label(self) -> str:
        """Return the place as NVML numbers it: `GPU 3`."""
        return self.place.partition(" (")[0]

    @property
    def device(self) -> str:
        """Return the device as torch names it."""
        if not self.gpu:
            return "cpu"
        return f"cuda:{self.place.removeprefix('GPU ') if self.number is None else self.number}"

    @property
    def option(self) -> str:
        """Return the command line's option for the device."""
        if self.cards:
            return "--device auto"
        return f"--device {self.device}"

    def can_take(self, need: Need) -> bool:
        """Return whether a precision is available here: quantised weights need CUDA."""
        return self.gpu or need.precision not in QUANTIZED


class Suggestion(Struct, frozen=True):
    """A device and precision with which a model fits."""

    place: str
    precision: str
    options: str
    """Options to add to the command; empty if none are needed."""

    @property
    def text(self) -> str:
        """In words."""
        return f"fits {self.place} at {self.precision}" + (f": {self.options}" if self.options else "")


def places(sample: Sample, environ: Mapping[str, str] = os.environ) -> tuple[Free, ...]:
    """Return every GPU that CUDA shows, in its order, or main memory if there is none.

    What the worker holds now is counted as free: a model is dropped before another is loaded.

    Args:
        sample: what was measured.
        environ: says which GPUs CUDA shows.
    """
    if sample.gpus and names_a_part(environ):
        return (Free("GPU 0", True, None),)
    gpus = tuple(_free(gpu, number) for number, gpu in enumerate(visible(sample.gpus, environ)))
    return gpus or (main_memory(sample),)


def _free(gpu: GpuReading, number: int) -> Free:
    size = None
    if gpu.memory_total is not None and gpu.memory_used is not None:
        size = max(gpu.memory_total - gpu.memory_used + (gpu.process_memory or 0), 0)
    if gpu.index == number:
        return Free(f"GPU {gpu.index}", True, size)
    return Free(f"GPU {gpu.index} (cuda:{number})", True, size, number=number)


def main_memory(sample: Sample) -> Free:
    """Return the free memory for a model on the CPU."""
    return Free("main memory", False, sample.memory_total - sample.memory_used + (sample.worker_rss or 0))


def spread_over(need: Need, free: Sequence[Free]) -> Free | None:
    """Return the GPUs over which a model would be spread, as one place; `None` if they do not hold it.

    Args:
        need: what it takes.
        free: places; those that are no GPU, and those with an unknown size, are left out.
    """
    known = {f"cuda:{number}": place for number, place in enumerate(free) if place.gpu and place.size}
    cards = [Card(name, place.size or 0) for name, place in known.items()]
    group = next(groups(need.weights + need.cache, cards), None)
    if group is None:
        return None
    chosen = tuple(known[card.name] for card in group)
    return Free(_together(chosen), True, sum(card.free for card in group), chosen)


def by_auto(need: Need, free: Free) -> Free:
    """Return where `--device auto` loads a model, as the worker decides it once it knows the weights.

    Args:
        need: what it takes.
        free: the first place, with its `cards`.
    """
    known = [(Card(str(number), card.size), card) for number, card in enumerate(free.cards) if card.size]
    whole = first_with_room(need.weights, (card for card, _ in known))
    if whole is not None:
        return next(place for card, place in known if card == whole)
    if several := spread_over(need, free.cards):
        return several
    return max((place for _, place in known), key=lambda place: place.size or 0, default=free)


def _together(cards: Sequence[Free]) -> str:
    numbers = [card.place.removeprefix("GPU ") for card in cards]
    if len(numbers) == 2:
        return f"GPU {numbers[0]} and GPU {numbers[1]} together"
    return f"GPUs {', '.join(numbers[:-1])} and {numbers[-1]} together"


def fits(need: Need, free: Free) -> bool | None:
    """Return whether a model fits on a device; `None` if that is unknown."""
    return None if free.size is None else need.total <= free.size


def suggest(
    needs: Sequence[Need],
    asked: str,
    free: Sequence[Free],
    main: Free | None = None,
    *,
    spread: bool = True,
) -> Suggestion | None:
    """Return the best way to run a model: as requested, on one GPU or several, else smaller, else on the CPU.

    Args:
        needs: what it takes, by precision.
        asked: the precision that it would be loaded in.
        free: places, the one that is taken by default first.
        main: main memory, to fall back on.
        spread: whether it may be spread over several GPUs.
    """
    by_precision = {need.precision: need for need in needs}
    first = by_precision.get(asked)
    smaller = sorted(
        (need for need in needs if first is None or need.weights < first.weights),
        key=lambda need: -need.weights,
    )
    for need in [*([first] if first else []), *smaller]:
        several = spread_over(need, free) if spread else None
        for place in (*free, *([several] if several else [])):
            if place.can_take(need) and fits(need, place):
                wanted = [need.option] if need is not first else []
                wanted += [place.option] if place is not free[0] else []
                return Suggestion(place.place, need.precision, " ".join(wanted))
    if main is not None and main not in free:
        found = suggest(needs, asked, (main,))
        if found:
            options = f"{main.option} {found.options}".strip()
            return Suggestion(found.place, found.precision, options)
    return None
