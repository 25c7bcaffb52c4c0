"""The lists of the "New run" screen, row by row."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.records import PlannedImage
from fada_tui.registry import ModelRow
from fada_tui.report.units import count
from fada_tui.tui.choices import Form, Offer, Which, image_counts
from fada_tui.tui.model_lines import short_size
from fada_tui.tui.widgets.picklist import Pick

OWN = "="
"""Key of one's own questions; no question set is called so."""

CATEGORY = "/"
"""Before a category's key: none of `Which` begins with it."""


def model_rows(form: Form, offer: Offer, rows: Mapping[str, ModelRow]) -> list[Pick]:
    """Return the models, each with its size and status."""
    statuses = {
        name: (rows[name].status if name in rows else entry.status) for name, entry in offer.models.items()
    }
    return [
        Pick(
            key=name,
            label=name if name in rows else Path(name).name or name,
            tail=f"{short_size(entry.parameters):>6}  {statuses[name]:<8}",
            on=name in form.models,
        )
        for name, entry in offer.models.items()
    ]


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
