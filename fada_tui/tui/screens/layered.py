"""A screen that goes on beneath others, and writes no more for it than what has changed and is seen."""

from typing import TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


class LayeredScreen(Screen[Result]):
    """A screen that others may lie upon while something changes on it.

    Textual then writes the whole terminal anew, each time, even where the screen above hides all of it: with
    a picture that is 100 KB a second, and 700 KB as sixel. It has no public way to write less.
    """

    def _compositor_refresh(self) -> None:
        top = self.app.screen
        if top is not self and top.styles.background.a == 1:
            self._compositor._dirty_regions.clear()  # all of it is drawn when it comes up again
            self._dirty_widgets.clear()
            return
        super()._compositor_refresh()
        if top is not self:
            self._repaint_required = False  # of every line: those that changed were passed on
