"""The form of a new run: the choices as typed and marked, their errors, and the resulting settings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from fada_tui.config.engines import TRANSFORMERS
from fada_tui.config.questions import DEFAULT_QUESTION
from fada_tui.config.schema import SETTINGS
from fada_tui.config.setting import Setting
from fada_tui.config.settings import Settings
from fada_tui.core.device_list import is_device_list
from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.protocol import ServedModel
from fada_tui.core.records import ModelEntry, PlannedImage
from fada_tui.core.text import printable
from fada_tui.models.endpoint import is_endpoint
from fada_tui.runs.planning import check_together, with_choices
from fada_tui.tui.new_run import layout
from fada_tui.tui.state.image_tree import Tree, folded

Which: TypeAlias = Literal["all", "filtered", "marked", "categories"]

LABEL = Setting(
    "label",
    "asked",
    "text",
    None,
    "added to the name of the run's folder",
    metavar="LABEL",
    unset="none",
    label="Label",
)
"""What `--name` is on the command line: no setting, since it is of one run alone."""

EXACTLY: tuple[Which, ...] = ("filtered", "marked")
"""Choices of images that are of these and no others, whatever bounds there are."""

FIELDS = {
    **{name: setting for name, setting in SETTINGS.items() if setting.label},
    LABEL.name: LABEL,
}
"""Settings that have a field on the screen, and the label, by name."""

TOGETHER = "more"
"""In place of a field's name, for what is wrong with several of them: the id of what stands above most."""

SEPARATOR = ";"
"""Between several paths in one field: names of files have it less often than commas or spaces."""

_HERE = ("batch_size", "dtype", "quantization", "device", "devices")
"""Fields that mean something for models that run on this machine alone."""

_SERVED = ("concurrency",)
"""Fields that mean something for models behind servers, or for an engine, alone."""

_OURS = ("batch_size", "devices")
"""Fields that mean something for our own worker alone."""

DEVICES, ENGINE = "devices", "engine"

MOST = 2**63 - 1
"""The largest whole number that a file of settings can hold."""


class RunRequest(Struct, frozen=True):
    """The run that the user requests."""

    settings: Settings
    images: tuple[PlannedImage, ...] | None
    """These and no others; `None` leaves the choice to the settings."""
    label: str | None = None
    """Added to the names of the runs' folders."""


class Form(Struct, frozen=True, kw_only=True):
    """The user's choices."""

    models: tuple[str, ...] = ()
    """In the order in which they will run."""
    images: Which = "all"
    categories: frozenset[str] = frozenset()
    """By their folded names."""
    set: str | None = None
    """The question set; `None` asks what is written in `text`."""
    text: str = ""
    """The user's own questions, one per line."""
    base: str | None = None
    """The question set that `text` was made from."""
    typed: Mapping[str, str] = {}
    """Texts of `FIELDS`, by name, as typed; empty for the setting's default."""


class Offer(Struct, frozen=True, kw_only=True):
    """The available choices."""

    settings: Settings
    models: Mapping[str, ModelEntry]
    """By the name that the settings use."""
    trusted: frozenset[str]
    """Of `models`, those whose repository's code the settings trust."""
    tree: Tree
    """Of the folder's images, or those of a list."""
    marked: tuple[PlannedImage, ...]
    filtered: tuple[PlannedImage, ...] = ()
    """What the main screen's filter shows."""
    filter: str = ""
    """That filter as typed; empty where there is none."""
    sets: Mapping[str, tuple[str, ...]]
    """Questions by the set's name."""
    served: Mapping[str, ServedModel] = {}
    """What servers say of their models, by the names in `models`."""
    label: str | None = None
    """Added to the names of the runs' folders, by the command that started the dashboard."""
    remembered: frozenset[str] = frozenset()
    """Names of the settings that are as they were for the last run."""
    given: frozenset[str] = frozenset()
    """Names of the settings that a person gave, also those given the value of their default."""
    cards: int | None = None
    """GPUs that NVML lists on this machine; `None` where that is not known yet."""
    missing_engines: Mapping[str, str] = {}
    """Engines that are not here, each with what to do."""


def first_form(offer: Offer, models: Iterable[str]) -> Form:
    """Return the initial choices: marked images, and the settings."""
    settings = offer.settings
    known = (folded(name) for name in settings.category)
    return Form(
        models=tuple(name for name in models if name in offer.models),
        images="marked" if offer.marked else "categories" if settings.category else "all",
        categories=frozenset(key for key in known if key in offer.tree.categories),
        set=settings.questions if settings.questions in offer.sets else None,
        text=own_text(settings),
        typed={name: written(name, _given(name, offer)) for name in FIELDS},
    )


def own_text(settings: Settings) -> str:
    """Return the settings' own questions as they are edited."""
    return shown_questions(settings.question or (DEFAULT_QUESTION.text,))


def with_text(form: Form, text: str) -> Form:
    """Return the form with another text of its questions, which is a person's own from now on."""
    return replace(form, set=None, text=text, base=form.set or form.base)


def shown_questions(texts: Iterable[str]) -> str:
    """Return questions one on each line, whatever is in them."""
    return "\n".join(printable(text) for text in texts)


def questions(form: Form, offer: Offer) -> tuple[str, ...]:
    """Return the questions that will be asked."""
    if form.set is not None:
        return offer.sets[form.set]
    if form.text == own_text(offer.settings):
        return offer.settings.question or (DEFAULT_QUESTION.text,)
    return tuple(line.strip() for line in form.text.splitlines() if line.strip())


def image_counts(form: Form, offer: Offer) -> Mapping[Which, int]:
    """Return the number of images for each choice; invalid limits are ignored."""
    per_category, limit = (whole(form, name) for name in ("per_category", "limit"))
    return {
        "all": offer.tree.count(None, per_category, limit),
        "filtered": len(offer.filtered),
        "marked": len(offer.marked),
        "categories": offer.tree.count(_known_categories(form, offer), per_category, limit),
    }


def meaningless(form: Form, offer: Offer) -> frozenset[str]:
    """Return the fields that mean nothing for the marked models: behind servers, by an engine, or neither."""
    served = {is_endpoint(offer.models[name].source) for name in form.models}
    if len(served) > 1:
        return frozenset()
    if True in served:
        return frozenset((*_HERE, ENGINE))
    return frozenset(_SERVED if value_of(form, ENGINE) == TRANSFORMERS else _OURS)


def engine_of(form: Form, offer: Offer) -> str:
    """Return what generates: of a model behind a server nothing that is started here."""
    chosen = value_of(form, ENGINE)
    known = isinstance(chosen, str) and ENGINE not in meaningless(form, offer)
    return str(chosen) if known else TRANSFORMERS


def devices_of(form: Form, offer: Offer) -> str | None:
    """Return the devices that are listed; `None` for one, and where a server or an engine answers."""
    listed = value_of(form, DEVICES)
    return listed if isinstance(listed, str) and DEVICES not in meaningless(form, offer) else None


def faults(form: Form, offer: Offer) -> Mapping[str, str]:
    """Return the errors by the field's name, in the order of the screen."""
    hidden = meaningless(form, offer)
    wrong = {name: _fault(form, FIELDS[name]) for name in layout.ALL if name not in hidden}
    found = {
        "models": "" if form.models else "mark a model with space",
        "images": _images_fault(form, offer),
        **{name: wrong[name] for name in layout.IMAGES},
        "text": _questions_fault(questions(form, offer)),
    }
    wrong[ENGINE] = offer.missing_engines.get(engine_of(form, offer), "")
    told = {field: message for field, message in (found | wrong).items() if message}
    return told or _together_fault(form, offer)


def request(form: Form, offer: Offer) -> RunRequest:
    """Return what a faultless form asks for."""
    own, left = questions(form, offer), {ENGINE, DEVICES, *meaningless(form, offer)}
    usual = own == (DEFAULT_QUESTION.text,)
    settings = replace(
        offer.settings,
        model=form.models,
        category=_categories(form, offer),
        question=() if form.set is not None or usual else own,
        questions=form.set,
        trust_remote_code=tuple(name for name in form.models if name in offer.trusted),
        engine=engine_of(form, offer),
        devices=devices_of(form, offer),
        **{name: _chosen(form, offer, name) for name in SETTINGS if name in FIELDS and name not in left},
    )
    label = _chosen(form, offer, LABEL.name)
    exactly = {"filtered": offer.filtered, "marked": offer.marked}.get(form.images)
    return RunRequest(settings, exactly, None if label is None else str(label))


def value_of(form: Form, name: str) -> bool | int | float | str | tuple[str, ...] | None:
    """Return what a field's text says; `None` if that is nothing, or nothing that the setting takes."""
    setting, text = FIELDS[name], form.typed.get(name, "").strip()
    if setting.kind == "texts":
        return tuple(_path(one) for part in text.split(SEPARATOR) if (one := part.strip()))
    if setting.kind == "text":
        default = setting.default if isinstance(setting.default, str) else None
        return (_path(text) if setting.path else text) or default
    if setting.kind == "devices":
        return text if text and is_device_list(text) else None
    if setting.kind == "switch":
        return {"on": True, "off": False}.get(text)
    if text in setting.choices:
        return text
    if setting.kind == "choice":
        return None
    value = _whole(text) if setting.kind == "whole" else _number(text)
    return value if value is not None and setting.allows(value) else None


def whole(form: Form, name: str) -> int | None:
    """Return the whole number that a field's text says, `None` if it says none."""
    value = value_of(form, name)
    return value if isinstance(value, int) else None


def batch_size(form: Form) -> int | Literal["auto"] | None:
    """Return how many answers are made together; `None` if what is written is neither."""
    return "auto" if value_of(form, "batch_size") == "auto" else whole(form, "batch_size")


def as_loaded(entry: ModelEntry, form: Form, settings: Settings) -> ModelEntry:
    """Return a model as the form would have it loaded; what makes no sense is left to the model."""
    typed = {name: value_of(form, name) for name, field in FIELDS.items() if field.entry_default}
    return with_choices(entry, replace(settings, **typed))


def differs(form: Form, name: str) -> bool:
    """Return whether a field says something else than the setting's default."""
    return form.typed.get(name, "").strip() != written(name, FIELDS[name].default)


def with_typed(form: Form, name: str, text: str) -> Form:
    """Return the form with another text in a field."""
    return replace(form, typed={**form.typed, name: text})


def toggled_model(form: Form, name: str) -> Form:
    """Return the form with a model marked, as the last to run, or not marked any more."""
    rest = tuple(other for other in form.models if other != name)
    return replace(form, models=rest if name in form.models else (*form.models, name))


def _categories(form: Form, offer: Offer) -> tuple[str, ...]:
    if form.images != "categories":
        return ()
    return tuple(name for key, (name, _) in offer.tree.categories.items() if key in form.categories)


def _together_fault(form: Form, offer: Offer) -> Mapping[str, str]:
    """Return what the command line would refuse, where each field for itself is right; under `TOGETHER`."""
    try:
        check_together((offer.models[name] for name in form.models), request(form, offer).settings)
    except UsageError as error:
        return {TOGETHER: str(error)}
    return {}


def _known_categories(form: Form, offer: Offer) -> frozenset[str]:
    """Return the chosen categories that there are: another list may have other ones."""
    return form.categories & offer.tree.categories.keys()


def _images_fault(form: Form, offer: Offer) -> str:
    if form.images == "marked" and not offer.marked:
        return "no image is marked"
    if form.images == "filtered" and not offer.filtered:
        return "the filter shows no image"
    if form.images == "categories" and not _known_categories(form, offer):
        return "mark a category with space"
    return ""


def _questions_fault(texts: tuple[str, ...]) -> str:
    if not texts:
        return "write a question, each on a line of its own"
    twice = next((text for text, times in Counter(texts).items() if times > 1), None)
    return "" if twice is None else f"the same question comes twice: {printable(twice)}"


def _fault(form: Form, setting: Setting) -> str:
    optional = setting.default is None and not form.typed.get(setting.name, "").strip()
    if optional or setting.kind == "text" or value_of(form, setting.name) is not None:
        return ""
    return " or ".join(setting.words) if setting.kind == "switch" else setting.expected


def _whole(text: str) -> int | None:
    figures = text.removeprefix("-")
    if not (figures.isascii() and figures.isdecimal() and len(figures) <= len(str(MOST))):
        return None
    return int(text) if int(text) <= MOST else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _given(name: str, offer: Offer) -> Any:
    """Return what a field says at first."""
    return offer.label if name == LABEL.name else getattr(offer.settings, name)


def _chosen(form: Form, offer: Offer, name: str) -> Any:
    """Return what a field says; of a text that nobody changed, what it was made from, line ends and all."""
    given = _given(name, offer)
    return given if form.typed.get(name) == written(name, given) else value_of(form, name)


def _path(text: str) -> str:
    """Return a path without the quotes that terminals put around files that are dropped on them."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return str(expanded(text[1:-1] if quoted else text)) if text else ""


def written(name: str, value: Any) -> str:
    """Return a value of a setting as its field shows it."""
    setting = FIELDS[name]
    if setting.kind == "texts":
        return f"{SEPARATOR} ".join(printable(one) for one in value or ())
    if setting.kind == "text":
        return "" if value in (None, setting.default) else printable(value)
    return _number_written(value)


def _number_written(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    short = f"{value:g}"
    return short if float(short) == value and isinstance(value, float) else str(value)
