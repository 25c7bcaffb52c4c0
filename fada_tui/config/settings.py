"""Settings in force: options override the environment, which overrides `settings.toml` and the defaults."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union

import msgspec
from msgspec import Meta

from fada_tui.config.engines import EngineSettings, engines_of, unknown_engine_keys
from fada_tui.config.schema import SETTINGS
from fada_tui.config.servers import ServerSettings, servers_of, unknown_keys
from fada_tui.config.setting import Setting
from fada_tui.core.device_list import device_list
from fada_tui.core.errors import UsageError
from fada_tui.core.file_modes import Files
from fada_tui.core.paths import expanded
from fada_tui.core.records import EngineName, ImageDetail, ImageFormat, Record
from fada_tui.core.shards import shard_of
from fada_tui.core.toml import read_toml, suggestion

ENVIRONMENT_PREFIX = "FADA_TUI_"


def _default(name: str) -> Any:
    return SETTINGS[name].default


class Settings(Record, frozen=True, kw_only=True):
    """All settings, by the names of their options; `schema.SETTINGS` describes each."""

    model: tuple[str, ...] = _default("model")
    lora: str | None = _default("lora")
    images: str | None = _default("images")
    images_from: str | None = _default("images_from")
    category: tuple[str, ...] = _default("category")
    per_category: int | None = _default("per_category")
    limit: int | None = _default("limit")
    shuffle: int | None = _default("shuffle")
    frames: int | None = _default("frames")
    frame: int | None = _default("frame")
    shard: str | None = _default("shard")
    question: tuple[str, ...] = _default("question")
    questions: str | None = _default("questions")
    classes: str = _default("classes")
    references: tuple[str, ...] = _default("references")
    control: bool = _default("control")
    alias: dict[str, str] = _default("alias")
    max_new_tokens: int = _default("max_new_tokens")
    temperature: float = _default("temperature")
    top_p: float = _default("top_p")
    system_prompt: str | None = _default("system_prompt")
    thinking: Literal["auto", "on", "off"] = _default("thinking")
    max_thinking_tokens: int | None = _default("max_thinking_tokens")
    seed: int = _default("seed")
    batch_size: int | Literal["auto"] = _default("batch_size")
    dtype: Literal["auto", "float32", "float16", "bfloat16"] | None = _default("dtype")
    device: str = _default("device")
    devices: str | None = _default("devices")
    engine: EngineName = _default("engine")
    quantization: Literal["4bit", "8bit"] | None = _default("quantization")
    pad_square: bool | None = _default("pad_square")
    longest_edge: int | None = _default("longest_edge")
    max_tiles: int | None = _default("max_tiles")
    trust_remote_code: tuple[str, ...] = _default("trust_remote_code")
    allow_host: tuple[str, ...] = _default("allow_host")
    concurrency: int | None = _default("concurrency")
    image_format: ImageFormat = _default("image_format")
    image_quality: int = _default("image_quality")
    image_detail: ImageDetail | None = _default("image_detail")
    servers: dict[str, ServerSettings] = _default("servers")
    engines: dict[str, EngineSettings] = _default("engines")
    allow_pickle: bool = _default("allow_pickle")
    assessor: str | None = _default("assessor")
    files: Files | None = _default("files")
    rubric: str = _default("rubric")
    graphics: Literal["auto", "kitty", "sixel", "octant", "sextant", "half", "off"] = _default("graphics")
    theme: Literal["dark", "light"] = _default("theme")
    viewer: str | None = _default("viewer")
    auto_advance: bool = _default("auto_advance")
    goal: int | None = _default("goal")
    low_bandwidth: bool = _default("low_bandwidth")
    hang_up: Literal["stop", "go_on"] = _default("hang_up")
    keymap: dict[str, str] = _default("keymap")
    load_timeout: float = _default("load_timeout")
    first_token_timeout: float = _default("first_token_timeout")
    token_timeout: float = _default("token_timeout")
    server_patience: float = _default("server_patience")
    results: str = _default("results")

    @property
    def most_tokens(self) -> int:
        """Return the most tokens that are generated for an answer, its thoughts included."""
        return self.max_new_tokens + (self.max_thinking_tokens or 0)


class LoadedSettings(NamedTuple):
    """Settings, and the parts of the file that were not understood."""

    settings: Settings
    warnings: tuple[str, ...]


class _Value(NamedTuple):
    """A value before it is checked."""

    value: Any
    place: str
    """Where it was given, for the message."""
    text: bool
    """Whether it came as text, so that a number still has to be parsed from it."""


class _Tables(NamedTuple):
    """A setting that is a table for each of several things."""

    record: type[Record]
    read: Callable[[Any, str], Any]


_TABLES = {"servers": _Tables(ServerSettings, servers_of), "engines": _Tables(EngineSettings, engines_of)}

_ONE_OF = ({"question", "questions"}, {"frames", "frame"}, {"device", "devices"})
"""Alternative settings: setting one overrides the others from sources of lower priority."""

# A question may contain commas, so only a line's end separates two.
_SEPARATORS = {"question": "\n"}


def load_settings(
    options: Mapping[str, object], environ: Mapping[str, str], file: Path, *, tolerant: bool = False
) -> LoadedSettings:
    """Return the settings in force.

    Args:
        options: by setting's name; `None` means not given. Names that are no settings are left alone.
        environ: `FADA_TUI_<NAME>` sets a setting; lists are separated by commas, questions by line ends.
            An empty variable counts as not given.
        file: `settings.toml`; it need not exist.
        tolerant: what cannot be used in the file is a warning, and counts as not given. For where somebody is
            there to read it: no run may be made with other settings than were written.

    Raises:
        UsageError: the file cannot be read, or a value is of the wrong kind; says where and what is expected.
    """
    table, warnings = _usable(file) if tolerant else (read_toml(file) or {}, ())
    settings, unknown = merge(options, environ, table, str(file))
    return LoadedSettings(settings, (*warnings, *unknown))


def names_given(options: Mapping[str, object], environ: Mapping[str, str], file: Path) -> frozenset[str]:
    """Return the names of the settings that a person gave, also those given the value of their default.

    Args are those of `load_settings`; what cannot be used in the file counts as not given.
    """
    sources = (
        _from_table(_usable(file)[0], str(file)),
        _from_environment(environ),
        _from_options(options),
    )
    return frozenset(name for source in sources for name in source)


def merge(
    options: Mapping[str, object], environ: Mapping[str, str], table: Mapping[str, Any], origin: str
) -> LoadedSettings:
    """Merge the three sources; see `load_settings`. `origin` names the table's file in messages."""
    chosen: dict[str, _Value] = {}
    for source in (_from_table(table, origin), _from_environment(environ), _from_options(options)):
        for names_of_one in _ONE_OF:
            if source.keys() & names_of_one:
                chosen = {name: value for name, value in chosen.items() if name not in names_of_one}
        chosen |= source
    values = {name: _checked(name, value) for name, value in chosen.items()}
    unknown = [_unknown(key, origin) for key in table if key not in SETTINGS]
    unknown += unknown_keys(table.get("servers"), f"{origin}: servers")
    unknown += unknown_engine_keys(table.get("engines"), f"{origin}: engines")
    return LoadedSettings(Settings(**values), tuple(unknown))


def check_setting(name: str, file: Path) -> None:
    """Raise `UsageError` if a file cannot be read, or not what it says of one setting."""
    if given := _from_table(read_toml(file) or {}, str(file)).get(name):
        _checked(name, given)


def _usable(file: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a file's table without the settings that cannot be used, and a warning for each of these."""
    try:
        table = read_toml(file) or {}
    except UsageError as error:
        return {}, (f"{error}; none of it is used",)
    warnings: list[str] = []
    for name, given in _from_table(table, str(file)).items():
        try:
            _checked(name, given)
        except UsageError as error:
            del table[name]
            warnings.append(f"{error}; the default counts")
    return table, tuple(warnings)


def value_of(name: str, value: object, *, from_text: bool = False) -> Any:
    """Return a value converted for the setting.

    Args:
        name: of the setting.
        value: as it was given.
        from_text: a number may be read from a text.

    Raises:
        msgspec.ValidationError: it is of another kind, or out of bounds.
    """
    return msgspec.convert(value, _type(name), strict=not from_text)


def _unknown(key: str, origin: str) -> str:
    return f"{origin}: unknown setting {key!r} is ignored{suggestion(key, SETTINGS)}"


@functools.cache
def _type(name: str) -> Any:
    """Return the type of a setting's values, with its bounds."""
    setting = SETTINGS[name]
    bounds: dict[str, Any] = {"ge": setting.least, "gt": setting.above, "le": setting.most}
    some_text = Annotated[str, Meta(min_length=1)]
    literal: Any = Literal
    allowed: list[Any] = [literal[setting.choices]] if setting.choices else []
    match setting.kind:
        case "text" | "shard" | "devices":
            allowed.append(str)
        case "texts":
            allowed.append(tuple[some_text, ...])
        case "pairs":
            allowed.append(dict[str, some_text])
        case "whole":
            allowed.append(Annotated[int, Meta(**bounds)])
        case "number":
            allowed.append(Annotated[float, Meta(**bounds)])
        case "switch" | "flag":
            allowed.append(bool)
        case "tables":
            record: Any = _TABLES[name].record
            allowed.append(dict[str, record])
        case "choice":
            pass
    if setting.default is None:
        allowed.append(None)
    union: Any = Union
    return union[tuple(allowed)]


def _from_table(table: Mapping[str, Any], origin: str) -> dict[str, _Value]:
    return {name: _Value(table[name], f"{origin}: {name}", False) for name in SETTINGS if name in table}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Value]:
    variables = {
        name: ENVIRONMENT_PREFIX + name.upper()
        for name, setting in SETTINGS.items()
        if not setting.in_file_alone
    }
    return {
        name: _Value(_from_text(SETTINGS[name], text), variable, True)
        for name, variable in variables.items()
        if (text := environ.get(variable))
    }


def _from_options(options: Mapping[str, object]) -> dict[str, _Value]:
    return {
        name: _Value(value, setting.option, isinstance(value, str))
        for name, setting in SETTINGS.items()
        if (value := options.get(name)) is not None and not setting.in_file_alone
    }


def _from_text(setting: Setting, text: str) -> Any:
    """Return an environment variable's text, split where the setting is a list."""
    if setting.kind not in ("texts", "pairs"):
        return text
    return [part.strip() for part in text.split(_SEPARATORS.get(setting.name, ",")) if part.strip()]


def _checked(name: str, given: _Value) -> Any:
    setting, value = SETTINGS[name], given.value
    if setting.kind == "tables":
        return _TABLES[name].read(value, given.place)
    if setting.kind == "texts" and isinstance(value, str):
        value = [value]
    if setting.kind == "pairs" and isinstance(value, list | tuple) and all(isinstance(p, str) for p in value):
        value = dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in value)
    try:
        checked = value_of(name, value, from_text=given.text)
        if setting.kind == "shard" and checked is not None and shard_of(checked) is None:
            raise msgspec.ValidationError
        if setting.kind == "devices" and checked is not None:
            device_list(checked)
    except msgspec.ValidationError:
        raise UsageError(f"{given.place}: expected {setting.expected}, got {repr(value)[:200]}") from None
    except ValueError as error:
        raise UsageError(f"{given.place}: {error}, got {repr(value)[:200]}") from None
    if setting.path and isinstance(checked, tuple):
        return tuple(str(expanded(path)) for path in checked)
    return str(expanded(checked)) if setting.path and isinstance(checked, str) else checked
