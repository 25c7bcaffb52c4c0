"""Setting up a run: which models answer which questions about which images, and what it will take."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Button, Input, TextArea

from fada_tui.config.last_run import forget, remember
from fada_tui.config.questions import QUESTION_SETS
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import state_file
from fada_tui.core.records import PlannedImage
from fada_tui.images.catalogue import Catalogue
from fada_tui.models.registry import ModelRow, Registry
from fada_tui.runs.several import cards_of
from fada_tui.runs.telemetry import Sample
from fada_tui.tui.keymap import bindings
from fada_tui.tui.new_run import fields, files, options, served
from fada_tui.tui.new_run.choice_field import ChoiceField
from fada_tui.tui.new_run.estimate_section import EstimateSection
from fada_tui.tui.new_run.fold import Fold
from fada_tui.tui.new_run.form import (
    FIELDS,
    Form,
    Offer,
    RunRequest,
    faults,
    questions,
    request,
    shown_questions,
    toggled_model,
    with_text,
    with_typed,
)
from fada_tui.tui.new_run.moves import MoveActions
from fada_tui.tui.new_run.question_name import QuestionName
from fada_tui.tui.new_run.sections import Sections
from fada_tui.tui.new_run.server_field import ListServed, ServerField
from fada_tui.tui.widgets.keybar import KeyBar
from fada_tui.tui.widgets.picklist import PickList
from fada_tui.tui.widgets.restyle import mark
from fada_tui.tui.widgets.title import Title

if TYPE_CHECKING:
    from fada_tui.tui.state.disk_index import DiskIndex

ROOMY = (72, 22)
"""Cells from which the sections stand in two columns; less than that scrolls."""

ROOM_FOR_ALL = 46
"""Lines from which the rarer fields are unfolded at first."""

WIDE = 150
"""Cells from which models and images stand side by side, too."""

PAUSE = 0.3
"""Seconds without a change after which the files that are named are read."""

SURE_SECONDS = 5.0
"""Seconds within which a key has to come again that loses something."""


class NewRunScreen(Screen[RunRequest | None], MoveActions):
    """The screen for models, images, questions, and the expected time and memory.

    Args:
        registry: the model list.
        rows: the models with their status.
        catalogue: the images.
        marked_models: those that are chosen at first, in place of what the settings say.
        marked_images: those that are chosen at first, in place of what the settings say.
        settings: as the program was started with.
        given: names of the settings that a person gave.
        disk_index: the runs that were made before.
        sample: the machine as it was measured last.
        list_served: asks a server what it serves; without it there is no field for one.
        filtered_images: those that the main screen's filter shows.
        filter_text: that filter; empty where there is none.
        label: added to the names of the runs' folders, as the program was started with.
    """

    PLACES = ("setup",)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("setup", "choice", "field")]
    CSS_PATH = "../styles/new_run.tcss"
    AUTO_FOCUS = "#models-list"

    def __init__(
        self,
        *,
        registry: Registry,
        rows: Sequence[ModelRow],
        catalogue: Catalogue,
        marked_models: Sequence[str],
        marked_images: tuple[PlannedImage, ...],
        settings: Settings,
        given: frozenset[str],
        disk_index: "DiskIndex",
        sample: Sample | None,
        list_served: ListServed | None = None,
        filtered_images: tuple[PlannedImage, ...] = (),
        filter_text: str = "",
        label: str | None = None,
    ) -> None:
        super().__init__()
        self._rows = {row.entry.name: row for row in rows}
        self._catalogue = catalogue
        self._registry = registry
        self._list_served = list_served
        self._disk_index, self._sample = disk_index, sample
        self._read = partial(
            options.read,
            settings=settings,
            given=given,
            registry=registry,
            entries=[row.entry for row in rows] or registry.entries,
            catalogue=catalogue,
            marked_models=marked_models,
            marked_images=marked_images,
            state=state_file(),
            filtered_images=filtered_images,
            filter_text=filter_text,
            label=label,
            cards=cards_of(sample),
        )
        self._offer: Offer | None = None
        self._form = self._first = Form()
        self._files = files.Files()
        self._reading: Timer | None = None
        """Runs while something is typed that names a file."""
        self._forgetting: Timer | None = None
        """Runs while it is asked whether to forget what was chosen last."""
        self._opened = asyncio.Event()
        self._leaving = False
        self._unfolded = False
        """Whether the rarer fields were unfolded because there is room."""

    def compose(self) -> ComposeResult:
        """Lay out the sections."""
        yield Title(self._title({}))
        yield Sections(self._catalogue, self._list_served)
        yield EstimateSection(self._disk_index, self._sample)
        yield KeyBar(*self.PLACES)

    def _title(self, origins: Mapping[str, str]) -> str:
        """Return the first line: what this is, and how to forget what is remembered."""
        parts = ["New run", self._catalogue.name, f"{len(self._catalogue.images):,} images"]
        if self._forgetting:
            parts = ["X again forgets what was chosen last, own questions too"]
        elif "remembered" in origins.values():
            parts.append("X forgets what is remembered")
        return "  │  ".join(parts)

    def on_mount(self) -> None:
        """Find out what there is to choose from."""
        self.run_worker(self._open())

    async def _open(self) -> None:
        opening = await asyncio.to_thread(self._read)
        self._offer, self._form, self._first = opening.offer, opening.form, opening.form
        self._sections.fill(self._form)
        self._show_questions()
        self._changed()
        self._sections.go_to_choices(self._form)
        self.query_one(EstimateSection).show(self._form, self._offer)
        self._opened.set()
        if self._list_served is not None:
            urls = served.servers_of(self._offer.models.values(), self._offer.settings.allow_host)
            self.query_one(ServerField).ask_all(urls)

    @property
    def _sections(self) -> Sections:
        return self.query_one(Sections)

    # What is chosen

    def _choose(self, form: Form) -> None:
        if form != self._form:
            self._form = form
            self._changed()

    def _changed(self) -> None:
        if self._offer is None:
            return
        self._sections.show(self._form, self._offer, self._rows)
        self._show_faults()
        self.query_one(EstimateSection).show_soon(self._form, self._offer)
        self._read_soon()

    @on(PickList.Picked, "#models-list")
    def _model_picked(self, event: PickList.Picked) -> None:
        self._choose(toggled_model(self._form, event.key))

    @on(ServerField.Found)
    def _served(self, event: ServerField.Found) -> None:
        if self._offer is None:
            return
        self._form, self._offer, rows = served.found(
            self._form, self._offer, self._registry, event.url, event.listed, typed=event.typed
        )
        self._changed()
        if event.typed and rows:
            picks = self.query_one("#models-list", PickList)
            waits = self.query_one(ServerField).waits(event.url)
            for name in (rows[-1], rows[0]) if waits or picks is not self.focused else ():
                picks.go(name)  # the last one, too, so that all of them are in sight, where they fit
            if waits:
                picks.focus()

    @on(PickList.Picked, "#images-list")
    def _images_picked(self, event: PickList.Picked) -> None:
        match event.key:
            case "all" | "filtered" | "marked" | "categories" as which:
                self._choose(replace(self._form, images=which))
            case key:
                chosen = self._form.categories ^ {key.removeprefix(fields.CATEGORY)}
                self._choose(replace(self._form, categories=chosen))

    @on(PickList.Picked, "#sets")
    def _set_picked(self, event: PickList.Picked) -> None:
        self._choose(replace(self._form, set=None if event.key == fields.OWN else event.key))
        self._show_questions()

    @on(Input.Changed)
    def _field_changed(self, event: Input.Changed) -> None:
        if self._offer is not None and event.input.id in FIELDS:
            self._choose(with_typed(self._form, event.input.id, event.value))

    @on(ChoiceField.Changed)
    def _choice_changed(self, event: ChoiceField.Changed) -> None:
        if self._offer is not None and event.field.id in FIELDS:
            self._choose(with_typed(self._form, event.field.id, event.value))

    @on(TextArea.Changed)
    def _text_changed(self, event: TextArea.Changed) -> None:
        if self._offer is not None and event.text_area.text != self._text():
            self._choose(with_text(self._form, event.text_area.text))

    async def action_keep_questions(self) -> None:
        """Keep the questions under a name, under which they are offered from then on."""
        form, offer = self._form, self._offer
        if offer is None:
            return
        texts, base = questions(form, offer), form.set or form.base
        try:
            made = await asyncio.to_thread(options.made_questions, texts, base)
        except UsageError:
            self.query_one("#text").focus()  # what is wrong with them stands there
            return
        kept = base if base in QUESTION_SETS.own() else ""
        keep = partial(options.keep_questions, texts=texts, base=base)
        self.app.push_screen(QuestionName(made, kept or "", keep), self._kept)

    def _kept(self, name: str | None) -> None:
        if name is not None and self._offer is not None:
            texts = questions(self._form, self._offer)
            self._offer = replace(self._offer, sets={**self._offer.sets, name: texts})
            self._choose(replace(self._form, set=name))
            self._show_questions()
            self.query_one("#sets", PickList).go(name)

    def _text(self) -> str:
        if self._offer is None or self._form.set is None:
            return self._form.text
        return shown_questions(self._offer.sets[self._form.set])

    def _show_questions(self) -> None:
        self.query_one(TextArea).text = self._text()

    def _show_faults(self) -> None:
        if self._offer is not None:
            focused = self.focused.id if self.focused else None
            origins = fields.origins(self._form, self._first, self._offer)
            self.query_one(Title).say(self._title(origins))
            notes = {} if self._unread else self._files.notes
            self._sections.show_faults(
                self._form, self._offer, self._found(self._offer), focused, origins, notes
            )

    def _found(self, offer: Offer) -> Mapping[str, str]:
        """Return what is wrong with the form, and with its files as far as they were read."""
        found = faults(self._form, offer)
        return found if self._unread else {**self._files.faults, **found}

    # The files that are named in it

    @property
    def _unread(self) -> bool:
        """Whether the form names other files than those that were read."""
        return self._offer is None or self._files.asked != files.asked_of(self._form, self._offer)

    def _read_soon(self) -> None:
        if self._reading is not None:
            self._reading.stop()
        self._reading = self.set_timer(PAUSE, self._read_files) if self._unread else None

    def _read_files(self) -> None:
        self.run_worker(self._take_files(), group="files", exclusive=True)

    async def _take_files(self) -> None:
        if self._offer is None:
            return
        found = await asyncio.to_thread(files.look, self._form, self._offer, self._catalogue, self._files)
        if self._leaving:
            return  # its lists and fields are going away
        self._files = found
        self._offer = files.with_listed(self._offer, found)
        self._changed()

    def on_descendant_focus(self) -> None:
        """Show the keys that work where one is, and what is wrong there."""
        kinds = ((Input, "field"), (TextArea, "field"), (ChoiceField, "choice"), (Fold, "choice"))
        place = next((place for kind, place in kinds if isinstance(self.focused, kind)), "setup")
        self.query_one(KeyBar).show((place,))
        around = self.focused.ancestors if self.focused else []
        for section in self.query(".section"):  # `:focus-within` styles all in it anew with each move
            mark(section, "-here", marked=section in around)
        self._show_faults()

    # Keys

    async def action_forget(self) -> None:
        """Forget what was chosen last, when asked twice, and begin afresh."""
        if self._offer is None or not self._offer.remembered:
            return
        if self._forgetting is None:
            self._forgetting = self.set_timer(SURE_SECONDS, self._keep)
            self._show_faults()
            return
        self._keep()
        with suppress(OSError):
            await asyncio.to_thread(forget, state_file())
        await self._open()

    def _keep(self) -> None:
        """Take back the question whether to forget."""
        if self._forgetting is not None:
            self._forgetting.stop()
            self._forgetting = None
            self._show_faults()

    @on(Input.Submitted)
    def _done_typing(self) -> None:
        self.query_one("#start").focus()

    @on(Button.Pressed)
    async def _pressed(self) -> None:
        await self.action_start()

    def action_back(self) -> None:
        """Leave a text for the start button; from anywhere else, leave the screen."""
        if isinstance(self.focused, Input | TextArea):
            self.query_one("#start").focus()
        elif not self._leaving:
            self._leaving = True
            self.dismiss(None)

    async def action_start(self) -> None:
        """Start, unless something is wrong: then go there."""
        if self._leaving:
            return
        await self._opened.wait()
        assert self._offer is not None
        while self._unread:  # what is typed meanwhile counts, too
            await self._take_files()
        if found := self._found(self._offer):
            self._sections.go_to(next(iter(found)))
            return
        self._leaving = True
        wanted = request(self._form, self._offer)
        # A run must not fail because it cannot be remembered.
        with suppress(OSError):
            await asyncio.to_thread(remember, wanted.settings, state_file())
        self.dismiss(wanted)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout that the terminal has room for."""
        width, height = event.size
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-small")
        self.set_class(height >= 30, "-tall")
        self.set_class(width >= WIDE, "-wide")
        if height >= ROOM_FOR_ALL and not self._unfolded:
            self._unfolded = True
            self._sections.open_more()
