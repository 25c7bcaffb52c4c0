"""The fields of the "New run" screen, and what stands beside them."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from fada_tui.tui.new_run import fields, layout
from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.form import FIELDS, SEPARATOR
from fada_tui.tui.new_run.path_suggester import PathSuggester
from fada_tui.tui.widgets.measured import Text


def field(name: str) -> Widget:
    """Return the field of a setting, which takes nothing but what can make sense there."""
    if fields.is_choice(name):
        return ChoiceField(name, fields.choices(name))
    if not fields.is_text(name):
        return Input(
            id=name, compact=True, placeholder=fields.placeholder(name), restrict=fields.typable(name)
        )
    setting = FIELDS[name]
    ends = PathSuggester(SEPARATOR if setting.kind == "texts" else "") if setting.path else None
    return Input(id=name, compact=True, placeholder=fields.placeholder(name), suggester=ends, classes="text")


def hint_beside(name: str) -> Static:
    """Return what stands behind the last field of a line: a note, or what is wrong with it."""
    return Static("", markup=False, classes="hint", id=layout.hint_id(name))


def rows(names: Iterable[str]) -> ComposeResult:
    """Lay out fields line by line."""
    for name in names:
        with Horizontal(classes="field", id=layout.row_id(name)):
            yield Static(FIELDS[name].label, markup=False, classes="label")
            yield field(name)
            if name in layout.BESIDE:
                word, other = layout.BESIDE[name]
                yield Static(f" {word} ", markup=False, classes="between")
                yield field(other)
            if not fields.is_text(name):
                yield hint_beside(name)
        if fields.is_text(name):
            yield Text("", markup=False, classes="note", id=layout.note_id(name))
