"""Which program an engine is, by settings and PATH, and its version."""

import asyncio
import gc
import os
import shutil
import signal
import sys
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from fada_tui.config.engines import EngineSettings
from fada_tui.core.errors import UsageError
from fada_tui.runs.engines import installed
from fada_tui.runs.engines.installed import Installed, find, version_of
from tests.conftest import LONG_ENOUGH, lives
from tests.runs.engines.playing import wait_until


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that stands still for some seconds is none that says nothing."""
    for name in ("VERSION_SECONDS", "METADATA_SECONDS"):
        monkeypatch.setattr(installed, name, LONG_ENOUGH)


def program(folder: Path, name: str, text: str = "#!/bin/sh\necho none\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_settings_win_over_path(tmp_path: Path) -> None:
    on_path = program(tmp_path / "bin", "vllm")
    own = program(tmp_path / "own", "vllm")
    environ = {"PATH": str(tmp_path / "bin")}
    settings = {"vllm": EngineSettings(command=(str(own), "-v"), arguments=("--enforce-eager",))}
    assert find("vllm", settings, environ) == Installed(
        engine="vllm", command=(str(own), "-v"), arguments=("--enforce-eager",), by_settings=True
    )
    assert find("vllm", {}, environ) == Installed(engine="vllm", command=(str(on_path),))


def test_arguments_alone_leave_the_program_to_path(tmp_path: Path) -> None:
    server = program(tmp_path, "llama-server")
    settings = {"llama.cpp": EngineSettings(arguments=("-c", "8192"))}
    found = find("llama.cpp", settings, {"PATH": str(tmp_path)})
    assert found == Installed(engine="llama.cpp", command=(str(server),), arguments=("-c", "8192"))


def test_a_link_stays_one_since_a_venv_is_found_by_it(tmp_path: Path) -> None:
    real = program(tmp_path / "real", "vllm")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vllm").symlink_to(real)
    assert find("vllm", {}, {"PATH": str(tmp_path / "bin")}).command == (str(tmp_path / "bin" / "vllm"),)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (
            "vllm",
            "vllm is not here: put vllm on PATH, or name it in settings.toml: [engines.vllm] command = [",
        ),
        (
            "llama.cpp",
            "llama.cpp is not here: put llama-server on PATH, or name it in settings.toml: [engines.",
        ),
        ("sglang", "sglang is not here"),
    ],
)
def test_what_is_not_there_is_refused_with_how_to_name_it(engine: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        find(engine, {}, {"PATH": str(tmp_path)})
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)


def test_a_command_of_the_settings_that_is_no_program_is_refused(tmp_path: Path) -> None:
    program(tmp_path, "vllm")
    (tmp_path / "text").write_text("")
    for name in (str(tmp_path / "gone"), str(tmp_path / "text"), "nothing-of-this-name"):
        with pytest.raises(UsageError, match=r"\[engines\.vllm\] in settings\.toml names .* no program here"):
            find("vllm", {"vllm": EngineSettings(command=(name,))}, {"PATH": str(tmp_path)})


def test_sglang_may_be_a_module_of_our_own_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sglang").mkdir()
    (tmp_path / "sglang" / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = find("sglang", {}, {"PATH": str(tmp_path / "none")})
    assert found.command == (sys.executable, "-m", "sglang.launch_server")


async def test_a_version_is_what_the_package_says_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of a Python environment, as pip makes it: asked by its Python's metadata alone."""
    import importlib.metadata

    text = f"#!{sys.executable}\nraise SystemExit('imported')\n"
    fake = program(tmp_path, "vllm", text)
    monkeypatch.setitem(installed._PACKAGES, "vllm", ("pytest",))
    for command in ((str(fake),), (str(fake), "serve"), ("nice", "-n", "5", str(fake))):
        found = Installed(engine="vllm", command=command)
        assert await version_of(found) == importlib.metadata.version("pytest")
    module = Installed(engine="vllm", command=(sys.executable, "-m", "vllm"))
    assert await version_of(module) == importlib.metadata.version("pytest")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("echo 'version: 5432 (abc12)' >&2; echo 'built with cc' >&2", "5432"),
        ("echo 'INFO 11-27 something'; echo 0.32.0+cpu", "0.32.0+cpu"),
        ("echo 'vllm version 0.9.1'", "0.9.1"),
        ("echo nothing", None),
        ("echo 1.2.3; exit 3", None),
    ],
)
async def test_else_a_version_is_what_the_program_prints(
    text: str, version: str | None, tmp_path: Path
) -> None:
    file = program(tmp_path, "llama-server", f'#!/bin/sh\n[ "$1" = --version ] || exit 9\n{text}\n')
    assert await version_of(Installed(engine="llama.cpp", command=(str(file),))) == version


async def test_one_that_does_not_say_it_in_time_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "VERSION_SECONDS", 0.1)
    file = program(tmp_path, "llama-server", "#!/bin/sh\nexec sleep 600\n")
    begun = time.monotonic()
    assert await version_of(Installed(engine="llama.cpp", command=(str(file),))) is None
    assert time.monotonic() - begun < 300


async def test_asking_for_a_version_can_be_given_up(tmp_path: Path) -> None:
    text = f"#!/bin/sh\nsleep 600 &\necho $! $$ > {tmp_path}/pids.new\n"
    text += f"mv {tmp_path}/pids.new {tmp_path}/pids\nsleep 600\n"
    file = program(tmp_path, "llama-server", text)
    asking = asyncio.create_task(version_of(Installed(engine="llama.cpp", command=(str(file),))))
    while not (tmp_path / "pids").exists():
        await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    await asyncio.to_thread(wait_until, lambda: not any(map(lives, pids)))


async def test_one_that_prints_without_end_has_none_and_is_ended(tmp_path: Path) -> None:
    text = f"#!/bin/sh\necho $$ > {tmp_path}/pid\necho version 1.2.3\nexec yes\n"
    file = program(tmp_path, "llama-server", text)
    tracemalloc.start()
    try:
        assert await version_of(Installed(engine="llama.cpp", command=(str(file),))) is None
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(shutil.which("setsid") is None, reason="it lets a process get away")
def test_a_process_that_gets_away_is_not_waited_for_nor_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the end of the pipe that is written to."""
    monkeypatch.setattr(installed, "VERSION_SECONDS", 0.3)
    text = f"#!/bin/sh\nsetsid sleep 600 &\necho $! > {tmp_path}/pid\necho version 4\n"
    file = program(tmp_path, "llama-server", text)
    said_by = installed._said_by

    async def once_it_got_away(*asked: Any) -> str | None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().endswith("\n"):
            await asyncio.sleep(0.02)
        return await said_by(*asked)

    monkeypatch.setattr(installed, "_said_by", once_it_got_away)
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    assert asyncio.run(version_of(Installed(engine="llama.cpp", command=(str(file),)))) is None
    gc.collect()
    with suppress(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert not told


async def test_a_version_is_no_longer_than_one_can_be(tmp_path: Path) -> None:
    file = program(tmp_path, "llama-server", "#!/bin/sh\nprintf 'version: %05000d\\n' 1\n")
    version = await version_of(Installed(engine="llama.cpp", command=(str(file),)))
    assert version and len(version) == 100


async def test_one_that_cannot_be_started_has_none(tmp_path: Path) -> None:
    file = program(tmp_path, "llama-server", "#!/nowhere/at/all\n")
    assert await version_of(Installed(engine="llama.cpp", command=(str(file),))) is None
    assert await version_of(Installed(engine="llama.cpp", command=(os.devnull,))) is None
