import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from fada_tui.cli import doctor, installed, package_checks
from fada_tui.cli.check import Check
from fada_tui.cli.doctor import Gpus
from fada_tui.cli.installed import TorchBuild

ROOT = Path(__file__).parents[2]
CPU = TorchBuild("2.13.0+cpu", None)
CUDA = TorchBuild("2.13.0+cu130", "13.0")


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_the_torch_build_is_read_without_importing_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fada_tui.cli import doctor;"
        f"checks = doctor.run_checks(Path({str(tmp_path)!r}));"
        "heavy = {'torch', 'transformers', 'torchvision', 'huggingface_hub'} & set(sys.modules);"
        "sys.exit(str(heavy)) if heavy else print(next(c.detail for c in checks if c.name == 'torch'))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(metadata.version("torch")) and " built for " in done.stdout


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"FADA_TUI_CONFIG_DIR": str(tmp_path / "config"), "HF_HOME": str(tmp_path / "hf")}
    checks = by_name(doctor.run_checks(Path("results"), environ))
    assert list(tmp_path.iterdir()) == []
    assert checks["results"].status == checks["config"].status == checks["hub cache"].status == "ok"
    assert checks["transformers"].detail == metadata.version("transformers")


@pytest.mark.parametrize(
    ("build", "version", "status"),
    [
        (CPU, None, "ok"),
        (CPU, "0.28.0+cpu", "ok"),
        (CPU, "0.28.0+cu130", "fail"),
        (CPU, "0.28.0", "fail"),
        (CUDA, "0.28.0+cu130", "ok"),
        (CUDA, "0.28.0", "ok"),
        (CUDA, "0.28.0+cu126", "fail"),
        (CUDA, "0.27.0+cu130", "fail"),
        (None, "0.28.0", "ok"),
    ],
)
def test_torchvision_must_be_torch_s_pair(build: TorchBuild | None, version: str | None, status: str) -> None:
    check = package_checks.check_torchvision(build, version)
    assert check.status == status
    assert (check.advice is None) == (status == "ok")


@pytest.mark.parametrize(
    ("version", "status"), [("5.23.0", "ok"), ("6.0", "ok"), ("4.57.1", "fail"), (None, "fail")]
)
def test_transformers_must_be_new_enough(version: str | None, status: str) -> None:
    check = package_checks.check_library("transformers", version, "5.23")
    assert check.status == status
    assert check.advice == (None if status == "ok" else "pip install 'transformers>=5.23'")


def test_the_versions_that_are_needed_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = installed.least_versions()
    assert f">={least['python']}" == project["requires-python"]
    assert {f"{name}>={least[name]}" for name in ("torch", "transformers")} < set(project["dependencies"])
    assert f"av>={least['av']}" in project["optional-dependencies"]["video"]
    assert f"pydicom>={least['pydicom']}" in project["optional-dependencies"]["dicom"]


def test_a_program_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installed, "PROGRAM", "no-such-program")
    checks = by_name(doctor.run_checks(tmp_path))
    assert (checks["fada-tui"].status, checks["fada-tui"].detail) == ("warn", "not installed")
    assert checks["Python"].status == checks["torch"].status == checks["transformers"].status == "ok"


def test_what_is_too_old_is_told(tmp_path: Path) -> None:
    assert package_checks.check_python("3.10.4", "3.11").advice == "fada-tui needs Python 3.11 or newer"
    assert (
        package_checks.check_torch(TorchBuild("2.7.1+cpu", None), "2.8").advice == "pip install 'torch>=2.8'"
    )
    assert package_checks.check_torch(None, None).advice == "pip install torch"
    assert package_checks.check_dicom("2.4.4", [], "3.0").status == "warn"
    assert package_checks.check_video("13.1.0", "14.2").detail == "PyAV 13.1.0 is too old"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TERM": "xterm-kitty"}, "kitty graphics"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty graphics"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}, "kitty graphics"),
        ({"TERM": "xterm", "MLTERM": "3.9.0"}, "sixel"),
        ({"TERM": "xterm-256color"}, "half blocks"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, "sextants"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7802"}, "octants"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, "in tmux: kitty graphics"),
        ({"TERM": "screen", "STY": "1", "KITTY_WINDOW_ID": "1"}, "GNU screen: half blocks"),
        ({"TERM": "dumb"}, "no screen can be drawn"),
        ({}, "TERM is not set"),
    ],
)
def test_terminal_graphics_from_the_environment(environ: dict[str, str], words: str) -> None:
    assert words in doctor.check_terminal(environ).detail


def test_tmux_is_told_of_passthrough_only_where_it_helps() -> None:
    inside = {"TERM": "tmux-256color", "TMUX": "/tmp/x"}
    assert "allow-passthrough" in (doctor.check_terminal(inside | {"KITTY_WINDOW_ID": "1"}).advice or "")
    assert doctor.check_terminal(inside).advice is None


def test_the_hub_s_token_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "hub" / "models--a--b").mkdir(parents=True)
    environ = {"HF_HOME": str(tmp_path), "HF_TOKEN": "hf_secret", "HF_HUB_OFFLINE": "1"}
    detail = doctor.check_hub(environ).detail
    assert "token present" in detail and "offline" in detail and "1 models" in detail
    assert "hf_secret" not in detail
    assert "token absent" in doctor.check_hub({"HF_HOME": str(tmp_path)}).detail
    (tmp_path / "token").write_text("hf_secret")
    detail = doctor.check_hub({"HF_HOME": str(tmp_path)}).detail
    assert "token present" in detail and "hf_secret" not in detail


def test_a_folder_that_is_in_the_way_fails(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    assert doctor.check_folder("results", tmp_path / "results", "x").status == "fail"
    assert doctor.check_folder("results", tmp_path / "results" / "below", "x").status == "fail"
    assert doctor.check_folder("results", tmp_path / "new" / "below", "x").status == "ok"


def test_settings_that_cannot_be_read_fail_and_unknown_ones_warn(tmp_path: Path) -> None:
    environ = {"FADA_TUI_CONFIG_DIR": str(tmp_path)}
    assert doctor.check_settings(environ).status == "ok"
    (tmp_path / "settings.toml").write_text("sed = 1\n")
    assert doctor.check_settings(environ).status == "warn"
    (tmp_path / "models.toml").write_text("[[model]]\n")
    assert doctor.check_settings(environ).status == "fail"


def test_the_embedded_model_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    check = doctor.check_demo(tmp_path)
    assert check.status == "fail" and "lacks model.safetensors" in check.detail
    (tmp_path / "model.safetensors").write_bytes(b"x" * 100_000)
    assert doctor.check_demo(tmp_path).detail.endswith("0.1 MB")


def test_the_exit_code_is_0_unless_a_check_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FADA_TUI_CONFIG_DIR", str(tmp_path))
    (tmp_path / "settings.toml").write_text("seed = \n")
    assert doctor.run(tmp_path, as_json=True) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert next(check for check in checks if check["name"] == "settings")["status"] == "fail"
    assert doctor.run(tmp_path) == 1
    assert "FAIL  settings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "build", "status", "words"),
    [
        ("Driver Not Loaded", CPU, "warn", "Driver Not Loaded"),
        (Gpus(["RTX 4070 (12 GB)"], "580.1", 13), CUDA, "ok", "RTX 4070 (12 GB); driver 580.1"),
        (Gpus(["RTX 4070 (12 GB)"], "580.1", 13), CPU, "warn", "a build for the CPU"),
        (Gpus(["RTX 4070 (12 GB)"], "535.1", 12), CUDA, "warn", "update the driver"),
        (Gpus([], "580.1", 13), CUDA, "warn", "none; driver 580.1"),
    ],
)
def test_gpu_driver_and_torch_must_fit(found: Gpus | str, build: TorchBuild, status: str, words: str) -> None:
    check = doctor.check_gpu(found, build, {})
    assert check.status == status
    assert words in f"{check.detail} {check.advice}"


def test_hidden_gpus_are_told_of() -> None:
    check = doctor.check_gpu(Gpus(["RTX 4070"], "580.1", 13), CUDA, {"CUDA_VISIBLE_DEVICES": ""})
    assert check.detail.endswith("; CUDA_VISIBLE_DEVICES=")


def test_what_dicom_and_video_take() -> None:
    assert package_checks.check_dicom("3.0.2", []).status == "ok"
    without = package_checks.check_dicom(None, ["pylibjpeg"])
    assert (without.status, without.advice) == ("ok", None)
    assert "pip install 'fada-tui[dicom]'" in without.detail
    partly = package_checks.check_dicom("3.0.2", ["pylibjpeg-libjpeg"])
    assert (partly.status, partly.advice) == ("warn", "pip install 'fada-tui[dicom]'")
    assert "pylibjpeg-libjpeg" in partly.detail
    assert package_checks.check_video("18.1.0").detail == "PyAV 18.1.0"
    assert "pip install 'fada-tui[video]'" in package_checks.check_video(None).detail


def test_a_lora_is_applied_where_peft_is_there() -> None:
    assert package_checks.check_lora("0.21.0").detail == "peft 0.21.0"
    assert package_checks.check_lora("0.9.0", "0.21").status == "warn"
    assert "cannot be applied" in package_checks.check_lora(None).detail
    assert "pip install 'fada-tui[peft]'" in package_checks.check_lora(None).detail


def test_spreadsheets_are_read_where_openpyxl_is_there() -> None:
    assert package_checks.check_spreadsheets("3.1.5").detail == "openpyxl 3.1.5"
    assert package_checks.check_spreadsheets("3.0.9", "3.1").status == "warn"
    assert "pip install 'fada-tui[xlsx]'" in package_checks.check_spreadsheets(None).detail
    found = by_name(doctor.run_checks(Path("results")))
    assert found["DICOM"].detail == f"pydicom {metadata.version('pydicom')}, with its decoders"
    assert found["video"].detail == f"PyAV {metadata.version('av')}"
