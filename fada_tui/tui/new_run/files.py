"""What the files named in a form hold, and what is wrong with them: read from disk, so in a thread."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.config.class_sets import load_classes
from fada_tui.config.rubrics import load_rubric
from fada_tui.core.errors import UsageError
from fada_tui.core.file_names import encode_name
from fada_tui.core.records import PlannedImage
from fada_tui.evaluation.rubric import Rubric
from fada_tui.images.catalogue import Catalogue, scan, select
from fada_tui.images.expand import expand
from fada_tui.report.image_list import image_list_told
from fada_tui.report.units import count
from fada_tui.runs import planning
from fada_tui.runs.aliases import checked_aliases
from fada_tui.runs.image_list import listed_images
from fada_tui.runs.references import read_references
from fada_tui.tui.new_run.form import EXACTLY, Form, Offer, RunRequest, request
from fada_tui.tui.state.image_tree import Tree


class Listed(Struct, frozen=True):
    """The images that a form's list names, or all where it names none."""

    given: str | None
    """The list as the settings have it."""
    images: tuple[PlannedImage, ...]
    tree: Tree
    note: str = ""
    """What became of the list, in a line."""


class Files(Struct, frozen=True, kw_only=True):
    """What was found in a form's files."""

    asked: tuple[object, ...] | None = None
    """What of the form was looked at; see `asked_of`."""
    listed: Listed | None = None
    """The last list that could be read."""
    faults: Mapping[str, str] = {}
    """By field."""
    notes: Mapping[str, str] = {}
    """What is in files with which nothing is wrong, by field."""


def asked_of(form: Form, offer: Offer) -> tuple[object, ...]:
    """Return all of a form on which it depends what its files come to."""
    wanted = request(form, offer)
    settings = wanted.settings
    names = (settings.images_from, settings.rubric, settings.references)
    if not settings.references:
        return names
    about = (settings.category, settings.per_category, settings.limit, settings.shuffle, form.images)
    return (*names, settings.question, settings.questions, *about)


def look(form: Form, offer: Offer, catalogue: Catalogue, before: Files) -> Files:
    """Read a form's files.

    Args:
        form: as it is.
        offer: what there is to choose from.
        catalogue: the images that the dashboard shows.
        before: what was found last; a list of the same name is not read again.
    """
    wanted = request(form, offer)
    asked, settings = asked_of(form, offer), wanted.settings
    faults: dict[str, str] = {}
    notes: dict[str, str] = {}
    rubric: Rubric | None = None
    try:
        rubric = load_rubric(settings.rubric)
        if form.typed.get("rubric"):
            notes["rubric"] = rubric.title
    except UsageError as error:
        faults["rubric"] = str(error)
    listed = before.listed
    try:
        if listed is None or listed.given != settings.images_from:
            listed = _listed(settings.images_from, offer, catalogue, rubric)
        if settings.images_from:
            notes["images_from"] = listed.note
    except UsageError as error:
        faults["images_from"] = str(error)
    if settings.references and listed is not None and not faults:
        try:
            notes["references"] = _referenced(wanted, form, listed.images, rubric)
        except UsageError as error:
            faults["references"] = str(error)
    return Files(asked=asked, listed=listed, faults=faults, notes=notes)


def with_listed(offer: Offer, files: Files) -> Offer:
    """Return the choices with the images of the list that was read."""
    return offer if files.listed is None else replace(offer, tree=files.listed.tree)


def _listed(given: str | None, offer: Offer, catalogue: Catalogue, rubric: Rubric | None) -> Listed:
    """Return the images of a list: those of the dashboard where it was opened with the same one."""
    if given == offer.settings.images_from:
        return _counted(given, catalogue.images)
    whole = scan(catalogue.root)
    frames = planning.frames_of(offer.settings)
    if not given:
        return _counted(given, expand(whole.images, whole.root, frames))
    aliases = {encode_name(folder): encode_name(to) for folder, to in offer.settings.alias.items()}
    found = listed_images(given, whole, aliases, rubric)
    images = expand(found.images, whole.root, frames)
    return _counted(given, images, image_list_told(found.image_list)[0])


def _counted(given: str | None, images: tuple[PlannedImage, ...], note: str = "") -> Listed:
    return Listed(given, images, Tree(images), note)


def _referenced(
    wanted: RunRequest, form: Form, images: tuple[PlannedImage, ...], rubric: Rubric | None
) -> str:
    """Return how many of the images to ask about have answers of experts."""
    settings = wanted.settings
    if form.images in EXACTLY:
        images = wanted.images or ()
    else:
        images = select(images, planning.selection_of(settings))
    questions = planning.questions_of(settings)
    if rubric is None:
        return ""
    folders = {image.category for image in images}
    aliases = checked_aliases(settings.alias, rubric, load_classes(settings.classes), folders)
    found = read_references(settings.references, images, questions, aliases, rubric).references
    others = f", {count(len(found.others), 'other expert')} beside them" if found.others else ""
    return f"{found.matched:,} of {count(found.of, 'answer')} have a reference{others}"
