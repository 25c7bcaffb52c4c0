"""The GPU pane: memory, utilisation, temperature, power; process memory where there is no GPU."""

from collections.abc import Iterable
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
from fada_tui.tui.state.memory_history import bar, sparkline
from fada_tui.tui.state.views import GpuView

Line = list[tuple[str, str]]
"""Pieces of text and the names of their styles."""


class GpuPane(Widget):
    """Draws what the last sample said, and the minutes before it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "gpu--name",
        "gpu--used",
        "gpu--high",
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
        lines = [*elsewhere, _machine(sample, width)] if elsewhere else _process_lines(view, sample, width)
        return [line for line in lines if line][:height]
    beside = elsewhere or _peaks(view)
    room = (height - len(beside)) // len(sample.gpus)
    lines = [line for gpu in sample.gpus for line in _fewer(_one(gpu, view, width), max(room, 1))]
    return [*elsewhere, *lines][:height] if elsewhere else [*lines, *beside][:height]


def _one(gpu: GpuReading, view: GpuView, width: int) -> list[Line]:
    """A GPU's lines: memory, name, sensors, the worker's share, the last minutes."""
    name = printable((gpu.name or "GPU").removeprefix("NVIDIA "))
    lines: list[Line] = []
    if gpu.memory_used is not None and gpu.memory_total:
        share = gpu.memory_used / gpu.memory_total
        figures = f" {gpu.memory_used / 1e9:.1f}/{gpu.memory_total / 1e9:.0f} GB"
        label = f"{gpu.index} "
        filled, rest = bar(share, max(width - len(label) - len(figures), 3))
        lines.append(
            [(label, "name"), (filled, "high" if share > 0.9 else "used"), (rest, "free"), (figures, "")]
        )
    else:
        lines.append([(f"{gpu.index} memory {_absent(gpu, 'memory_used')}", "muted")])
    lines.append([(f"{name[:width]}", "name")])
    lines.append([("  ".join(_sensors(gpu)), "")])
    worker = (
        f"worker {units.memory(gpu.process_memory)}"
        if gpu.process_memory is not None
        else f"worker {_absent(gpu, 'process_memory')}"
    )
    lines.append([(worker, "" if gpu.process_memory is not None else "muted")])
    lines.append([(sparkline(view.gpus.get(gpu.index, ()), width, gpu.memory_total), "spark")])
    return lines


def _fewer(lines: list[Line], room: int) -> list[Line]:
    """Return the lines that matter most, in their order, where many GPUs share the pane."""
    kept = sorted(_IMPORTANCE[:room])
    return [lines[index] for index in kept]


_IMPORTANCE = (0, 4, 2, 3, 1)
"""Indices of a GPU's lines: memory, the last minutes, sensors, worker, name."""


def _sensors(gpu: GpuReading) -> Iterable[str]:
    """Utilisation, temperature and power; of several that cannot be read for one reason it is said once."""
    known = {
        "utilisation": "" if gpu.utilisation is None else f"{gpu.utilisation} %",
        "temperature": "" if gpu.temperature is None else f"{gpu.temperature} °C",
        "power": "" if gpu.power is None else f"{gpu.power:.0f} W",
    }
    yield from filter(None, known.values())
    absent = [field for field, shown in known.items() if not shown]
    if absent:
        yield f"{', '.join(absent)} {_absent(gpu, absent[0])}"


def _absent(gpu: GpuReading, field: str) -> str:
    reason = gpu.problems.get(field)
    return f"n/a ({reason})" if reason else "n/a"


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


def _process_lines(view: GpuView, sample: Sample, width: int) -> list[Line]:
    """What there is to say without a GPU: why, the worker's process, and the machine's memory."""
    worker = units.memory(sample.worker_rss) or "–"
    return [
        [("worker        ", "muted"), (worker, "name")],
        [(sparkline(view.worker, width), "spark")],
        *_peaks(view),
        _machine(sample, width),
        [(f"GPU n/a ({view.problem or 'none found'})", "muted")],
    ]
