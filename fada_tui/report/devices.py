"""What each of several devices did of a run, and how long the run took by the clock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.device_list import is_cpu
from fada_tui.core.records import MergedShard, ModelMemory, Result, Run, RunDevice
from fada_tui.report import units
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.rates import rate

HEADING: Final = "Devices"

_MOST = 16
"""Devices that are listed on the page; that of details has all."""

_MEMORY: Final[Mapping[str, str]] = {
    "torch_peak_allocated": "torch",
    "nvml_process_peak": "NVML",
    "worker_rss_peak": "resident",
}
"""Figures of a device's memory, by what they are called in the table."""

_UNKNOWN = "not recorded"

_RATED = 10
"""Seconds by the clock, below which one more or less would make another rate of it."""

Device = tuple[int, str]
"""The number of the shard that it made, 0 where there are none, and its name there."""


class Part(NamedTuple):
    """What one device did."""

    shard: int
    name: str
    record: RunDevice
    results: Sequence[Result]


def parts(run: Run) -> list[Part]:
    """Return what each device did, in the order of the record; empty where a run had one."""
    records = _records(run)
    if not records:
        return []
    shards = len(run.merged or ())
    number_of = {path: place % shards + 1 if shards else 0 for place, path in enumerate(_paths(run.results))}
    found: dict[Device, list[Result]] = {device: [] for device in records}
    for result in run.results:
        if result.device is UNSET and (number_of[result.path], "") not in found and shards:
            continue  # of a shard that one device made
        found.setdefault((number_of[result.path], result.device or _UNKNOWN), []).append(result)
    return [
        Part(shard, device, records.get((shard, device), RunDevice(name=device)), results)
        for (shard, device), results in found.items()
    ]


def _records(run: Run) -> dict[Device, RunDevice]:
    if run.merged is UNSET:
        return {(0, device.name): device for device in run.devices or ()}
    return {(shard.number, device.name): device for shard in run.merged for device in shard.devices or ()}


def _paths(results: Iterable[Result]) -> dict[str, None]:
    """Return the images in their order, each once."""
    return dict.fromkeys(result.path for result in results)


def memory_of(run: Run) -> ModelMemory:
    """Return the model's memory; of several devices the highest figures of any of them."""
    known = run.model.memory
    each = [known, *(device.memory for device in run.devices or ())]
    if len(each) == 1:
        return known
    highest = {
        figure: max((size for one in each if (size := getattr(one, figure)) is not None), default=None)
        for figure in (*_MEMORY, "torch_peak_reserved", "weights")
    }
    return replace(known, **highest)


def load_time_of(run: Run) -> float | None:
    """Return the seconds of loading; of several devices, which load at once, the longest."""
    known = [run.model.load_time, *(device.load_time for device in run.devices or ())]
    return max((seconds for seconds in known if seconds is not None), default=None)


def names_of(run: Run) -> str | None:
    """Return on what a run was made, in plain text: `cuda:0, cuda:1`; `None` where that is not known."""
    if run.devices is UNSET:
        return ", ".join(run.model.spread or ()) or run.model.device
    return ", ".join(device.name for device in run.devices) or run.model.device


def of_shard(shard: MergedShard) -> str | None:
    """Return on what a shard was made, in plain text; `None` where that is not known."""
    return ", ".join(device.name for device in shard.devices or ()) or shard.device


def told(run: Run) -> str | None:
    """Return in Markdown on which devices a run was made; `None` where it had one."""
    if run.model.spread and not run.devices:
        weights = (f"{name(one)} ({units.memory(size)} of weights)" for one, size in run.model.spread.items())
        return f"spread over {', '.join(weights)}"
    if not run.devices:
        return None
    on_cpu = [device for device in run.devices if is_cpu(device.name)]
    gpus: dict[str, list[str]] = {}
    for device in run.devices:
        if not is_cpu(device.name):
            gpus.setdefault(device.gpu or "GPU", []).append(device.name)
    kinds = [f"{len(names)} × {name(kind)} ({_range(names)})" for kind, names in gpus.items()]
    if on_cpu:
        cpu = f" ({name(run.environment.cpu)})" if run.environment.cpu else ""
        kinds.append(f"{units.count(len(on_cpu), 'worker')} on the CPU{cpu}")
    lost = sum(device.error is not UNSET for device in run.devices)
    return ", ".join(kinds) + (f"; ⚠️ {lost} given up, see {HEADING}" if lost else "")


def _range(names: Sequence[str]) -> str:
    return name(names[0]) if len(names) == 1 else ", ".join(map(name, names))


def clock(run: Run) -> float | None:
    """Return the seconds from a run's start to its end; `None` where they are not known."""
    try:
        began, ended = (datetime.fromisoformat(time or "") for time in (run.started, run.finished))
        seconds = (ended - began).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if seconds >= 0 else None


def by_the_clock(run: Run, answers: int) -> str | None:
    """Return in words how long a run took, and how many answers a second that makes; `None` if unknown.

    From the first shard's start to the last one's end says nothing of how fast they were.
    """
    took = clock(run) if run.merged is UNSET else None
    if not took:
        return None
    rate = f" ({_two_digits(answers / took)} answers a second)" if took >= _RATED else ""
    return f"{_whole(took)} by the clock from start to end{rate}"


def _whole(seconds: float) -> str:
    """Return a duration in whole seconds: runs tell their start and end by these."""
    return units.duration(seconds) if seconds >= _RATED else f"{round(seconds)} s"


def _two_digits(rate: float) -> str:
    return f"{rate:.2g}" if rate < 99.5 else f"{rate:,.0f}"


def many(run: Run) -> bool:
    """Return whether there are more devices than are listed on the page."""
    return len(_records(run)) > _MOST


def section(run: Run, most: int | None = _MOST) -> list[str]:
    """Return a table with a row for each device, and what its times have to do with the clock.

    Args:
        run: The run.
        most: Rows; `None` for all.
    """
    each = parts(run)
    if len(each) < 2:
        return []
    rows = [_row(part) for part in each]
    used = [column for column in rows[0] if any(row[column] for row in rows)]
    shown = rows if most is None or len(rows) <= most else rows[: most - 1]
    left = len(rows) - len(shown)
    return [
        *table(used, ([row[column] or "–" for column in used] for row in shown)),
        "",
        *([f"{units.count(left, 'more device')} in [details.md](details.md).", ""] if left else []),
        " ".join((*_times(run, each), *_dependence(run, each))),
        "",
    ]


def _row(part: Part) -> dict[str, str]:
    device, results = part.record, part.results
    answers = [result for result in results if result.error is None]
    times = [seconds for result in answers if (seconds := result.own_time) is not None]
    each = units.seconds(sum(times) / len(times)) if times else None
    tokens = rate(answers)
    lost = device.error
    return {
        "Device": (f"{part.shard}: " if part.shard else "") + name(part.name),
        "GPU": name(device.gpu) if device.gpu else "",
        "Answers": f"{len(answers):,}",
        "Errors": f"{errors:,}" if (errors := len(results) - len(answers)) else "",
        "Time per Answer": f"{each} s" if each else "",
        "Tokens/s": f"{tokens:.1f}" if tokens is not None else "",
        "Time Answering": units.duration(sum(times)) if times else "",
        "Load Time": f"{units.seconds(device.load_time)} s" if device.load_time is not None else "",
        "Peak Memory": ", ".join(_memory(device.memory)),
        "Given Up": f"{inline(lost.kind)}: {inline(lost.message)}" if lost is not UNSET else "",
    }


def _memory(known: ModelMemory) -> Iterator[str]:
    for figure, label in _MEMORY.items():
        if (size := getattr(known, figure)) is not None:
            yield f"{units.memory(size)} ({label})"


def _times(run: Run, each: Sequence[Part]) -> Iterator[str]:
    """Yield what the devices' times add up to, and what the run took."""
    yield "Each device had a model of its own, and its answers' times are those there."
    if run.merged is not UNSET:
        yield "The number before a device is its shard's; shards that one device made are not listed."
    times = [seconds for part in each for result in part.results if (seconds := result.own_time) is not None]
    took = clock(run) if run.merged is UNSET else None
    if times and took is not None:
        yield (
            f"By the clock the run took {_whole(took)} from its start to its end, loading, pauses "
            f"and interruptions included; the times of all answers add up to {units.duration(sum(times))}, "
            "since the devices answered at once."
        )


def _dependence(run: Run, each: Sequence[Part]) -> Iterator[str]:
    """Yield why answers may depend on which of the devices made them, or on their number."""
    dtype = run.model.dtype
    if run.generation.batch_size not in (1, None) and dtype not in ("float32", None):
        yield (
            f"⚠️ Which answers were made together depends on the number of devices, and in {name(dtype)} that "
            "may change a word here and there."
        )
    if len({part.record.gpu for part in each if part.results and part.name != _UNKNOWN}) > 1:
        yield "⚠️ The devices are of different kinds: their answers may differ in a word here and there."
