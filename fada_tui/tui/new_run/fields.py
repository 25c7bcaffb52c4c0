"""The lists of the "New run" screen, row by row."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fada_tui.config.engines import TRANSFORMERS
from fada_tui.core.device_list import ALL, device_list, gpu_number, is_cpu
from fada_tui.core.records import ModelEntry, PlannedImage
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import ModelRow
from fada_tui.report.units import count
from fada_tui.runs.planning import REQUESTS
from fada_tui.runs.several import several_of
from fada_tui.tui.new_run import layout
from fada_tui.tui.new_run.form import (
    ENGINE,
    EXACTLY,
    FIELDS,
    TOGETHER,
    Form,
    Offer,
    Which,
    batch_size,
    differs,
    engine_of,
    image_counts,
    value_of,
)
from fada_tui.tui.new_run.served import note
from fada_tui.tui.present.models import entry_size
from fada_tui.tui.widgets.picklist import Pick

OWN = "="
"""Key of the user's own questions; no question set has this name."""

CATEGORY = "/"
"""Before a category's key: none of `Which` begins with it."""

_NOTHING = {
    "per_category": "all",
    "limit": "all",
    "max_thinking_tokens": "none",
    "longest_edge": "own",
    "max_tiles": "own",
    "shuffle": "no",
    "concurrency": "auto",
    "references": "none: FILE; FILE …",
    "devices": "one",
    "images_from": "all of the folder",
}
"""What an empty field shows where that is not what its setting says of itself."""

NOT_HERE = "not here"
"""What stands behind an engine that is not installed; below it stands what to do."""

AS_LISTED = "as listed"
"""What a choice shows where it is left to the model list."""


def placeholder(name: str) -> str:
    """Return what an empty field shows, in a word or two; nothing where it must not be empty."""
    setting = FIELDS[name]
    if setting.kind == "text" and setting.default is not None:
        return str(setting.default)
    return "" if setting.default is not None and name not in _NOTHING else _NOTHING.get(name, setting.unset)


def choices(name: str) -> tuple[tuple[str, str], ...]:
    """Return the values that a field is turned through, each with how it is shown."""
    setting = FIELDS[name]
    unset = (("", AS_LISTED),) if setting.default is None else ()
    return (*unset, *((word, word) for word in setting.words))


def is_text(name: str) -> bool:
    """Return whether any text can be typed into a field: such a one has a line of its own below it."""
    return FIELDS[name].kind in ("text", "texts")


def is_choice(name: str) -> bool:
    """Return whether a field has a few values and nothing is typed into it."""
    return FIELDS[name].kind in ("choice", "switch")


def typable(name: str) -> str:
    """Return the pattern of what can be typed into a field: figures, and the words that the setting takes."""
    setting = FIELDS[name]
    if setting.kind == "devices":
        return r"[0-9,* :acdlpu]*"
    beginnings = [word[:end] for word in setting.words for end in range(1, len(word) + 1)]
    figures = "[0-9]*" if setting.kind == "whole" else r"[0-9]*\.?[0-9]*"
    return "|".join([figures, *beginnings])


def bounds(name: str) -> str:
    """Return what a field takes, in a few signs: where it says what is wrong with it there is little room."""
    setting = FIELDS[name]
    if setting.kind == "devices":
        return "all, 0,1 or cpu*2"
    if setting.least is not None and setting.most is not None:
        text = f"{setting.least:g} to {setting.most:g}"
    else:
        known = (("≥", setting.least), (">", setting.above), ("≤", setting.most))
        text = ", ".join(f"{sign} {bound:g}" for sign, bound in known if bound is not None)
    return ", ".join(filter(None, [text, *setting.words]))


def faults_by_section(found: Mapping[str, str], focused: str | None = None) -> Mapping[str, str]:
    """Return a fault of each section, named by its field: the first, or that of the field one is in."""
    shown: dict[str, str] = {}
    found = {name: message for name, message in found.items() if name not in FIELDS or not is_text(name)}
    ordered = sorted(found.items(), key=lambda fault: fault[0] != focused)
    for field, message in ordered:
        setting = FIELDS.get(field)
        section = _section(field) if setting else _SECTIONS.get(field, field)
        shown.setdefault(section, f"{setting.label}: {message}" if setting else message)
    return shown


_SECTIONS = {"text": "questions", TOGETHER: "answering"}
"""The section of what is wrong with no setting alone, where it is not called the same."""


def _section(name: str) -> str:
    return "images" if name in layout.IMAGES else "answering"


def inline_faults(found: Mapping[str, str]) -> Mapping[str, str]:
    """Return what stands behind fields, by its id, where something is wrong with them."""
    shown: dict[str, list[str]] = {}
    for name in found:
        if name in FIELDS and not is_text(name):
            shown.setdefault(layout.hint_id(name), []).append(NOT_HERE if name == ENGINE else bounds(name))
    return {place: f"! {' · '.join(texts)}" for place, texts in shown.items()}


def hints(form: Form, offer: Offer) -> Mapping[str, str]:
    """Return the notes on the effective values of fields, shown beside them."""
    greedy = value_of(form, "temperature") == 0
    sizes = {None: "", 1: "one by one", "auto": "as memory allows"}
    asked = value_of(form, "control")
    return {
        "temperature": "not sampled" if greedy else "sampled",
        "top_p": "not used" if greedy else "",
        "batch_size": sizes.get(batch_size(form), "in batches"),
        "concurrency": _at_once(form, offer),
        ENGINE: "" if value_of(form, ENGINE) == TRANSFORMERS else "started for the run",
        "limit": "not used" if form.images in EXACTLY else "",
        "control": "black, grey, noise" if asked else "pictures of nothing",
        "devices": _devices(form, offer),
        "shuffle": "" if form.typed.get("shuffle") else "in their order",
        **{name: _listed(name, form, offer) for name in ("dtype", "quantization")},
    }


def _at_once(form: Form, offer: Offer) -> str:
    """Return what is said of requests at once, with how many there are where nothing is typed."""
    if form.typed.get("concurrency"):
        return "at once"
    return f"{REQUESTS} at once" if engine_of(form, offer) == TRANSFORMERS else "as many as it takes"


def _devices(form: Form, offer: Offer) -> str:
    """Return what several devices mean here, or how many cards there are."""
    listed, cards = value_of(form, "devices"), offer.cards
    seen = "" if cards is None else "no GPU seen" if not cards else f"{count(cards, 'GPU')} here"
    if not isinstance(listed, str):
        return seen
    beyond = [name for name in device_list(listed) if not is_cpu(name) and gpu_number(name) >= (cards or 0)]
    if cards is not None and (beyond or (listed.strip() == ALL and not cards)):
        return seen
    on = several_of(listed, cards or 0)
    return on.words if on.number > 1 else ""


def origins(form: Form, first: Form, offer: Offer) -> Mapping[str, str]:
    """Return where values are from that nobody changed here, by the settings' names: "remembered" or "given".

    Args:
        form: as it is.
        first: as it was at first.
        offer: what there is to choose from.
    """
    same = {name for name in FIELDS if form.typed.get(name) == first.typed.get(name)}
    same |= {"model"} if form.models == first.models else set()
    same |= {"question", "questions"} if (form.set, form.text) == (first.set, first.text) else set()
    given = {name for name in offer.given if name not in FIELDS or differs(form, name)}
    words = {**dict.fromkeys(given, "given"), **dict.fromkeys(offer.remembered, "remembered")}
    return {name: word for name, word in words.items() if name in same}


def beside(notes: Mapping[str, str], found: Mapping[str, str]) -> Mapping[str, str]:
    """Return what stands behind the fields of a line, by its id: where values are from, then notes."""
    parts: dict[str, list[str]] = {}
    for name in (*(name for name in layout.ALL if name in found), *notes):
        parts.setdefault(layout.hint_id(name), []).append(found.get(name) or notes[name])
        if name in found and notes.get(name):
            parts[layout.hint_id(name)].append(notes[name])
    return {place: " · ".join(dict.fromkeys(filter(None, texts))) for place, texts in parts.items()}


def _listed(name: str, form: Form, offer: Offer) -> str:
    """Return what the model list says of the marked models, where the field leaves it to that."""
    if form.typed.get(name):
        return ""
    entries = [offer.models[model] for model in form.models]
    found = {str(getattr(entry, name) or FIELDS[name].entry_default) for entry in entries}
    return next(iter(found)) if len(found) == 1 else "each its own" if found else ""


def unfolded(form: Form) -> str:
    """Return what is set among the rarer fields, in a line; empty where all of them are as by default."""
    names = (name for name in layout.in_lines(layout.MORE) if differs(form, name))
    return " · ".join(f"{FIELDS[name].label} {form.typed[name]}" for name in names)


def model_rows(form: Form, offer: Offer, rows: Mapping[str, ModelRow]) -> list[Pick]:
    """Return the models, each with its size and status."""
    known = {row.entry: row for row in rows.values()}
    picks = []
    for name, entry in offer.models.items():
        row = known.get(entry)
        said = _said(offer, name, row.status if row else entry.status)
        picks.append(
            Pick(
                key=name,
                label=entry.name if row else shown_name(name, entry),
                tail=f"{entry_size(entry):>6}  {said:<8}",
                on=name in form.models,
            )
        )
    return picks


def _said(offer: Offer, name: str, status: str) -> str:
    """Return a model's status, or what its server says of one that was not tried yet."""
    served = offer.served.get(name)
    return (note(served) if served and status == "untested" else "") or status


def shown_name(name: str, entry: ModelEntry) -> str:
    """Return the name shown for an unlisted model: its folder's, or its own with its server."""
    return entry.name if is_endpoint(entry.source) else Path(name).name or name


def image_rows(form: Form, offer: Offer) -> list[Pick]:
    """Return the choices of images with their counts; the categories, once they are what is chosen."""
    counts = image_counts(form, offer)
    labels: Mapping[Which, str] = {
        "all": "All images",
        "filtered": f"Filtered: {offer.filter}",
        "marked": "Marked images",
        "categories": f"Categories ({len(offer.tree.categories):,})",
    }
    rows = [
        Pick(key=which, label=label, tail=f"{counts[which]:,}", on=form.images == which, kind="one")
        for which, label in labels.items()
        if which != "filtered" or offer.filter
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
    """Return the user's own questions and the question sets."""
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
