"""The row of verdicts beneath an answer: which keys judge it, and what was said."""

from typing import ClassVar, cast

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.visual import VisualType
from textual.widget import Widget

from fada_tui.core.records import Verdict
from fada_tui.core.text import printable

GLYPHS: dict[str, str] = {
    "correct": "✓",
    "partial": "◐",
    "incorrect": "✗",
    "unjudged": "·",
    "running": "▶",
    "error": "!",
    "waiting": " ",
}
"""One cell each; a verdict is never told by its colour alone."""

FLAG = "⚑"
"""Of an answer that its assessor wants to look at once more; one cell."""

WIDE = 64
"""Cells from which the context flag has room for its name."""

NARROW = 54
"""Cells below which only the verdict that was given is spelled out."""

_ROW: tuple[tuple[str, Verdict], ...] = (("1", "correct"), ("2", "partial"), ("3", "incorrect"))


class Verdicts(Widget):
    """Three verdicts and the context flag on one line; a click does what the key does."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "verdicts--correct",
        "verdicts--partial",
        "verdicts--incorrect",
        "verdicts--key",
        "verdicts--off",
    }

    DEFAULT_CSS = """
    Verdicts {
        height: 1;
        & .verdicts--correct { color: $background; background: $correct; text-style: bold; }
        & .verdicts--partial { color: $background; background: $partial; text-style: bold; }
        & .verdicts--incorrect { color: $background; background: $incorrect; text-style: bold; }
        & .verdicts--key { color: $footer-key-foreground; text-style: bold; }
        & .verdicts--off { color: $muted; }
    }
    """

    class Chosen(Message):
        """A verdict was clicked; `None` is the context flag."""

        def __init__(self, verdict: Verdict | None) -> None:
            super().__init__()
            self.verdict = verdict

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Verdict | None, bool | None, str, bool] = (None, None, "", False)

    def show(self, verdict: Verdict | None, context: bool | None, name: str, *, active: bool) -> None:
        """Show a verdict and a context flag; `active` where there is an answer to judge."""
        if (verdict, context, name, active) != self._shown:
            self._shown = (verdict, context, name, active)
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1: it is one line."""
        return 1

    def render(self) -> RenderResult:
        """Draw the row."""
        pieces: list[tuple[str, object]] = []
        for key, label, style in self._parts():
            key_style = self.get_visual_style("verdicts--key" if self._shown[3] else "verdicts--off")
            space = " " if label.startswith(" ") else ""
            pieces += [
                (key + space, key_style),
                (label.removeprefix(space), self.get_visual_style(style) if style else ""),
                (" " * self._gap, ""),
            ]
        return cast("VisualType", Content.assemble(*pieces))  # type: ignore[arg-type]

    @property
    def _gap(self) -> int:
        return 2 if self.content_size.width >= WIDE else 1

    def _parts(self) -> list[tuple[str, str, str]]:
        """Return key, label and style of each part; the verdict is spelled out where that has room."""
        spelled = self._labelled(spelled=True)
        cells = sum(len(key) + len(label) + self._gap for key, label, _ in spelled) - self._gap
        return spelled if cells <= self.content_size.width else self._labelled(spelled=False)

    def _labelled(self, *, spelled: bool) -> list[tuple[str, str, str]]:
        verdict, context, name, active = self._shown
        narrow, tight = self._gap == 1, self.content_size.width < NARROW
        parts = []
        for key, value in _ROW:
            style = f"verdicts--{value}" if value == verdict else "" if active else "verdicts--off"
            mark = ("[", "]") if value == verdict else (" ", " ")
            word = f" {value}" if (spelled and value == verdict) or not tight else ""
            parts.append((key, f"{mark[0]}{GLYPHS[value]}{word}{mark[1]}", style))
        flag = {True: "yes", False: "no", None: "–"}[context]
        label = "context" if narrow else printable(name)
        parts.append(("c", f" {label} {flag}", "" if active else "verdicts--off"))
        return parts

    def on_click(self, event: events.Click) -> None:
        """Judge by mouse."""
        left = 0
        for (key, label, _), value in zip(self._parts(), (*(v for _, v in _ROW), None), strict=True):
            right = left + len(key) + len(label) + self._gap
            if left <= event.x < right:
                self.post_message(self.Chosen(value))
                return
            left = right
