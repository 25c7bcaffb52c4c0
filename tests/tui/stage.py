"""A bare app to put a widget or a screen on."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from fada_tui.tui.closing import OrderlyApp
from fada_tui.tui.themes import THEMES

Heard = TypeVar("Heard", bound=Message)


class Stage(OrderlyApp[object]):
    """Shows widgets or a screen in our themes; what a screen returns is kept in `returned`."""

    def __init__(self, *widgets: Widget, screen: Screen[object] | None = None, theme: str = "dark") -> None:
        super().__init__()
        self._actors = widgets
        self._first = screen
        self.returned: object = "nothing yet"
        self.messages: list[Message] = []
        for one in THEMES.values():
            self.register_theme(one)
        self.theme = THEMES[theme].name  # type: ignore[index]

    def compose(self) -> ComposeResult:
        yield from self._actors

    def on_mount(self) -> None:
        if self._first is not None:
            self.push_screen(self._first, self._take)

    def _take(self, value: object) -> None:
        self.returned = value

    def shown(self, width: int, height: int) -> AbstractAsyncContextManager[Pilot[object]]:
        """Run it on a terminal of this size, keeping the messages."""
        return self.run_test(size=(width, height), message_hook=self._hear)

    def _hear(self, message: Message) -> None:
        if not any(message is one for one in self.messages):
            self.messages.append(message)

    def heard(self, kind: type[Heard]) -> list[Heard]:
        """The messages of a kind that widgets sent."""
        return [message for message in self.messages if isinstance(message, kind)]


def lines_of(app: App[object]) -> list[str]:
    """What stands on the screen, line by line."""
    width, height = app.size
    strips: Iterable[object] = app.screen._compositor.render_strips()
    return [getattr(strip, "text", "")[:width] for strip in strips][:height]
