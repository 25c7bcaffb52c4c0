"""Tabs for small terminals: which panes are shown."""

from typing import ClassVar, cast

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.visual import VisualType
from textual.widget import Widget

TABS: dict[str, str] = {"models": "Models · GPU", "images": "Images", "review": "Picture · Answer"}


class TabBar(Widget):
    """One line of tabs; the chosen one stands in brackets."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabbar--chosen"}

    DEFAULT_CSS = """
    TabBar {
        height: 1;
        background: $panel;
        padding: 0 1;
        & .tabbar--chosen { color: $background; background: $primary; text-style: bold; }
    }
    """

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self) -> None:
        super().__init__()
        self._tab = "images"

    def show(self, tab: str) -> None:
        """Show which tab is chosen."""
        if tab != self._tab:
            self._tab = tab
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return 1: it is one line."""
        return 1

    def render(self) -> RenderResult:
        """Draw the tabs."""
        pieces: list[tuple[str, object]] = []
        for tab, label in TABS.items():
            chosen = tab == self._tab
            style = self.get_visual_style("tabbar--chosen") if chosen else ""
            pieces += [(f"[{label}]" if chosen else f" {label} ", style), (" ", "")]
        pieces.append((" tab ⇥", ""))
        return cast("VisualType", Content.assemble(*pieces))  # type: ignore[arg-type]

    def on_click(self, event: events.Click) -> None:
        """Choose a tab by mouse."""
        left = 0
        for tab, label in TABS.items():
            if left <= event.x < (left := left + len(label) + 3):
                self.post_message(self.Chosen(tab))
                return
