"""What `doctor` says of engines: which are here, where, and how the others would be named."""

import json
import os
from pathlib import Path

from fada_tui.cli import doctor
from fada_tui.cli.check import Check


def told(folder: Path, settings: str = "") -> dict[str, Check]:
    """Return the checks of engines where a folder is the whole PATH."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "settings.toml").write_text(settings)
    environ = {"PATH": str(folder), "FADA_TUI_CONFIG_DIR": str(config)}
    return {check.name: check for check in doctor.check_engines(environ)}


def program(file: Path, text: str) -> Path:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_what_is_not_here_is_no_fault(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert list(found) == ["vllm", "sglang", "llama.cpp"]
    assert all(check.status == "ok" for check in found.values())
    assert found["llama.cpp"].detail == (
        "not here; to use it, put llama-server on PATH, or name it in settings.toml: "
        '[engines."llama.cpp"] command = ["/…/llama-server"]'
    )


def test_what_is_here_is_told_with_version_and_path(tmp_path: Path) -> None:
    server = program(tmp_path / "llama-server", "echo 'version: 77 (abc)' >&2")
    own = program(tmp_path / "mine", "exit 1")
    found = told(tmp_path, f'[engines.vllm]\ncommand = ["{own}", "a b"]\n')
    assert found["llama.cpp"].detail == f"77, {server}"
    assert found["vllm"].detail == f"version unknown, {own} 'a b', as settings.toml says"
    assert {check.status for check in found.values()} == {"ok"}


def test_keys_in_a_command_are_not_told(tmp_path: Path) -> None:
    own = program(tmp_path / "mine", "echo 1.2.3")
    check = told(tmp_path, f'[engines.vllm]\ncommand = "{own} --hf-token hf_of-mine"\n')["vllm"]
    assert check.detail == f"1.2.3, {own} --hf-token '[key]', as settings.toml says"


def test_a_command_that_is_gone_is_warned_of(tmp_path: Path) -> None:
    check = told(tmp_path, '[engines.sglang]\ncommand = "/gone/sglang"\n')["sglang"]
    assert check.status == "warn"
    assert "[engines.sglang] in settings.toml names /gone/sglang, which is no program here" in check.detail


def test_settings_that_cannot_be_used_leave_the_engines_on_path(tmp_path: Path) -> None:
    program(tmp_path / "llama-server", "echo version: 78")
    assert told(tmp_path, "engines = 7\n")["llama.cpp"].detail.startswith("78, ")


def test_they_stand_among_all_checks(tmp_path: Path) -> None:
    environ = {**os.environ, "PATH": str(tmp_path), "FADA_TUI_CONFIG_DIR": str(tmp_path)}
    names = [check.name for check in doctor.run_checks(tmp_path, environ)]
    assert names[names.index("vllm") : names.index("GPU")] == ["vllm", "sglang", "llama.cpp"]
    assert json.dumps(names)
