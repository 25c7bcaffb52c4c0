"""Widgets as high as what they show, also when it changes twice in one moment."""

from typing import Self

from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Static


class Measured(Widget):
    """A widget of height `auto` that is measured again after each of its changes.

    Textual keeps a widget's size by the number of its changes, and up to 8.2 at least counts only the first
    of those before the widget's next idle moment. Where a screen was laid out between two of them, while it
    opened or was resized, the second was given the first one's height, and the rest of its lines was cut off.
    """

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw it again, and with `layout` measure it again."""
        if layout and self._layout_required:
            self._layout_updates += 1
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class Text(Static, Measured):
    """Text that takes as many lines as it needs."""
