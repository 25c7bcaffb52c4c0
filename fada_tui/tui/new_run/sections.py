"""The sections of the "New run" screen above the estimate: lists and fields, and what is wrong with them."""

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.widgets import Input, Static, TextArea

from fada_tui.config.settings import Settings
from fada_tui.images.catalogue import Catalogue
from fada_tui.models.registry import ModelRow
from fada_tui.tui.new_run import fields, layout
from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.fold import Fold
from fada_tui.tui.new_run.form import FIELDS, Form, Offer, meaningless, own_text
from fada_tui.tui.new_run.inputs import field, hint_beside, rows
from fada_tui.tui.new_run.server_field import ListServed, ServerField
from fada_tui.tui.terminal.sanitise import line
from fada_tui.tui.widgets.measured import Text
from fada_tui.tui.widgets.picklist import PickList

_HOMES = {"models": "models-list", "images": "images-list", "text": "text"}
"""Where the focus goes when something is wrong there; other fields have an input of their name."""

_ONE_EACH = "one on each line"
_KEPT_BY = "^o keeps them"


class Sections(VerticalScroll):
    """Shows a form; what is changed in it comes up as the messages of its lists and fields.

    Args:
        catalogue: the images.
        list_served: asks a server what it serves; without it there is no field for one.
    """

    def __init__(self, catalogue: Catalogue, list_served: ListServed | None) -> None:
        super().__init__(id="sections", can_focus=False)
        self._catalogue = catalogue
        self._list_served = list_served
        self._told: dict[Static, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out the sections."""
        with Container(classes="column", id="what"):
            with Vertical(id="models", classes="section"):
                yield PickList(id="models-list")
                if self._list_served is not None:
                    yield ServerField(self._list_served)
                yield Text("", markup=False, classes="fault")
            with Vertical(id="images", classes="section"):
                yield PickList(id="images-list")
                yield from rows(("images_from",))
                with Horizontal(classes="bounds"):
                    yield Static("Per category ", markup=False)
                    yield field("per_category")
                    yield Static("  in all ", markup=False)
                    yield field("limit")
                    yield hint_beside("limit")
                if caution := fields.caution(self._catalogue.images):
                    yield Static(line(caution), classes="caution")
                yield Text("", markup=False, classes="fault")
        with Vertical(classes="column"):
            with Vertical(id="questions", classes="section"):
                yield PickList(id="sets")
                yield TextArea(id="text", compact=True, show_line_numbers=True, highlight_cursor_line=False)
                yield Text("", markup=False, classes="fault")
            with Vertical(id="answering", classes="section"):
                yield from rows(layout.OFTEN)
                yield Fold("more", "More")
                with Vertical(id="more-fields"):
                    yield from rows(layout.MORE)
                yield Text("", markup=False, classes="fault")

    def on_mount(self) -> None:
        """Name the sections."""
        for name, title in (
            ("models", "Models"),
            ("images", "Images"),
            ("questions", "Questions"),
            ("answering", "Answers"),
        ):
            self.query_one(f"#{name}").border_title = title

    def fill(self, form: Form) -> None:
        """Write the fields' texts into them."""
        for name, text in form.typed.items():
            box = self.query_one(f"#{name}")
            assert isinstance(box, Input | ChoiceField)
            box.value = text

    def go_to_choices(self, form: Form) -> None:
        """Put each list's cursor on what is chosen there."""
        for list_id, key in (
            ("models-list", next(iter(form.models), "")),
            ("images-list", form.images),
            ("sets", form.set or fields.OWN),
        ):
            self.query_one(f"#{list_id}", PickList).go(key)

    def show(self, form: Form, offer: Offer, rows: Mapping[str, ModelRow]) -> None:
        """Show what there is to choose from, and what is chosen; `rows` are the models with their status."""
        self.query_one("#models-list", PickList).show(fields.model_rows(form, offer, rows))
        self.query_one("#images-list", PickList).show(fields.image_rows(form, offer))
        self.query_one("#sets", PickList).show(fields.set_rows(form, offer))
        hidden = meaningless(form, offer)
        for name in (*layout.OFTEN, *layout.MORE):
            self.query_one(f"#{layout.row_id(name)}").display = name not in hidden
        fold = self.query_one(Fold)
        says = fields.unfolded(form)
        fold.says = says or "precision, references, label …"
        fold.set_class(bool(says), "-set")

    def go_to(self, field: str) -> None:
        """Go to where something is wrong, wherever that is folded."""
        if field in layout.in_lines(layout.MORE):
            self.open_more()
            self.call_after_refresh(self.query_one(f"#{field}").focus)
        else:
            self.query_one(f"#{_HOMES.get(field, field)}").focus()

    def open_more(self) -> None:
        """Unfold the rarer fields."""
        self.query_one(Fold).is_open = True

    @on(Fold.Turned)
    def _turned(self, event: Fold.Turned) -> None:
        event.stop()
        self.set_class(event.is_open, "-open")
        focused = self.screen.focused
        if not event.is_open and focused and self.query_one("#more-fields") in focused.ancestors:
            event.fold.focus()

    def show_faults(
        self,
        form: Form,
        offer: Offer,
        found: Mapping[str, str],
        focused: str | None,
        origins: Mapping[str, str],
        notes: Mapping[str, str],
    ) -> None:
        """Show what is wrong, and where nothing is, notes.

        Args:
            form: as it is.
            offer: what there is to choose from.
            found: what is wrong, by field.
            focused: the field that is told of first.
            origins: where values are from that nobody changed here; see `fields.origins`.
            notes: on texts with which nothing is wrong, by field.
        """
        shown = fields.faults_by_section(found, focused)
        for section in ("models", "images", "questions", "answering"):
            fault = self.query_one(f"#{section} .fault", Text)
            self._tell(fault, f"! {shown[section]}" if section in shown else "")
            fault.display = section in shown
        for name in FIELDS:
            self.query_one(f"#{name}").set_class(name in found, "-wrong")
        hints = fields.beside(fields.hints(form, offer), origins)
        inline = fields.inline_faults(found)
        for place in self.query(".hint").results(Static):
            name = place.id or ""
            self._tell(place, inline.get(name, hints.get(name, "")), layout=False)
            place.set_class(name in inline, "-wrong")
        for first in (*layout.OFTEN, *layout.MORE):
            same = {origins.get(name) for name in layout.in_lines([first])}
            label = self.query_one(f"#{layout.row_id(first)} .label")
            label.set_class("remembered" in same, "-remembered")
        for name in filter(fields.is_text, FIELDS):
            told = " · ".join(filter(None, [origins.get(name), notes.get(name)]))
            self._note(name, f"! {found[name]}" if name in found else told, wrong=name in found)
        self.query_one("#models").border_subtitle = origins.get("model", "")
        keeps = _KEPT_BY if form.set is None and form.text != own_text(Settings()) else ""
        asked = origins.get("questions") or origins.get("question")
        self.query_one("#questions").border_subtitle = " · ".join(filter(None, [asked, _ONE_EACH, keeps]))

    def _note(self, name: str, text: str, *, wrong: bool) -> None:
        note = self.query_one(f"#{layout.note_id(name)}", Text)
        self._tell(note, text)
        note.set_class(wrong, "-wrong")
        note.display = bool(text)

    def _tell(self, place: Static, text: str, *, layout: bool = True) -> None:
        """Show a text; one that is shown already is not laid out again, with the whole screen around it."""
        if self._told.get(place, "") != text:
            self._told[place] = text
            place.update(line(text), layout=layout)
