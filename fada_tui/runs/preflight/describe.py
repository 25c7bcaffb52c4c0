"""A model's requirements in words and as JSON, compared with the free memory."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from fada_tui.core.device_list import device_list, is_cpu
from fada_tui.models.installed import has_package
from fada_tui.models.memory import QUANTIZED, Need
from fada_tui.models.placement import Card, shares
from fada_tui.models.requirements import AddedLora, Requirements
from fada_tui.report import units
from fada_tui.runs.preflight.memory_fit import (
    Free,
    Suggestion,
    fits,
    main_memory,
    places,
    spread_over,
    suggest,
)
from fada_tui.runs.telemetry import Sample, Telemetry

_ORIGINS = {
    "folder": "its folder",
    "cache": "the hub's cache",
    "hub": "the hub; nothing of it is on this machine",
    "list": "the model list alone; nothing of it is on this machine",
}


class Room(Struct, frozen=True):
    """The memory that is free now."""

    places: tuple[Free, ...]
    """Devices for the model: the GPUs, or main memory if there is none."""
    main: Free | None
    workers: int = 0
    """Workers on the CPU that share main memory, each with a model of its own; 0 where no list says so."""
    each: bool = False
    """Whether each device gets a model of its own, so that none is spread."""
    missing: tuple[str, ...] = ()
    """GPUs that were listed, and are not here."""


def measured() -> Room:
    """Measure the free memory; reads NVML."""
    telemetry = Telemetry(None)
    telemetry.begin()
    return room_of(telemetry.latest)


def room_of(sample: Sample | None) -> Room:
    """Return the free memory in a sample of the machine."""
    return Room((), None) if sample is None else Room(places(sample), main_memory(sample))


def shared(room: Room, devices: str | None, device: str = "auto") -> Room:
    """Return the free memory for each of several devices, which have a model of their own each, or for one.

    Args:
        room: all that is free.
        devices: as `core.device_list` reads them; `None` for one device.
        device: which one, as the settings name it.
    """
    if devices is None:
        return _alone(room, device)
    names = device_list(devices)
    gpus = [place for place in room.places if place.gpu]
    chosen = [place for place in gpus if not names or place.device in names]
    known = {place.device for place in gpus}
    missing = tuple(name for name in names if known and not is_cpu(name) and name not in known)
    workers = sum(map(is_cpu, names))
    if not workers or room.main is None:
        return Room(tuple(chosen), None, each=True, missing=missing)
    size = None if room.main.size is None else room.main.size // workers
    each = f" for each of {workers} workers" if workers > 1 else ""
    main = Free(f"{room.main.place}{each}", False, size)
    return Room((*chosen, main), None, workers, each=True, missing=missing)


def _alone(room: Room, device: str) -> Room:
    """Return what is free where one device was named: that comes first, and no model is spread."""
    if device == "cpu":
        return Room((room.main,), None, each=True) if room.main else room
    gpus = [place for place in room.places if place.gpu]
    if not device.startswith("cuda") or not gpus:
        return room
    name = device if ":" in device else "cuda:0"
    others = [place for place in gpus if place.device != name]
    if len(others) == len(gpus):
        return Room((), room.main, each=True, missing=(name,))
    return Room((*(place for place in gpus if place.device == name), *others), room.main, each=True)


def facts(found: Requirements, room: Room) -> Iterator[tuple[str, str]]:
    """Yield pairs of label and text, one per line; the label is empty on continuation lines."""
    if found.origin == "server":
        yield "Needs", "nothing on this machine: a server answers"
    else:
        yield from _about(found)
        yield from _memory(found)
        for place in room.places:
            yield (place.label if place.gpu else "CPU"), _verdict(found, place)
        for device in room.missing:
            yield device, "no such GPU was found here"
        yield from _together(found, room)
        if found.needs:
            yield "Advice", advice(found, room)
        yield from _conditions(found)
    yield from _labelled("Note", found.remarks)
    yield from _labelled("Cannot run", (obstacle.message for obstacle in found.obstacles))


def suggestion(found: Requirements, room: Room) -> Suggestion | None:
    """Return the best way to fit the model; `None` if it does not fit, or nothing is known."""
    if not found.needs or all(place.size is None for place in room.places):
        return None
    asked = found.precision or found.needs[0].precision
    return suggest(found.needs, asked, room.places, room.main, spread=not room.each)


def advice(found: Requirements, room: Room) -> str:
    """Return what to do, on one line."""
    if best := suggestion(found, room):
        lacking = best.precision in QUANTIZED and not has_package("bitsandbytes")
        unsure = "; the precision it was saved in is unknown" if found.precision is None else ""
        return best.text + (" (with fada-tui[quantization] installed)" if lacking else "") + unsure
    if room.each and not room.places:
        return "none of the devices that were named was found here"
    if all(place.size is None for place in room.places):
        return "how much memory is free is unknown"
    return "fits nowhere here: choose a smaller model, or free memory"


def as_json(found: Requirements, room: Room) -> dict[str, Any]:
    """Return all requirements as plain values for JSON. Memory in bytes; `null` is unknown."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    told["needs"] = {
        need.precision: {**msgspec.to_builtins(need), "total": need.total} for need in found.needs
    }
    return {
        "runnable": not found.obstacles,
        "requirements": told,
        "places": [
            {
                "place": place.place,
                "free": place.size,
                "fits": {need.precision: _fits(need, place) for need in found.needs},
            }
            for place in room.places
        ],
        "spread": {need.precision: _spread(need, room) for need in found.needs},
        "suggestion": msgspec.to_builtins(suggestion(found, room)),
    }


def _about(found: Requirements) -> Iterator[tuple[str, str]]:
    if found.architecture:
        yield "Class", found.architecture + (f" (type {found.model_type})" if found.model_type else "")
    count = units.parameters(found.weighed.parameters)
    yield "Parameters", f"{count}, by {found.weighed.known_from}" if count else "unknown"
    size = units.memory(found.download)
    where = f"on this machine, {size}" if found.here else f"not on this machine{f', {size}' if size else ''}"
    dtype = f", saved as {found.dtype}" if found.dtype else ""
    yield "Weights", where + dtype
    if found.lora:
        yield "Added", _lora(found.lora)
    yield "Told from", _ORIGINS[found.origin]
    if resolution := _resolution(found):
        yield "Resolution", resolution
    if found.image:
        yield "Image", f"{found.image.count:,} tokens ({found.image.how})"
    elif found.tokens:
        yield "Image", "tokens unknown: the cache below is that of question and answer alone"


def _lora(lora: AddedLora) -> str:
    """Return what a LoRA is and adds; its memory is counted with the weights below."""
    count, size = units.parameters(lora.parameters), units.memory(lora.download)
    where = "on this machine" if lora.here else "not on this machine"
    parts = (
        f"the LoRA {lora.source}",
        f"rank {lora.rank}" if lora.rank is not None else None,
        f"on {', '.join(lora.targets)}" if lora.targets else None,
        f"{count} parameters" if count else None,
        f"{where}, {size}" if size else where,
    )
    return ", ".join(part for part in parts if part)


def _resolution(found: Requirements) -> str | None:
    asked, own = units.resolution(found.asked), units.resolution(found.resolution)
    if asked is None:
        return f"{own}, the checkpoint's own" if own else None
    return f"{asked}, asked for" + (f"; its own is {own}" if own else "")


def _memory(found: Requirements) -> Iterator[tuple[str, str]]:
    if not found.needs:
        yield "Memory", "unknown"
        return
    yield "Memory", f"{'':<10}{'weights':>10}{'cache':>10}{'margin':>10}{'in all':>10}"
    for need in found.needs:
        cells = [_size(need.weights), _cache(found, need), _size(need.margin), _size(need.total)]
        mark = "  as set" if need.precision == found.precision else ""
        yield "", f"{need.precision:<10}" + "".join(f"{cell:>10}" for cell in cells) + mark


def _cache(found: Requirements, need: Need) -> str:
    return "unknown" if found.values_per_token is None else _size(need.cache)


def _verdict(found: Requirements, place: Free) -> str:
    if place.size is None:
        return "free memory unknown"
    free = f"{units.memory(place.size)} free" + ("" if place.gpu else f" in {place.place}")
    free += "" if place.number is None else f", as {place.device}"
    possible = [need for need in found.needs if _fits(need, place) is not None]
    good = [need.precision for need in possible if _fits(need, place)]
    bad = [need.precision for need in possible if not _fits(need, place)]
    if not possible:
        return free
    words = f"fits at {', '.join(good)}" if good else "does not fit"
    return f"{free}: {words}" + (f"; not at {', '.join(bad)}" if good and bad else "")


def _together(found: Requirements, room: Room) -> Iterator[tuple[str, str]]:
    """Yield what fits only on several GPUs together, and what several workers on the CPU take in all."""
    spread = ((need, _spread(need, room)) for need in found.needs)
    yield from _labelled("Spread", (_over(need, each) for need, each in spread if each))
    if room.workers > 1 and (one := found.need or next(iter(found.needs), None)):
        total = units.memory(one.total * room.workers)
        yield "Workers", f"{room.workers} × {units.memory(one.total)} = {total} in all at {one.precision}"


def _over(need: Need, each: Mapping[str, int]) -> str:
    """Return over which GPUs a model would be spread, with about how many bytes of weights on each."""
    parts = ", ".join(f"{name} {units.memory(size)}" for name, size in each.items())
    return f"at {need.precision} over {parts}"


def _spread(need: Need, room: Room) -> dict[str, int] | None:
    """Return about how many bytes of weights would lie on each GPU; `None` where a model is not spread."""
    if room.each or any(_fits(need, place) for place in room.places if place.gpu):
        return None
    if (found := spread_over(need, room.places)) is None:
        return None
    cards = [Card(place.place, place.size or 0) for place in found.cards]
    return shares(need.weights, cards)


def _fits(need: Need, place: Free) -> bool | None:
    """Return whether a precision fits; `None` if it is unknown or not available there."""
    return fits(need, place) if place.can_take(need) else None


def _conditions(found: Requirements) -> Iterator[tuple[str, str]]:
    if found.license:
        yield "Licence", found.license
    if found.gated:
        yield "Gated", "yes: its licence has to be accepted on its hub page"
    if found.pickle_only:
        yield "Pickle", "yes: there are no safetensors weights"
    if found.own_code:
        yield "Own code", "yes: it runs only with code of its repository"
    if found.packages:
        yield "Packages", f"{', '.join(found.packages)}, beside those that come with fada-tui"


def _labelled(label: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield lines, the label before the first of them."""
    for line in lines:
        yield label, line
        label = ""


def _size(size: int) -> str:
    return units.memory(size) or ""
