"""Lines of the GPU pane where several cards share it: as much of each as there is room for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from rich.cells import cell_len

from fada_tui.core.text import printable
from fada_tui.report import units
from fada_tui.runs.telemetry import GpuReading
from fada_tui.tui.present.cells import name_within, shortened, shortened_end
from fada_tui.tui.state.memory_history import bar, sparkline
from fada_tui.tui.state.views import DeviceView

Line: TypeAlias = list[tuple[str, str]]
"""Pieces of text and the names of their styles."""

HIGH = 0.9
"""Share of a card's memory above which it stands out."""

_NARROWEST = 6
"""Cells of a bar beside figures."""

_SHORTEST = 3
"""Cells of a bar where there is no room for more."""

_TOLD = 8
"""Cells of a name of which something can be told."""

_Part = Literal["memory", "name", "sensors", "worker", "answers", "minutes"]

_IMPORTANCE: tuple[_Part, ...] = ("memory", "sensors", "answers", "minutes", "worker", "name")
"""Of a card's lines, those that matter most first."""


def card_lines(
    gpus: Sequence[GpuReading],
    history: Mapping[int, Sequence[int]],
    workers: Mapping[str, DeviceView],
    width: int,
    height: int,
) -> list[Line]:
    """Return the cards' lines: of few cards several each, of many one each, of more some on each line.

    Args:
        gpus: the readings, by their indices.
        history: bytes used on each over the last minutes, the oldest first.
        workers: those of a run with several, by the uuids of their cards.
        width: cells of a line.
        height: lines there are.
    """
    each = height // len(gpus)
    if each > 1:
        return [
            line
            for gpu in gpus
            for line in _fewer(_card(gpu, history.get(gpu.index, ()), workers, width, each), each)
        ]
    digits = len(str(gpus[-1].index))
    if each == 1:
        return [_in_a_line(gpu, digits, width) for gpu in gpus]
    return _in_columns(gpus, digits, width, max(height, 1))


def _card(
    gpu: GpuReading, history: Sequence[int], workers: Mapping[str, DeviceView], width: int, room: int
) -> Mapping[_Part, Line]:
    """Return a card's lines by what they tell, in their order; the workers' share stands once."""
    worker = workers.get(gpu.uuid or "")
    parts: dict[_Part, Line] = {
        "memory": memory_line(gpu, width, f"{gpu.index} ", apart=True),
        "name": [(shortened(card_name(gpu), width), "name")],
        "sensors": [(shortened_end("  ".join(sensors(gpu)), width), "")],
        "worker": [(shortened_end(text, width), style) for text, style in worker_line(gpu)],
        "answers": [(shortened(worker.doing if worker else "", width), "muted")],
        "minutes": [(sparkline(history, width, gpu.memory_total), "spark")],
    }
    if worker is None:
        del parts["answers"]
    kept = _kept(parts, room)
    if worker is not None and "answers" not in kept:
        parts["sensors"] = _at_work(gpu, worker.at_work, width)
    elif gpu.process_memory is not None and "worker" not in kept:
        ends = ("  ".join([*figures, _own(gpu)]) for figures in ([*sensors(gpu)], _known(gpu).values()))
        told = next((end for end in ends if len(end) <= width), None)
        parts["sensors"] = parts["sensors"] if told is None else [(told, "")]
    return parts


def _at_work(gpu: GpuReading, asked: str, width: int) -> Line:
    """Return utilisation, the workers' share, and what is asked there, as far as there is room."""
    busy = "n/a" if gpu.utilisation is None else f"{gpu.utilisation} %"
    figures = "  ".join([busy, *([_own(gpu)] if gpu.process_memory is not None else [])])
    room = width - len(figures) - 2
    if room < min(_TOLD, cell_len(asked)):
        return [(figures[:width], "")]
    return [(figures, ""), ("  ", ""), (name_within(asked, room), "muted")]


def _own(gpu: GpuReading) -> str:
    return f"own {(gpu.process_memory or 0) / 1e9:.1f} GB"


def _kept(parts: Iterable[_Part], room: int) -> frozenset[_Part]:
    return frozenset([part for part in _IMPORTANCE if part in parts][:room])


def _fewer(parts: Mapping[_Part, Line], room: int) -> list[Line]:
    kept = _kept(parts, room)
    return [line for part, line in parts.items() if part in kept]


def memory_line(gpu: GpuReading, width: int, label: str, *, apart: bool = False) -> Line:
    """Return a card's memory as a bar with figures.

    Args:
        gpu: its reading.
        width: cells of the line.
        label: what it begins with.
        apart: draw the workers' own share and that of others apart.
    """
    if gpu.memory_used is None or not gpu.memory_total:
        return [(shortened_end(f"{label}memory {absent(gpu, 'memory_used')}", width), "muted")]
    figures = f" {gpu.memory_used / 1e9:.1f}/{gpu.memory_total / 1e9:.0f} GB"
    return [(label, "name"), *_bar(gpu, width - len(label) - len(figures), apart=apart), (figures, "")]


def _bar(gpu: GpuReading, width: int, *, apart: bool) -> Line:
    """Return the bar of a card whose memory is known: own share, that of others, what is free."""
    used, total, own = gpu.memory_used or 0, gpu.memory_total or 1, gpu.process_memory
    filled, rest = bar(used / total, max(width, _SHORTEST))
    style = "high" if used / total > HIGH else "used"
    if not apart or own is None or own >= used:
        return [(filled, style), (rest, "free")]
    ours = min(round(own / total * (len(filled) + len(rest))), len(filled))
    ours = max(ours, 1) if own and filled else ours
    others = "▒" * (len(filled) - ours)  # to the cell: a part of one would look as if it were ours
    return [("█" * ours, style), (others, "others"), (rest, "free")]


def _in_a_line(gpu: GpuReading, digits: int, width: int) -> Line:
    """Return memory and utilisation; temperature and tenths of a gigabyte where there is room."""
    label = f"{gpu.index:>{digits}} "
    if gpu.memory_used is None or not gpu.memory_total:
        return memory_line(gpu, width, label)
    used, total = gpu.memory_used / 1e9, gpu.memory_total / 1e9
    busy = f" {'n/a' if gpu.utilisation is None else gpu.utilisation:>3} %"
    warm = "" if gpu.temperature is None else f" {gpu.temperature:>2} °C"
    whole = len(f"{total:.0f}")
    ends = (
        f" {used:>{whole + 2}.1f}/{total:.0f} GB{busy}{warm}",
        f" {used:>{whole + 2}.1f}/{total:.0f} GB{busy}",
        f" {used:>{whole}.0f}/{total:.0f} GB{busy}",
        busy,
    )
    room = width - len(label) - _NARROWEST
    end = next((end for end in ends if len(end) <= room), busy)
    return [(label, "name"), *_bar(gpu, width - len(label) - len(end), apart=True), (end, "")]


def _in_columns(gpus: Sequence[GpuReading], digits: int, width: int, height: int) -> list[Line]:
    """Return several cards on each line; where even so there are too many, how many are left out."""
    narrowest = digits + 1 + _SHORTEST + 6
    columns = min(-(-len(gpus) // height), max((width + 1) // (narrowest + 1), 1))
    room = (width + 1) // columns - 1
    most = columns * height
    left = len(gpus) - most + 1 if len(gpus) > most else 0
    cells: list[Line] = [_cell(gpu, digits, room) for gpu in (gpus[: most - 1] if left else gpus)]
    cells += [[(f"+{left}".ljust(room), "muted")]] if left else []
    return [
        [piece for cell in cells[start : start + columns] for piece in (*cell, (" ", ""))][:-1]
        for start in range(0, len(cells), columns)
    ]


def _cell(gpu: GpuReading, digits: int, width: int) -> Line:
    label = f"{gpu.index:>{digits}} "
    busy = f" {'n/a' if gpu.utilisation is None else gpu.utilisation:>3} %"
    room = width - len(label) - len(busy)
    if gpu.memory_used is None or not gpu.memory_total:
        return [(label, "name"), ("n/a".ljust(room)[:room], "muted"), (busy, "")]
    return [(label, "name"), *_bar(gpu, room, apart=True), (busy, "")]


def card_name(gpu: GpuReading) -> str:
    """Return a card's name without its maker's."""
    return printable((gpu.name or "GPU").removeprefix("NVIDIA "))


def worker_line(gpu: GpuReading) -> Line:
    """Return the workers' share of a card, or why it is not known."""
    if gpu.process_memory is None:
        return [(f"worker {absent(gpu, 'process_memory')}", "muted")]
    return [(f"worker {units.memory(gpu.process_memory)}", "")]


def sensors(gpu: GpuReading) -> Iterable[str]:
    """Utilisation, temperature and power; of several that cannot be read for one reason it is said once."""
    known = _known(gpu)
    yield from known.values()
    missing = [field for field in ("utilisation", "temperature", "power") if field not in known]
    if missing:
        yield f"{', '.join(missing)} {absent(gpu, missing[0])}"


def _known(gpu: GpuReading) -> Mapping[str, str]:
    figures = {
        "utilisation": None if gpu.utilisation is None else f"{gpu.utilisation} %",
        "temperature": None if gpu.temperature is None else f"{gpu.temperature} °C",
        "power": None if gpu.power is None else f"{gpu.power:.0f} W",
    }
    return {field: shown for field, shown in figures.items() if shown is not None}


def absent(gpu: GpuReading, field: str) -> str:
    """Return that a field is not known, with the reason if there is one."""
    reason = gpu.problems.get(field)
    return f"n/a ({reason})" if reason else "n/a"
