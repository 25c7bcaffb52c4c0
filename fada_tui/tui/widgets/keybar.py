"""The keys that work now, flowed over as many lines as there is room for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size

from fada_tui.tui.commands.command import Command
from fada_tui.tui.keymap import commands, shown_keys
from fada_tui.tui.present.footer import by_use
from fada_tui.tui.widgets.measured import Measured

GAP = 2
"""Cells between two parts."""

LOW = 20
"""Lines of the terminal below which steady keys take one line."""


class Group(NamedTuple):
    """Commands that share a label."""

    commands: tuple[Command, ...]
    keys: str
    label: str

    @property
    def cells(self) -> int:
        """How many it takes, with the gap behind it."""
        return len(self.keys) + len(self.label) + 1 + GAP


class KeyBar(Measured):
    """Shows the footer's commands of some places.

    Args:
        places: see `keymap.PLACES`; the first ones come first.
        steady: take the same lines whatever there is to show, so that nothing above is moved: one on a small
            terminal, else two. The most used commands come first, and help always has its place.
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

    def __init__(self, *places: str, id: str | None = None, steady: bool = False) -> None:
        super().__init__(id=id)
        self._places: tuple[str, ...] = places
        self._steady = steady
        self._idle: frozenset[str] = frozenset()
        self._known: tuple[object, ...] = ()
        """What the lines were laid out for."""
        self._laid: list[list[Group]] = []

    @property
    def _keymap(self) -> Mapping[str, str]:
        """The user's keys, where the application has some."""
        return getattr(self.app, "keymap", {})

    def show(self, places: Sequence[str], idle: frozenset[str] = frozenset()) -> None:
        """Show the commands of these places from now on, without those that do nothing now.

        Args:
            places: see `keymap.PLACES`.
            idle: ids of the commands to leave out.
        """
        if (tuple(places), idle) != (self._places, self._idle):
            self._places, self._idle = tuple(places), idle
            self.refresh(layout=not self._steady)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return how many cells the keys take on one line."""
        return sum(group.cells for group in self._groups())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the keys take at this width."""
        if self._steady:
            return 1 if viewport.height < LOW else 2
        return len(flowed(self._groups(), width))

    def render(self) -> RenderResult:
        """Draw the keys."""
        key_style = self.get_visual_style("keybar--key")
        label_style = self.get_visual_style("keybar--label")
        lines = []
        for groups in self._lines():
            pieces: list[tuple[str, object] | str] = []
            for group in groups:
                pieces += [(f"{group.keys} ", key_style), (f"{group.label}  ", label_style)]
            lines.append(Content.assemble(*pieces))  # type: ignore[arg-type]
        return Content("\n").join(lines)

    def _lines(self) -> list[list[Group]]:
        """The commands line by line, laid out again only when there are others, or another size."""
        size = self.content_size
        wanted = (self._places, self._idle, size, self._keymap)
        if wanted != self._known:
            groups = self._groups()
            self._known = wanted
            self._laid = kept(groups, *size) if self._steady else flowed(groups, size.width)
        return self._laid

    def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked."""
        lines = self._lines()
        left = self.styles.padding.left
        for group in lines[event.y] if event.y < len(lines) else ():
            if left <= event.x < left + group.cells:
                self.app.simulate_key(self._clicked(group.commands, event.x - left))
                return
            left += group.cells

    def _clicked(self, commands: Sequence[Command], x: int) -> str:
        """The key at a cell of a group's keys; the first of them beside these."""
        chosen, end = commands[0], 0
        for command in commands:
            start, end = end, end + len(_shown(command, self._keymap)) + 1
            if start <= x < end:
                chosen = command
        return self._keymap.get(chosen.id, chosen.keys).split(",")[0].strip()

    def _groups(self) -> list[Group]:
        """The commands, those together that share a label."""
        groups: list[list[Command]] = []
        for command in (one for place in self._places for one in commands(place) if one.footer):
            if command.label:
                groups.append([command])
            else:
                groups[-1].append(command)
        shown = {group[0].id: self._group(group) for group in groups if group[0].id not in self._idle}
        return [shown[name] for name in (by_use(shown) if self._steady else shown)]

    def _group(self, commands: Sequence[Command]) -> Group:
        keys = "/".join(_shown(command, self._keymap) for command in commands)
        return Group(tuple(commands), keys, commands[0].label)


def _shown(command: Command, keymap: Mapping[str, str]) -> str:
    return shown_keys(command, keymap).split(" ")[0]


def flowed(groups: Iterable[Group], width: int) -> list[list[Group]]:
    """Return commands line by line, none of them cut."""
    lines: list[list[Group]] = [[]]
    room = width
    for group in groups:
        if group.cells - GAP > room and lines[-1]:
            lines.append([])
            room = width
        lines[-1].append(group)
        room -= group.cells
    return lines


def kept(groups: Sequence[Group], width: int, height: int) -> list[list[Group]]:
    """Return as many commands as there is room for on some lines, and help at the end of the last one."""
    help_ = [group for group in groups if group.commands[0].id == "help"]
    rooms = [width] * max(height, 1)
    rooms[-1] -= sum(group.cells for group in help_)
    lines: list[list[Group]] = [[] for _ in rooms]
    for group in groups:
        if group in help_:
            continue
        for number, room in enumerate(rooms):
            if group.cells - GAP <= room:
                lines[number].append(group)
                rooms[number] -= group.cells
                break
    lines[-1] += help_
    return lines
