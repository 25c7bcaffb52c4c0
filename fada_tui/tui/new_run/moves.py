"""What the keys do that move through a form and turn what stands there."""

from typing import Protocol

from textual.css.query import QueryType
from textual.widget import Widget

from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.fold import Fold
from fada_tui.tui.widgets.picklist import PickList


class _Screen(Protocol):
    @property
    def focused(self) -> Widget | None: ...
    def focus_next(self) -> Widget | None: ...
    def focus_previous(self) -> Widget | None: ...
    def query_one(self, selector: type[QueryType]) -> QueryType: ...


class MoveActions:
    """The actions of the keys that need nothing of a form but its lists and fields.

    To be named after `Screen` among a screen's bases.
    """

    def action_mark(self: _Screen) -> None:
        """Pick the row with the cursor; turn a choice."""
        if isinstance(self.focused, PickList):
            self.focused.pick()
        else:
            _turn(self.focused, 1)

    def action_turn(self: _Screen, step: int) -> None:
        """Turn a choice to the next value, or the one before; unfold or fold the rarer fields."""
        _turn(self.focused, step)

    def action_more(self: _Screen) -> None:
        """Unfold the rarer fields and go there, or fold them."""
        fold = self.query_one(Fold)
        fold.is_open = not fold.is_open
        fold.focus()

    def action_up(self: _Screen) -> None:
        """Go up in a list; from a field, to the one before."""
        if isinstance(self.focused, PickList):
            self.focused.move(-1)
        else:
            self.focus_previous()

    def action_down(self: _Screen) -> None:
        """Go down in a list; from a field, to the next."""
        if isinstance(self.focused, PickList):
            self.focused.move(1)
        else:
            self.focus_next()

    def action_page(self: _Screen, step: int) -> None:
        """Go so many pages down in a list, or up."""
        if isinstance(self.focused, PickList):
            self.focused.page(step)

    def action_section(self: _Screen, step: int) -> None:
        """Go to what comes next, or before."""
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()


def _turn(focused: Widget | None, step: int) -> None:
    if isinstance(focused, ChoiceField):
        focused.turn(step)
    elif isinstance(focused, Fold):
        focused.is_open = not focused.is_open
