"""What the panes of the main screen stand in: each is given its cells by `state.geometry`."""

from collections.abc import Callable

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from fada_tui.tui.state.geometry import Boxes

Arrange = Callable[[int, int], Boxes]
"""Returns where the panes stand within so many columns and rows, by their ids."""


class _PaneLayout(Layout):
    """Places children by their ids; one without a place is hidden."""

    name = "panes"

    def __init__(self, arrange: Arrange) -> None:
        self._boxes = arrange

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return where each child stands."""
        parent.pre_layout(self)
        found = self._boxes(size.width, size.height)
        return [
            WidgetPlacement(Region(*box), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if (box := found.get(child.id or ""))
        ]


class Body(Widget):
    """Lays its children out in one go, whatever the terminal's size: no style is computed for it.

    Args:
        arrange: says where they stand.
        id: of the widget.
    """

    def __init__(self, arrange: Arrange, id: str) -> None:
        super().__init__(id=id)
        self._layout = _PaneLayout(arrange)

    @property
    def layout(self) -> Layout:
        """The layout of its panes."""
        return self._layout
