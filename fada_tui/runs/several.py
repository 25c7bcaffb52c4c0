"""A run on several devices at once, before it begins: how many there are, and what memory each has."""

from msgspec import UNSET, Struct

from fada_tui.core.device_list import device_list, is_cpu
from fada_tui.core.records import Run
from fada_tui.report import units
from fada_tui.runs.preflight.describe import room_of, shared
from fada_tui.runs.preflight.memory_fit import Free, places
from fada_tui.runs.telemetry import Sample


class Several(Struct, frozen=True):
    """How many devices a run has at once."""

    number: int = 1
    gpus: bool = False
    """Whether each is a GPU of its own, so that none takes anything of another."""

    @property
    def words(self) -> str:
        """Return it in words: `4 GPUs at once`."""
        if self.number == 1:
            return "one device"
        return f"{units.count(self.number, 'GPU' if self.gpus else 'worker')} at once"


ONE = Several()


def several_of(devices: str | None, cards: int) -> Several:
    """Return how many devices a list of them means.

    Args:
        devices: As it was given; `None` for one device.
        cards: GPUs of this machine, which `all` means.

    Raises:
        ValueError: it means none.
    """
    if devices is None:
        return ONE
    names = device_list(devices) or tuple(f"cuda:{number}" for number in range(cards))
    return Several(max(len(names), 1), bool(names) and not any(map(is_cpu, names)))


def made_on(run: Run) -> Several:
    """Return on how many devices a run was made: those on which its model was loaded."""
    loaded = (one for one in run.devices or () if one.error is UNSET and one.load_time is not None)
    names = [device.name for device in loaded]
    gpu = (run.model.device or "").startswith("cuda")
    return Several(len(names), not any(map(is_cpu, names))) if len(names) > 1 else Several(1, gpu)


def cards_of(sample: Sample | None) -> int | None:
    """Return how many GPUs CUDA shows of those that were measured; `None` where nothing was."""
    return None if sample is None else sum(place.gpu for place in places(sample))


def places_on(sample: Sample | None, devices: str) -> tuple[Free | None, tuple[Free, ...]]:
    """Return the memory that each of several devices has for a model, as that of the tightest.

    Workers on the CPU share main memory.

    Raises:
        ValueError: the list means no devices.
    """
    found = shared(room_of(sample), devices).places
    gpus = sum(not is_cpu(name) for name in device_list(devices))
    if not found or sum(place.gpu for place in found) < gpus or any(place.size is None for place in found):
        return None, ()
    return min(found, key=lambda place: place.size or 0), ()
