"""The fields of the "New run" screen, and what stands beside them."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from fada_tui.tui.new_run.fields import BESIDE, ROWS, hint_id, placeholder, row_id, typable
from fada_tui.tui.new_run.form import FIELDS


def number_field(name: str) -> Input:
    """Return the field of a setting, which takes nothing but what can make sense there."""
    return Input(id=name, compact=True, placeholder=placeholder(name), restrict=typable(name))


def hint_beside(name: str) -> Static:
    """Return what stands behind the last field of a line: a note, or what is wrong with it."""
    return Static("", markup=False, classes="hint", id=hint_id(name))


def answering_rows() -> ComposeResult:
    """Lay out the fields of how answers are made, line by line."""
    for name in ROWS:
        with Horizontal(classes="field", id=row_id(name)):
            yield Static(FIELDS[name].label, markup=False, classes="label")
            yield number_field(name)
            if name in BESIDE:
                word, other = BESIDE[name]
                yield Static(f" {word} ", markup=False, classes="between")
                yield number_field(other)
            yield hint_beside(name)
