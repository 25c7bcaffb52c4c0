"""The line that says how far the run is."""

from typing import ClassVar, cast

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.visual import VisualType
from textual.widget import Widget

from fada_tui.core.text import printable
from fada_tui.tui.state.views import RunView

_WORDS = {
    "loading": "loading",
    "running": "running",
    "stopping": "stopping",
    "ended": "ended",
    "idle": "idle",
}


class RunBar(Widget):
    """Progress, elapsed and remaining time, mean time, errors, queue; the least important goes first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"runbar--bar", "runbar--rest", "runbar--muted", "runbar--error"}

    DEFAULT_CSS = """
    RunBar {
        height: 1;
        padding: 0 1;
        & .runbar--bar { color: $primary; }
        & .runbar--rest { color: $border; }
        & .runbar--muted { color: $muted; }
        & .runbar--error { color: $error; text-style: bold; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view = RunView()

    def show(self, view: RunView) -> None:
        """Show this state of the run."""
        if view != self._view:
            self._view = view
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1: it is one line."""
        return 1

    def render(self) -> RenderResult:
        """Draw the line."""
        view, width = self._view, self.content_size.width
        if view.state == "idle":
            told = "  ".join(part for part in (printable(view.label), waiting(view)) if part)
            return cast(
                "VisualType",
                Content.assemble(("○ idle  ", self.get_visual_style("runbar--muted")), told),
            )
        word = "following" if view.maker and view.state == "running" else _WORDS[view.state]
        head = f"{'■' if view.state == 'ended' else '▶'} {word} {printable(view.label)}  "
        parts = fitting(figures(view), width - len(head) - 14)
        tail = "  ".join(parts)
        room = max(width - len(head) - len(tail) - 2, 0)
        bar = min(room, 30)
        filled = round(bar * view.done / view.total) if view.total else 0
        failed = self.get_visual_style("runbar--error") if view.errors else ""
        pieces: list[tuple[str, object]] = [
            (head, "bold"),
            ("━" * filled, self.get_visual_style("runbar--bar")),
            ("─" * (bar - filled), self.get_visual_style("runbar--rest")),
            ("  ", ""),
        ]
        pieces += [(f"{part}  ", failed if "error" in part else "") for part in parts]
        return cast("VisualType", Content.assemble(*pieces))  # type: ignore[arg-type]


def figures(view: RunView) -> list[str]:
    """Return the figures, the most important first."""
    errors = f"{view.errors} error{'s' * (view.errors != 1)}" if view.errors else ""
    rests = view.kept > 0 and view.state == "ended"
    parts = [
        waiting(view) if rests else "",
        f"{view.done}/{view.total}" if view.total else "",
        printable(view.trouble),
        errors,
        f"{view.to_judge} to judge" if view.to_judge else "",
        printable(view.maker),
        f"{clock(view.remaining)} left" if view.remaining is not None else "",
        printable(view.workers),
        f"{view.mean:.2f} s each" if view.mean is not None else "",
        f"{clock(view.elapsed)} elapsed" if view.elapsed is not None else "",
        "" if rests else waiting(view),
        *([printable(device.doing) for device in view.devices] or [printable(view.at)]),
    ]
    return [part for part in parts if part]


def waiting(view: RunView) -> str:
    """Return how many runs wait, with the key that leads to the queue where none starts by itself."""
    if not view.waiting:
        return ""
    key = " (Q)" if view.kept == view.waiting else ""
    return f"{view.waiting} {'waits' if view.waiting == 1 else 'wait'}{key}"


def fitting(parts: list[str], width: int) -> list[str]:
    """Return as many of the first parts as fit."""
    kept: list[str] = []
    for part in parts:
        width -= len(part) + 2
        if width < 0 and kept:
            break
        kept.append(part)
    return kept


def clock(seconds: float) -> str:
    """Return a duration as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
