"""The available choices for a new run: read from disk, so in a thread."""

import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.config import own_questions
from fada_tui.config.engines import ENGINES
from fada_tui.config.last_run import remembered
from fada_tui.config.questions import QUESTION_SETS, load_questions
from fada_tui.config.settings import Settings
from fada_tui.core.errors import UsageError
from fada_tui.core.records import ModelEntry, PlannedImage, Question
from fada_tui.images.catalogue import Catalogue
from fada_tui.models.lora import resolve, with_lora
from fada_tui.models.registry import Registry
from fada_tui.runs.engines.installed import find
from fada_tui.runs.engines.needs import look
from fada_tui.runs.planning import Estimate
from fada_tui.tui.new_run.form import Form, Offer, first_form
from fada_tui.tui.state.image_tree import Tree


class Options(Struct, frozen=True):
    """The available choices, and the initial ones."""

    offer: Offer
    form: Form


def read(
    *,
    settings: Settings,
    given: Set[str],
    registry: Registry,
    entries: Sequence[ModelEntry],
    catalogue: Catalogue,
    marked_models: Sequence[str],
    marked_images: tuple[PlannedImage, ...],
    state: Path,
    filtered_images: tuple[PlannedImage, ...] = (),
    filter_text: str = "",
    label: str | None = None,
    cards: int | None = None,
) -> Options:
    """Read the available choices.

    Args:
        settings: as the program was started with.
        given: names of the settings that a person gave.
        registry: the model list.
        entries: its entries in the order of the screen.
        catalogue: the images.
        marked_models: those that the person marked; else the settings say.
        marked_images: those that the person marked.
        state: the file of what was chosen last.
        filtered_images: those that the main screen's filter shows.
        filter_text: that filter; empty where there is none.
        label: added to the names of the runs' folders.
        cards: GPUs that NVML lists on this machine; `None` where that is not known.
    """
    last = remembered(settings, state, given)
    settings = replace(settings, **last)
    models = {key: entry for entry in entries if (key := _key(entry, registry)) is not None}
    wanted = _known(marked_models or settings.model, registry, models)
    if not wanted:
        wanted = _known(Settings().model, registry, models)
    trusted = {entry.source for _, entry in _resolved(settings.trust_remote_code, registry)}
    sets = {
        name: _texts(name)
        for name in (*QUESTION_SETS.names(), *([settings.questions] if settings.questions else []))
    }
    offer = Offer(
        settings=settings,
        models={key: _with_lora(entry, registry, settings) for key, entry in models.items()},
        trusted=frozenset(name for name, entry in models.items() if entry.source in trusted),
        tree=Tree(catalogue.images),
        marked=marked_images,
        filtered=filtered_images,
        filter=filter_text,
        sets={name: texts for name, texts in sets.items() if texts},
        label=label,
        remembered=frozenset(last) - ({"model"} if marked_models else set()),
        given=frozenset(given),
        cards=cards,
        missing_engines=dict(_missing(settings)),
    )
    return Options(offer, first_form(offer, wanted))


def keep_questions(name: str, texts: Sequence[str], base: str | None) -> tuple[str, ...]:
    """Keep questions under a name, scored as those of the set that they were made from.

    Returns:
        The questions as they are kept.

    Raises:
        UsageError: no set can have this name, or the questions cannot be used.
        OSError: they cannot be written.
    """
    own_questions.keep(name, made_questions(texts, base))
    return _texts(name)


def made_questions(texts: Sequence[str], base: str | None) -> tuple[Question, ...]:
    """Return questions of these texts, made from those of a set; raises `UsageError`."""
    return own_questions.questions_like(texts, load_questions(base) if base else ())


def measure(name: str, entry: ModelEntry, engine: str, offer: Offer) -> Estimate:
    """Look at a model's files, on this machine alone; what will be asked of it is filled in later.

    Args:
        name: as it is listed.
        entry: the model as it will be loaded.
        engine: what is to generate.
        offer: what there is to choose from, and the settings.
    """
    found = look(
        engine,
        entry,
        max_new_tokens=offer.settings.most_tokens,
        ask_hub=False,
        trusted=name in offer.trusted,
        allow_pickle=offer.settings.allow_pickle,
    )
    return Estimate(0, 0, 0, found)


def _missing(settings: Settings) -> Iterable[tuple[str, str]]:
    """Yield the engines that are not here, each with what to do."""
    for name in ENGINES:
        try:
            find(name, settings.engines, os.environ)
        except UsageError as error:
            yield name, str(error)


def _key(entry: ModelEntry, registry: Registry) -> str | None:
    """Return what names a model to a new run; `None` if nothing does, as of a LoRA that is gone."""
    if registry.find(entry.name):
        return entry.name
    if entry.lora is None:
        return entry.source
    found = next((one for _, one in _resolved([entry.lora], registry)), None)
    same = found is not None and (found.source, found.lora) == (entry.source, entry.lora)
    return entry.lora if same else None


def _with_lora(entry: ModelEntry, registry: Registry, settings: Settings) -> ModelEntry:
    """Return a model with the LoRA that the settings name; where it can have none, its start says so."""
    try:
        return with_lora(entry, registry, settings.lora)
    except UsageError:
        return entry


def _known(names: Iterable[str], registry: Registry, models: dict[str, ModelEntry]) -> tuple[str, ...]:
    """Return the names under which the models are listed; those that the list lacks are added to it."""
    found: dict[str, None] = {}
    unlisted = {entry.name: key for key, entry in models.items() if key != entry.name}
    sources = [unlisted.get(name, name) for name in names]
    for name, entry in _resolved(sources, registry):
        listed = registry.find(entry.name)
        if listed is not None and listed.name in models and listed.source == entry.source:
            found[listed.name] = None
        else:
            models.setdefault(name, entry)
            found[name] = None
    return tuple(found)


def _resolved(names: Iterable[str], registry: Registry) -> Iterable[tuple[str, ModelEntry]]:
    """Yield the models that are there: one that was remembered may be gone."""
    for name in names:
        try:
            yield name, resolve(name, registry)
        except UsageError:
            continue


def _texts(name: str) -> tuple[str, ...]:
    try:
        return tuple(question.text for question in load_questions(name))
    except UsageError:
        return ()
