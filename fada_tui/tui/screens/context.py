"""The rubric's context flag of one answer: yes, no, or unset."""

from typing import ClassVar

from msgspec import Struct
from textual.binding import BindingType

from fada_tui.tui.keymap import bindings
from fada_tui.tui.screens.strip import Strip


class ContextFlag(Struct, frozen=True):
    """The flag as it was chosen."""

    value: bool | None
    """`None` for unset."""


class ContextScreen(Strip[ContextFlag | None]):
    """Returns the flag that was chosen, or `None` where nothing is to change.

    Args:
        name: the flag's, by the rubric.
    """

    PLACES = ("context",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("context")]

    def __init__(self, name: str) -> None:
        super().__init__(name)

    def action_set(self, value: bool | None) -> None:
        """Choose a value."""
        self.dismiss(ContextFlag(value))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
