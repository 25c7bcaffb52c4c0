"""The keys that work now, flowed over as many lines as there is room for."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size

from fada_tui.tui.commands.command import Command
from fada_tui.tui.keymap import commands, shown_keys
from fada_tui.tui.widgets.measured import Measured

GAP = 2
"""Cells between two parts."""

Part = tuple[str, str]
"""Key and label."""


class KeyBar(Measured):
    """Shows the footer's commands of some places.

    Args:
        places: see `keymap.PLACES`; the first ones come first.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keybar--key", "keybar--label"}

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        width: 100%;
        height: auto;
        max-height: 3;
        padding: 0 1;
        background: $panel;
        & .keybar--key { color: $footer-key-foreground; text-style: bold; }
        & .keybar--label { color: $foreground; }
    }
    """

    def __init__(self, *places: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places: tuple[str, ...] = places

    @property
    def _keymap(self) -> Mapping[str, str]:
        """The user's keys, where the application has some."""
        return getattr(self.app, "keymap", {})

    def show(self, places: Sequence[str]) -> None:
        """Show the commands of these places from now on."""
        if tuple(places) != self._places:
            self._places = tuple(places)
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return how many cells the keys take on one line."""
        return sum(len(key) + len(label) + GAP + 1 for key, label in self._parts())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the keys take at this width."""
        return len(flowed(self._parts(), width))

    def render(self) -> RenderResult:
        """Draw the keys."""
        key_style = self.get_visual_style("keybar--key")
        label_style = self.get_visual_style("keybar--label")
        lines = []
        for parts in flowed(self._parts(), self.content_size.width):
            pieces: list[tuple[str, object] | str] = []
            for key, label in parts:
                pieces += [(f"{key} ", key_style), (f"{label}  ", label_style)]
            lines.append(Content.assemble(*pieces))  # type: ignore[arg-type]
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked."""
        lines = flowed(self._parts(), self.content_size.width)
        groups = iter(self._groups())
        shown = [[(part, next(groups)) for part in line] for line in lines]
        left = self.styles.padding.left
        for part, group in shown[event.y] if event.y < len(shown) else ():
            right = left + len(part[0]) + len(part[1]) + 3
            if left <= event.x < right:
                self.app.simulate_key(self._clicked(group, event.x - left))
                return
            left = right

    def _clicked(self, group: Sequence[Command], x: int) -> str:
        """The key at a cell of a group's keys; the first of them beside these."""
        chosen, end = group[0], 0
        for command in group:
            start, end = end, end + len(_shown(command, self._keymap)) + 1
            if start <= x < end:
                chosen = command
        return self._keymap.get(chosen.id, chosen.keys).split(",")[0].strip()

    def _groups(self) -> list[list[Command]]:
        """The commands, those together that share a label."""
        groups: list[list[Command]] = []
        for command in (one for place in self._places for one in commands(place) if one.footer):
            if command.label:
                groups.append([command])
            else:
                groups[-1].append(command)
        return groups

    def _parts(self) -> list[Part]:
        return [
            ("/".join(_shown(command, self._keymap) for command in group), group[0].label)
            for group in self._groups()
        ]


def _shown(command: Command, keymap: Mapping[str, str]) -> str:
    return shown_keys(command, keymap).split(" ")[0]


def flowed(parts: Sequence[Part], width: int) -> list[list[Part]]:
    """Return the parts line by line, none of them cut."""
    lines: list[list[Part]] = [[]]
    room = width
    for part in parts:
        needed = len(part[0]) + len(part[1]) + 3
        if needed - GAP > room and lines[-1]:
            lines.append([])
            room = width
        lines[-1].append(part)
        room -= needed
    return lines
