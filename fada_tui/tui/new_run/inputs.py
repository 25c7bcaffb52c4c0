"""The fields of the "New run" screen, and what stands beside them."""

from textual.widgets import Input, Static

from fada_tui.tui.new_run.fields import hint_id, placeholder, typable


def number_field(name: str) -> Input:
    """Return the field of a setting, which takes nothing but what can make sense there."""
    return Input(id=name, compact=True, placeholder=placeholder(name), restrict=typable(name))


def hint_beside(name: str) -> Static:
    """Return what stands behind the last field of a line: a note, or what is wrong with it."""
    return Static("", markup=False, classes="hint", id=hint_id(name))
