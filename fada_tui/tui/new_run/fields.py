"""The lists of the "New run" screen, row by row."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fada_tui.config.setting import Group, Setting
from fada_tui.core.records import ModelEntry, PlannedImage
from fada_tui.images.formats import BURNED_IN
from fada_tui.images.frames import names_dicom
from fada_tui.models.endpoint import is_endpoint
from fada_tui.models.registry import ModelRow
from fada_tui.report.units import count
from fada_tui.tui.new_run.form import FIELDS, Form, Offer, Which, batch_size, image_counts, value_of
from fada_tui.tui.new_run.served import note
from fada_tui.tui.present.models import entry_size
from fada_tui.tui.widgets.picklist import Pick

OWN = "="
"""Key of the user's own questions; no question set has this name."""

CATEGORY = "/"
"""Before a category's key: none of `Which` begins with it."""

SECTIONS: Mapping[Group, str] = {"asked": "images", "answered": "answering"}
"""The section that the fields of a group of settings stand in, unless they stand beside another one's."""

BESIDE = {
    "thinking": ("max", "max_thinking_tokens"),
    "seed": ("control", "control"),
    "longest_edge": ("tiles", "max_tiles"),
}
"""Fields with another one in their line, and the word between them."""

_LINE_ENDS = {"per_category": "limit", **{first: second for first, (_, second) in BESIDE.items()}}
"""Of fields that share a line, the last one by the first."""

_INNER = {inner for _, inner in BESIDE.values()}

_AFTER = {"concurrency": "batch_size"}
"""Fields that stand behind another one than in the order of the settings: in place of it, or below."""


def _place(name: str) -> int:
    return list(FIELDS).index(_AFTER.get(name, name))


_BEGINNING = [name for name, field in FIELDS.items() if field.group == "answered" and name not in _INNER]

ROWS = tuple(sorted(_BEGINNING, key=_place))
"""Of how answers are made, the fields that begin a line of the screen."""


_EMPTY: Mapping[Group, str] = {"asked": "all", "answered": "own"}
_NO_LIMIT = {"max_thinking_tokens": "none"}
"""Fields that are empty where there is no such limit."""


def placeholder(name: str) -> str:
    """Return what an empty field shows, in a word; nothing where it must not be empty."""
    if FIELDS[name].default is not None:
        return ""
    return _NO_LIMIT.get(name) or _EMPTY[FIELDS[name].group]


def typable(name: str) -> str:
    """Return the pattern of what can be typed into a field: figures, and the words that the setting takes."""
    setting = FIELDS[name]
    beginnings = [word[:end] for word in setting.words for end in range(1, len(word) + 1)]
    figures = {"whole": "[0-9]*", "choice": "", "switch": ""}.get(setting.kind, r"[0-9]*\.?[0-9]*")
    return "|".join([figures, *beginnings])


def bounds(name: str) -> str:
    """Return what a field takes, in a few signs: where it says what is wrong with it there is little room."""
    setting = FIELDS[name]
    if setting.least is not None and setting.most is not None:
        text = f"{setting.least:g} to {setting.most:g}"
    else:
        known = (("≥", setting.least), (">", setting.above), ("≤", setting.most))
        text = ", ".join(f"{sign} {bound:g}" for sign, bound in known if bound is not None)
    return ", ".join(filter(None, [text, *setting.words]))


def faults_by_section(found: Mapping[str, str], focused: str | None = None) -> Mapping[str, str]:
    """Return a fault of each section, named by its field: the first, or that of the field one is in."""
    shown: dict[str, str] = {}
    ordered = sorted(found.items(), key=lambda fault: fault[0] != focused)
    for field, message in ordered:
        setting = FIELDS.get(field)
        section = _section(setting) if setting else {"text": "questions"}.get(field, field)
        shown.setdefault(section, f"{setting.label}: {message}" if setting else message)
    return shown


def _section(setting: Setting) -> str:
    return "answering" if setting.name in _INNER else SECTIONS[setting.group]


def row_id(name: str) -> str:
    """Return the id of the line that a field begins."""
    return f"{name}-row"


def hint_id(name: str) -> str:
    """Return the id of what stands behind a field, or behind the last one of its line."""
    return f"{_LINE_ENDS.get(name, name)}-hint"


def inline_faults(found: Mapping[str, str]) -> Mapping[str, str]:
    """Return what stands behind fields, by its id, where something is wrong with them."""
    shown: dict[str, list[str]] = {}
    for name in found:
        if name in FIELDS:
            shown.setdefault(hint_id(name), []).append(bounds(name))
    return {place: f"! {' · '.join(texts)}" for place, texts in shown.items()}


def hints(form: Form) -> Mapping[str, str]:
    """Return the notes on the effective values of fields, shown beside them."""
    greedy = value_of(form, "temperature") == 0
    sizes = {None: "", 1: "one by one", "auto": "as memory allows"}
    return {
        "temperature": "not sampled" if greedy else "sampled",
        "top_p": "not used" if greedy else "",
        "batch_size": sizes.get(batch_size(form), "in batches"),
        "concurrency": "at once",
    }


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
