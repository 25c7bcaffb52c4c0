"""Settings: an option over the environment over `settings.toml` over the default."""

import functools
import types
from collections.abc import Mapping
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import Meta

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.records import Record
from fada_tui.core.toml import read_toml, suggestion

ENVIRONMENT_PREFIX = "FADA_TUI_"

_Count: TypeAlias = Annotated[int, Meta(ge=1)]
_Seconds: TypeAlias = Annotated[float, Meta(gt=0, le=1e7)]
_Texts: TypeAlias = tuple[Annotated[str, Meta(min_length=1)], ...]
_Keymap: TypeAlias = dict[str, Annotated[str, Meta(min_length=1)]]


class Settings(Record, frozen=True, kw_only=True):
    """Everything that can be set, each under the name of its option."""

    model: _Texts = ("fada-demo",)
    """Names of the model list, hub ids, folders or servers' URLs; run one after another."""
    images: str | None = None
    """Folder of images; `None` is the samples."""
    category: _Texts = ()
    """Categories to keep; empty keeps all."""
    per_category: _Count | None = None
    limit: _Count | None = None
    shuffle: int | None = None
    """Seed of the shuffle."""
    frames: _Count | None = None
    """So many frames of each file that has several, spread evenly; `None` takes its first."""
    frame: _Count | None = None
    """This frame of each such file, from 1 up."""
    question: _Texts = ()
    """Questions by their text."""
    questions: str | None = None
    """A question set's name, or a file of questions."""
    results: str = "results"
    max_new_tokens: _Count = 100
    temperature: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """0 takes the likeliest token each time."""
    top_p: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seed: Annotated[int, Meta(ge=0)] = 0
    batch_size: _Count | Literal["auto"] = 1
    concurrency: Annotated[int, Meta(ge=1, le=256)] = 4
    """Requests in flight at once, for models behind a server."""
    system_prompt: str | None = None
    dtype: Literal["auto", "float32", "float16", "bfloat16"] | None = None
    """`None` leaves the choice to the model's entry."""
    device: str = "auto"
    quantization: Literal["4bit", "8bit"] | None = None
    """`None` leaves the choice to the model's entry."""
    assessor: str | None = None
    rubric: str = "fada"
    classes: str = "fada"
    """A class set's name or file, for models that sort images in place of writing."""
    pad_square: bool | None = None
    """`None` leaves the choice to the model's entry."""
    longest_edge: _Count | None = None
    """Pixels; `None` leaves the choice to the model's entry."""
    max_tiles: _Count | None = None
    """`None` leaves the choice to the model's entry."""
    trust_remote_code: _Texts = ()
    """Models that may run their repository's code."""
    allow_pickle: bool = False
    allow_host: _Texts = ()
    """Servers beside this machine that images may be sent to: each a host, or a host and port."""
    load_timeout: _Seconds = 1800.0
    """Seconds of silence while a model loads."""
    first_token_timeout: _Seconds = 300.0
    token_timeout: _Seconds = 60.0
    """Seconds between two tokens."""
    graphics: Literal["auto", "kitty", "sixel", "half", "off"] = "auto"
    """How the dashboard draws pictures; `auto` finds out what the terminal can."""
    theme: Literal["dark", "light"] = "dark"
    auto_advance: bool = True
    """A verdict moves on to the next unassessed answer."""
    low_bandwidth: bool = False
    """For slow links: fewer frames a second, no animation, half blocks."""
    keymap: _Keymap = {}  # noqa: RUF012 - msgspec copies it
    """Keys of the dashboard's actions, by the action's name; the help screen lists both."""


class LoadedSettings(NamedTuple):
    """Settings, and what of the file was not understood."""

    settings: Settings
    warnings: tuple[str, ...]


class _Value(NamedTuple):
    """A value before it is checked."""

    value: Any
    place: str
    """Where it was given, for the message."""
    text: bool
    """It came as text, so that a number is still to be read from it."""


_ONE_OF = ({"question", "questions"}, {"frames", "frame"})
"""Settings of which either says the same thing: it takes the place of either from a weaker source."""

_PATHS = ("images", "results", "questions", "rubric", "classes")
# A question may contain commas, so only a line's end separates two.
_SEPARATORS = {"question": "\n"}


def load_settings(options: Mapping[str, object], environ: Mapping[str, str], file: Path) -> LoadedSettings:
    """Return the settings in force.

    Args:
        options: by setting's name; `None` means not given. Names that are no settings are left alone.
        environ: `FADA_TUI_<NAME>` sets a setting; lists are separated by commas, questions by line ends.
            An empty variable counts as not given.
        file: `settings.toml`; it need not exist.

    Raises:
        UsageError: the file cannot be read, or a value is of the wrong kind; says where and what is expected.
    """
    return merge(options, environ, read_toml(file) or {}, str(file))


def merge(
    options: Mapping[str, object], environ: Mapping[str, str], table: Mapping[str, Any], origin: str
) -> LoadedSettings:
    """Merge the three sources; see `load_settings`. `origin` names the table's file in messages."""
    names = Settings.__struct_fields__
    chosen: dict[str, _Value] = {}
    for source in (_from_table(table, origin), _from_environment(environ), _from_options(options)):
        for names_of_one in _ONE_OF:
            if source.keys() & names_of_one:
                chosen = {name: value for name, value in chosen.items() if name not in names_of_one}
        chosen |= source
    values = {name: _checked(name, value) for name, value in chosen.items()}
    unknown = [key for key in table if key not in names]
    return LoadedSettings(Settings(**values), tuple(_unknown(key, names, origin) for key in unknown))


def _unknown(key: str, names: tuple[str, ...], origin: str) -> str:
    return f"{origin}: unknown setting {key!r} is ignored{suggestion(key, names)}"


@functools.cache
def _types() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def _from_table(table: Mapping[str, Any], origin: str) -> dict[str, _Value]:
    names = Settings.__struct_fields__
    return {name: _Value(table[name], f"{origin}: {name}", False) for name in names if name in table}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Value]:
    variables = {name: ENVIRONMENT_PREFIX + name.upper() for name in Settings.__struct_fields__}
    return {
        name: _Value(_from_text(name, text), variable, True)
        for name, variable in variables.items()
        if (text := environ.get(variable))
    }


def _from_options(options: Mapping[str, object]) -> dict[str, _Value]:
    return {
        name: _Value(value, f"--{name.replace('_', '-')}", isinstance(value, str))
        for name in Settings.__struct_fields__
        if (value := options.get(name)) is not None
    }


def _from_text(name: str, text: str) -> Any:
    """An environment variable's text, split where the setting is a list."""
    if _types()[name] not in (_Texts, _Keymap):
        return text
    return [part.strip() for part in text.split(_SEPARATORS.get(name, ",")) if part.strip()]


def _checked(name: str, given: _Value) -> Any:
    expected = _types()[name]
    value = given.value
    if expected == _Texts and isinstance(value, str):
        value = [value]
    if expected == _Keymap and isinstance(value, list | tuple):
        value = dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in value)
    try:
        checked = msgspec.convert(value, expected, strict=not given.text)
    except msgspec.ValidationError:
        raise UsageError(f"{given.place}: expected {_expectation(expected)}, got {value!r}") from None
    if name in _PATHS and isinstance(checked, str):
        return str(expanded(checked))
    return checked


_WORDS = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def _expectation(kind: Any) -> str:
    """A setting's type in words."""
    if kind == _Texts:
        return "text, or a list of texts"
    if kind == _Keymap:
        return "action=key, or a table of them"
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_expectation(part) for part in arguments if part is not types.NoneType)
    if origin is Literal:
        return "one of " + ", ".join(arguments) if len(arguments) > 1 else f"'{arguments[0]}'"
    if origin is Annotated:
        return " ".join([_WORDS[arguments[0]], *_bounds(arguments[1])])
    return _WORDS[kind]


def _bounds(meta: Meta) -> list[str]:
    known = ((meta.ge, "of at least"), (meta.gt, "above"), (meta.le, "up to"))
    return [f"{words} {bound:g}" for bound, words in known if bound is not None]
