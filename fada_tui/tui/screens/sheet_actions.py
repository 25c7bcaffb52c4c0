"""The keys that move over a sheet, for the screens that have one."""

from textual.dom import DOMNode

from fada_tui.tui.widgets.sheet import Sheet


class SheetActions(DOMNode):
    """Actions of a screen with one sheet; a base after `Screen`, whose styles come by the first base."""

    def action_move(self, step: int) -> None:
        """Go so many rows down."""
        sheet = self.query_one(Sheet)
        sheet.go(sheet.cursor + step)

    def action_page(self, step: int) -> None:
        """Go a page down, or up."""
        sheet = self.query_one(Sheet)
        sheet.go(sheet.cursor + step * sheet.page)

    def action_first(self) -> None:
        """Go to the first row."""
        self.query_one(Sheet).go(0)

    def action_last(self) -> None:
        """Go to the last row."""
        sheet = self.query_one(Sheet)
        sheet.go(sheet.row_count - 1)
