"""Settings of the engines that the program starts: tables `[engines.NAME]` of `settings.toml`.

Which program is started is one's own word alone: no option, no variable and no run's file says it.
"""

import shlex
from collections.abc import Iterator
from typing import Any

from fada_tui.core.errors import UsageError
from fada_tui.core.paths import expanded
from fada_tui.core.records import Record
from fada_tui.core.toml import suggestion

TRANSFORMERS = "transformers"
"""What generates in our own worker, and is no engine that is started."""

VLLM, SGLANG, LLAMA_CPP = "vllm", "sglang", "llama.cpp"

ENGINES = (VLLM, SGLANG, LLAMA_CPP)
"""Engines that are installed by a person, and started by the program."""

_OF_SETTINGS = {
    "max-num-seqs": "concurrency",
    "max-running-requests": "concurrency",
    "parallel": "concurrency",
    "np": "concurrency",
    "dtype": "dtype",
    "revision": "a model's revision",
    "trust-remote-code": "trust_remote_code",
    "lora-modules": "lora",
    "lora-paths": "lora",
    "lora": "lora",
    "lora-scaled": "lora",
}
"""Options of engines that settings decide, with the setting of each."""

_OURS = frozenset(
    {
        *("host", "port", "uds", "api-key", "api-key-file", "api-prefix", "root-path", "config"),
        *("fastapi-root-path", "ssl-keyfile", "ssl-certfile", "ssl-key-file", "ssl-cert-file"),
        *("served-model-name", "alias", "a", "headless"),
        *("model", "model-path", "m", "mmproj", "mm", "hf-repo", "hf", "hfr", "hf-file", "hff"),
        *("model-url", "mu", "models-dir", "models-preset", "router"),
    }
)
"""Options by which another model would be served, or where nobody would find it."""


class EngineSettings(Record, frozen=True, kw_only=True):
    """What one's settings say of an engine."""

    command: tuple[str, ...] = ()
    """The program and the arguments that come before ours; empty: it is looked for on PATH."""
    arguments: tuple[str, ...] = ()
    """Arguments that come after ours."""


def engines_of(value: Any, place: str) -> dict[str, EngineSettings]:
    """Return the engines' settings by name.

    Args:
        value: the table `engines`.
        place: file and key, for messages.

    Raises:
        UsageError: something in it is of the wrong kind; says where and what is expected.
    """
    found = {}
    for name, table in _table(value, place).items():
        if name not in ENGINES:
            raise UsageError(f"{place}.{name}: expected one of {_names()}{_near(name)}")
        where = f"{place}.{_quoted(name)}"
        inner = _table(table, where)
        arguments = _words(inner.get("arguments", []), f"{where}.arguments")
        for argument in arguments:
            _check_argument(argument, f"{where}.arguments")
        found[name] = EngineSettings(
            command=_command(inner["command"], f"{where}.command") if "command" in inner else (),
            arguments=arguments,
        )
    return found


def unknown_engine_keys(value: Any, place: str) -> Iterator[str]:
    """Yield a warning for each key that is not known; `engines_of` passes over it."""
    known = EngineSettings.__struct_fields__
    for name, table in value.items() if isinstance(value, dict) else ():
        for key in table if isinstance(table, dict) else ():
            if key not in known:
                yield f"{place}.{_quoted(name)}: unknown key {key!r} is ignored{suggestion(key, known)}"


def option_of(argument: str) -> str | None:
    """Return the name of the option that an argument is, without dashes and value; `None` if it is none."""
    if not argument.startswith("-") or argument.lstrip("-")[:1].isdigit():
        return None
    return argument.lstrip("-").partition("=")[0].replace("_", "-").partition(".")[0].lower() or None


def _command(value: Any, place: str) -> tuple[str, ...]:
    words = _words(value, place)
    if not words or not words[0].strip():
        raise UsageError(f'{place}: expected a program, as in command = ["/opt/vllm/bin/vllm"]')
    return (str(expanded(words[0])), *words[1:])


def _words(value: Any, place: str) -> tuple[str, ...]:
    """Return a list of texts, or a text split as a shell splits it."""
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError as error:
            raise UsageError(
                f"{place}: a quotation mark or backslash has no end ({error}): write a list of texts"
            ) from None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UsageError(f"{place}: expected a list of texts, or a text as a shell takes it")
    if any("\0" in word for word in value):
        raise UsageError(f"{place}: no program takes a text with a NUL character in it")
    return tuple(value)


def _check_argument(argument: str, place: str) -> None:
    option = option_of(argument)
    positive = option.removeprefix("no-") if option else None
    if setting := _OF_SETTINGS.get(positive or ""):
        raise UsageError(f"{place}: {argument!r} is what the setting {setting} is for")
    if positive in _OURS:
        raise UsageError(f"{place}: fada-tui sets {argument!r} itself; leave it out")


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{place}: expected a table, as in [engines.vllm]")
    return value


def _names() -> str:
    return ", ".join(_quoted(name) for name in ENGINES)


def _quoted(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else f'"{name}"'


def _near(name: str) -> str:
    if name.casefold() in ("llama", "llama_cpp", "llamacpp", "llama-cpp", "llama-server"):
        return f'; write [engines."{LLAMA_CPP}"], with the quotation marks'
    return suggestion(name, ENGINES)
