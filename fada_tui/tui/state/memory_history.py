"""The last minutes of memory, for the sparkline, and lines of block characters."""

from collections import deque
from collections.abc import Sequence

from fada_tui.runs.telemetry import Sample

MINUTES = 4
SAMPLES = 60 * MINUTES
"""At one a second."""

_BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


class MemoryHistory:
    """Memory used over the last minutes: by GPU, and of the worker's process where there is none."""

    def __init__(self) -> None:
        self._last: Sample | None = None
        self._series: dict[int | None, deque[int]] = {}

    def add(self, sample: Sample) -> None:
        """Take a sample in; the same one again counts once."""
        if sample is self._last:
            return
        self._last = sample
        for gpu in sample.gpus:
            if gpu.memory_used is not None:
                self._of(gpu.index).append(gpu.memory_used)
        self._of(None).append(sample.worker_rss or 0)

    def series(self, gpu: int | None) -> tuple[int, ...]:
        """Return bytes, the oldest first: of a GPU by its index, or of the worker's process."""
        return tuple(self._series.get(gpu, ()))

    def _of(self, gpu: int | None) -> deque[int]:
        return self._series.setdefault(gpu, deque(maxlen=SAMPLES))


def bar(share: float, width: int) -> tuple[str, str]:
    """Return a bar of `width` cells as its filled part and the rest."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    whole, part = divmod(eighths, 8)
    filled = "█" * whole + (_EIGHTHS[part] if part else "")
    return filled, " " * (width - len(filled))


def sparkline(values: Sequence[int], width: int, top: int | None = None) -> str:
    """Return the last values as blocks, `top` (else their largest) the highest; the latest at the right.

    Where there are more values than cells, each cell shows the largest of its span, so that no peak is lost.
    """
    if not values or width < 1:
        return ""
    span = -(-len(values) // width)
    spans = [values[max(end - span, 0) : end] for end in range(len(values), 0, -span)]
    shown = [max(span) for span in reversed(spans)]
    highest = max(top or 0, *shown, 1)
    return "".join(_BLOCKS[min(round(value / highest * 7), 7)] for value in shown)
