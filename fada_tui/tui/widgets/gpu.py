"""The GPU pane: memory, utilisation, temperature, power; process memory where there is no GPU."""

from typing import ClassVar, cast

from msgspec import UNSET
from textual.app import RenderResult
from textual.content import Content
from textual.visual import VisualType
from textual.widget import Widget

from fada_tui.core.records import ModelFacts, ResultMemory, ServerFacts
from fada_tui.core.text import printable
from fada_tui.models.endpoint import place_of
from fada_tui.report import units
from fada_tui.runs.telemetry import GpuReading, Sample
from fada_tui.tui.present.cards import Line, card_lines, card_name, memory_line, sensors, worker_line
from fada_tui.tui.present.cells import name_within
from fada_tui.tui.state.memory_history import bar, sparkline
from fada_tui.tui.state.views import DeviceView, GpuView


class GpuPane(Widget):
    """Draws what the last sample said, and the minutes before it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gpu--name",
        "gpu--used",
        "gpu--high",
        "gpu--others",
        "gpu--free",
        "gpu--spark",
        "gpu--muted",
    }

    DEFAULT_CSS = """
    GpuPane {
        height: 1fr;
        & .gpu--name { text-style: bold; }
        & .gpu--used { color: $primary; background: $panel; }
        & .gpu--high { color: $warning; background: $panel; }
        & .gpu--others { color: $secondary; background: $panel; }
        & .gpu--free { background: $panel; }
        & .gpu--spark { color: $secondary; }
        & .gpu--muted { color: $muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view = GpuView()

    def show(self, view: GpuView) -> None:
        """Show this moment."""
        width, height = self.content_size
        changed = gpu_lines(view, width, height) != gpu_lines(self._view, width, height)
        self._view = view
        if changed:
            self.refresh()

    def render(self) -> RenderResult:
        """Draw the pane."""
        lines = gpu_lines(self._view, *self.content_size)
        drawn = [
            Content.assemble(
                *((text, self.get_visual_style(f"gpu--{style}") if style else "") for text, style in line)
            )
            for line in lines
        ]
        return cast("VisualType", Content("\n").join(drawn))


def gpu_lines(view: GpuView, width: int, height: int) -> list[Line]:
    """Return what fits into the pane; with many GPUs each gets fewer lines."""
    sample = view.sample
    if sample is None:
        return [[("reading …", "muted")]]
    elsewhere = _server(view.served) if view.served else None
    if not sample.gpus:
        served = [*elsewhere, _machine(sample, width)] if elsewhere else None
        return [line for line in served or _process_lines(view, sample, width, height) if line][:height]
    if len(sample.gpus) == 1:
        lines = _one(sample.gpus[0], view, width)
        return [*elsewhere, *lines][:height] if elsewhere else _with_peaks(lines, view, height)
    beside = elsewhere or _beside_cards(view, len(sample.gpus), height)
    workers = {uuid: device for device in view.devices for uuid in device.gpu_uuids}
    lines = card_lines(sample.gpus, view.gpus, workers, width, height - len(beside))
    return [*elsewhere, *lines][:height] if elsewhere else [*lines, *beside][:height]


def _one(gpu: GpuReading, view: GpuView, width: int) -> list[Line]:
    """A GPU's lines: memory, name, sensors, the worker's share, the last minutes."""
    return [
        memory_line(gpu, width, f"{gpu.index} "),
        [(card_name(gpu)[:width], "name")],
        [("  ".join(sensors(gpu)), "")],
        worker_line(gpu),
        [(sparkline(view.gpus.get(gpu.index, ()), width, gpu.memory_total), "spark")],
    ]


def _with_peaks(lines: list[Line], view: GpuView, height: int) -> list[Line]:
    """Return a GPU's lines and the peaks; where there is no room for all, its name goes first."""
    peaks = _peaks(view)
    room = max(height - len(peaks), 1)
    kept = sorted((0, 4, 2, 3, 1)[:room])
    return [*(lines[index] for index in kept), *peaks][:height]


def _beside_cards(view: GpuView, cards: int, height: int) -> list[Line]:
    """Return the peaks below several cards: that of the run alone where the cards need the other line."""
    peaks = _peaks(view)
    crowded = height < 4 * cards and (height - len(peaks)) // cards < (height - 1) // cards
    return peaks[-1:] if crowded else peaks if height - cards >= len(peaks) else peaks[-1:]


def _peaks(view: GpuView) -> list[Line]:
    return [
        [("peak of image ", "muted"), (_memory(view.image_peak), "")],
        [("peak of run   ", "muted"), (_memory(view.run_peak), "")],
    ]


def _memory(peak: ResultMemory) -> str:
    size = peak.nvml_process if peak.nvml_process is not None else peak.worker_rss
    return units.memory(size) or "–"


def _server(model: ModelFacts) -> list[Line]:
    """What is known of a model behind a server, in place of the memory that it would take here."""
    facts = ServerFacts() if model.server is UNSET else model.server
    program = " ".join(word for word in (facts.name, facts.version) if word)
    known = {
        "server": place_of(model.source) or "",
        "serves": "" if model.served is UNSET else model.served,
        "with": program,
        "context": f"{facts.context:,} tokens" if facts.context else "",
    }
    return [[(f"{label:<9}", "muted"), (printable(text), "")] for label, text in known.items() if text]


def _machine(sample: Sample, width: int) -> Line:
    if not sample.memory_total:  # as another machine's telemetry tells it
        return []
    label, figures = "machine ", f" {sample.memory_used / 1e9:.1f}/{sample.memory_total / 1e9:.0f} GB"
    filled, rest = bar(sample.memory_used / sample.memory_total, max(width - len(label) - len(figures), 3))
    return [(label, "muted"), (filled, "used"), (rest, "free"), (figures, "")]


def _process_lines(view: GpuView, sample: Sample, width: int, height: int) -> list[Line]:
    """What there is to say without a GPU: why, the workers' processes, and the machine's memory."""
    worker = units.memory(sample.worker_rss) or "–"
    several = len(view.devices) > 1
    number = max(len(view.devices), len(sample.workers))  # those that are kept for the next run, too
    label = "engine" if sample.engine else units.count(number, "worker") if number > 1 else "worker"
    below: list[Line] = [
        *([[(minutes, "spark")]] if (minutes := sparkline(view.worker, width)) else []),
        *_peaks(view),
        _machine(sample, width),
        [(f"GPU n/a ({view.problem or 'none found'})", "muted")],
    ]
    first: Line = [(f"{label:<14}", "muted"), (worker, "name")]
    room = height - 1 - sum(map(bool, below))
    told = [_worker(device, sample, width) for device in view.devices] if several else []
    if len(told) > room > 0:
        told = [*told[: room - 1], [(f"… and {len(told) - room + 1} more", "muted")]]
    return [first, *told[: max(room, 0)], *below]


def _worker(device: DeviceView, sample: Sample, width: int) -> Line:
    """Return a worker on the CPU with its memory, where that is measured apart, and what it is asked."""
    measured = sample.workers.get(device.name)
    size = units.memory(measured.worker_rss) if measured else None
    begin = f"{printable(device.name)}  {f'{size}  ' if size else ''}"
    return [(begin, ""), (name_within(device.at_work, width - len(begin)), "muted")]
