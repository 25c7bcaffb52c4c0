"""The lists of the "New run" screen, row by row."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fada_tui.core.records import ModelEntry, PlannedImage
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import ModelRow
from fada_tui.report.units import count
from fada_tui.tui.new_run.form import Form, Offer, Which, batch_size, image_counts
from fada_tui.tui.present.models import entry_size
from fada_tui.tui.widgets.picklist import Pick

OWN = "="
"""Key of one's own questions; no question set is called so."""

CATEGORY = "/"
"""Before a category's key: none of `Which` begins with it."""


SECTIONS: dict[str, str] = {
    "per_category": "images",
    "limit": "images",
    "max_new_tokens": "answering",
    "temperature": "answering",
    "top_p": "answering",
    "seed": "answering",
    "batch_size": "answering",
    "longest_edge": "answering",
    "max_tiles": "answering",
}
"""Sections of the fields for one line of text."""

ROWS = ("max_new_tokens", "temperature", "top_p", "seed", "batch_size")
"""Of how answers are made, the fields that have a line of the screen to themselves, with a hint."""

LABELS: Mapping[str, str] = {
    "per_category": "Per category",
    "limit": "In all",
    "max_new_tokens": "Max new tokens",
    "temperature": "Temperature",
    "top_p": "Top p",
    "seed": "Seed",
    "batch_size": "Batch size",
    "longest_edge": "Longest edge",
    "max_tiles": "Max tiles",
}


def faults_by_section(found: Mapping[str, str]) -> Mapping[str, str]:
    """Return the first fault of each section, named by its field."""
    shown: dict[str, str] = {}
    for field, message in found.items():
        section = SECTIONS.get(field) or {"text": "questions"}.get(field, field)
        label = LABELS.get(field)
        shown.setdefault(section, f"{label}: {message}" if label else message)
    return shown


def hints(form: Form, found: Mapping[str, str]) -> Mapping[str, str]:
    """Return what to say beside a field of what its value comes to, by the faults that were found."""
    greedy = form.temperature.strip().strip("0") in ("", ".") and "temperature" not in found
    sizes = {None: "", 1: "one by one", "auto": "as memory allows"}
    return {
        "temperature": "not sampled" if greedy else "sampled",
        "top_p": "not used" if greedy else "",
        "batch_size": sizes.get(batch_size(form), "in batches"),
    }


def model_rows(form: Form, offer: Offer, rows: Mapping[str, ModelRow]) -> list[Pick]:
    """Return the models, each with its size and status."""
    statuses = {
        name: (rows[name].status if name in rows else entry.status) for name, entry in offer.models.items()
    }
    return [
        Pick(
            key=name,
            label=name if name in rows else shown_name(name, entry),
            tail=f"{entry_size(entry):>6}  {statuses[name]:<8}",
            on=name in form.models,
        )
        for name, entry in offer.models.items()
    ]


def shown_name(name: str, entry: ModelEntry) -> str:
    """Return what a model that the list lacks is called: by its folder, or by itself and its server."""
    return entry.name if is_endpoint(entry.source) else Path(name).name or name


def image_rows(form: Form, offer: Offer) -> list[Pick]:
    """Return the choices of images with their counts; the categories, once they are what is chosen."""
    counts = image_counts(form, offer)
    labels: Mapping[Which, str] = {
        "all": "All images",
        "marked": "Marked images",
        "categories": f"Categories ({len(offer.tree.categories):,})",
    }
    rows = [
        Pick(key=which, label=label, tail=f"{counts[which]:,}", on=form.images == which, kind="one")
        for which, label in labels.items()
    ]
    if form.images != "categories":
        return rows
    return rows + [
        Pick(key=CATEGORY + key, label=name, tail=f"{sum(sizes):,}", on=key in form.categories, level=1)
        for key, (name, sizes) in offer.tree.categories.items()
    ]


def caution(images: Iterable[PlannedImage]) -> str | None:
    """Return what to know of these images before they are asked about."""
    return BURNED_IN if names_dicom(image.path for image in images) else None


def set_rows(form: Form, offer: Offer) -> list[Pick]:
    """Return one's own questions and the question sets."""
    own = Pick(key=OWN, label="Own questions", on=form.set is None, kind="one")
    return [own] + [
        Pick(
            key=name,
            label=f"Set {name if '/' not in name else Path(name).name}",
            tail=count(len(texts), "question"),
            on=form.set == name,
            kind="one",
        )
        for name, texts in offer.sets.items()
    ]
