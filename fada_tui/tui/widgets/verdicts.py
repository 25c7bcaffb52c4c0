"""The verdicts beneath an answer: which keys judge it, what they mean, and what was said."""

from collections.abc import Mapping
from typing import ClassVar, cast

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.visual import VisualType

from fada_tui.core.records import Verdict
from fada_tui.core.text import printable
from fada_tui.tui.present.cells import shortened_end
from fada_tui.tui.present.glyphs import GLYPHS
from fada_tui.tui.present.wrapping import wrapped
from fada_tui.tui.state.geometry import Depth
from fada_tui.tui.widgets.measured import Measured

WIDE = 64
"""Cells from which the context flag has room for its name."""

NARROW = 54
"""Cells below which only the verdict that was given is spelled out."""

_FLAG = {True: "yes", False: "no", None: "–"}

_ROW: tuple[tuple[str, Verdict], ...] = (("1", "correct"), ("2", "partial"), ("3", "incorrect"))


MEANING_FROM = 16
"""The cell in which the rubric's words begin, beside key, glyph and verdict."""

Meanings = Mapping[Verdict, str]
"""The rubric's words for the verdicts."""


def meaning_lines(meaning: str, width: int, depth: Depth) -> list[str]:
    """Return the rubric's words for a verdict as they stand beside it: whole, or on one line."""
    room = max(width - MEANING_FROM, 1)
    text = printable(" ".join(meaning.split()))
    return wrapped(text, room) if depth == "whole" else [shortened_end(text, room)]


def rows_of(meanings: Meanings, width: int, depth: Depth) -> int:
    """Return how many rows verdicts and context flag take."""
    if depth == "row" or not meanings:
        return 1
    return 1 + sum(len(meaning_lines(meanings.get(verdict, ""), width, depth)) for _, verdict in _ROW)


class Verdicts(Measured):
    """Three verdicts and the context flag; a click does what the key does.

    They stand on one line or, where there is room, beneath each other with what the rubric says of them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "verdicts--correct",
        "verdicts--partial",
        "verdicts--incorrect",
        "verdicts--key",
        "verdicts--off",
    }

    DEFAULT_CSS = """
    Verdicts {
        height: auto;
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
        self._meanings: Meanings = {}
        self._depth: Depth = "row"

    def explain(self, meanings: Meanings, depth: Depth) -> None:
        """Show what the verdicts mean, whole or each on one line; `row` shows them on one line alone."""
        if (meanings, depth) != (self._meanings, self._depth):
            self._meanings, self._depth = meanings, depth
            self.refresh(layout=True)

    def show(self, verdict: Verdict | None, context: bool | None, name: str, *, active: bool) -> None:
        """Show a verdict and a context flag; `active` where there is an answer to judge."""
        if (verdict, context, name, active) != self._shown:
            self._shown = (verdict, context, name, active)
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many rows they take."""
        return rows_of(self._meanings, width, self._depth)

    @property
    def _explained(self) -> bool:
        return self._depth != "row" and bool(self._meanings)

    def render(self) -> RenderResult:
        """Draw them."""
        return self._render_rows() if self._explained else self._render_row()

    def _render_rows(self) -> RenderResult:
        verdict, context, name, active = self._shown
        width = self.content_size.width
        off = self.get_visual_style("verdicts--off")
        key_style = self.get_visual_style("verdicts--key") if active else off
        lines: list[Content] = []
        for key, value in _ROW:
            given = value == verdict
            style = self.get_visual_style(f"verdicts--{value}") if given else "" if active else off
            label = f"[{GLYPHS[value]} {value}]" if given else f" {GLYPHS[value]} {value} "
            first, *more = meaning_lines(self._meanings.get(value, ""), width, self._depth)
            pieces: list[tuple[str, object]] = [
                (f"{key} ", key_style),
                (label, style),
                (" " * max(MEANING_FROM - 2 - len(label), 1), ""),
                (first, off),
            ]
            lines.append(Content.assemble(*pieces))  # type: ignore[arg-type]
            lines += [Content.styled(" " * MEANING_FROM + line, off) for line in more]
        pieces = [("c ", key_style), (f" {printable(name)} {_FLAG[context]}", "" if active else off)]
        lines.append(Content.assemble(*pieces))  # type: ignore[arg-type]
        return cast("VisualType", Content("\n").join(lines))

    def _render_row(self) -> RenderResult:
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
        label = "context" if narrow else printable(name)
        parts.append(("c", f" {label} {_FLAG[context]}", "" if active else "verdicts--off"))
        return parts

    def on_click(self, event: events.Click) -> None:
        """Judge by mouse."""
        if self._explained:
            self._choose_row(event.y)
            return
        left = 0
        for (key, label, _), value in zip(self._parts(), (*(v for _, v in _ROW), None), strict=True):
            right = left + len(key) + len(label) + self._gap
            if left <= event.x < right:
                self.post_message(self.Chosen(value))
                return
            left = right

    def _choose_row(self, y: int) -> None:
        """Judge by the row that was clicked; the last one is the context flag."""
        for _, verdict in _ROW:
            y -= len(meaning_lines(self._meanings.get(verdict, ""), self.content_size.width, self._depth))
            if y < 0:
                self.post_message(self.Chosen(verdict))
                return
        self.post_message(self.Chosen(None))
