"""Checks of packages, GPU, terminal, caches and folders. Imports nothing heavy and writes nothing."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fada_tui.cli import installed
from fada_tui.cli.check import Check
from fada_tui.cli.installed import TorchBuild, release
from fada_tui.cli.package_checks import check_packages
from fada_tui.config.engines import ENGINES
from fada_tui.config.settings import load_settings
from fada_tui.core import paths
from fada_tui.core.errors import ExitCode, FadaError, UsageError
from fada_tui.core.terminal_symbols import drawn_symbols
from fada_tui.core.text import printable
from fada_tui.models.hub_cache import hub_folders
from fada_tui.models.registry import load_registry
from fada_tui.runs.engines.installed import describe

LITTLE_DISK = 5_000_000_000
"""Bytes free below which a model's download may not fit."""
NO_DISK = 50_000_000
"""Bytes free below which a run may not be written."""

CHARACTERS = {"octant": "octants", "sextant": "sextants", "half": "half blocks"}
"""What pictures are made of where the terminal draws none."""


class Gpus(NamedTuple):
    """The GPUs that NVML reports."""

    names: list[str]
    driver: str
    cuda: int | None
    """Newest major version of CUDA that the driver supports."""


def run(results: Path, *, as_json: bool = False) -> int:
    """Print every check; return 0 unless one failed."""
    checks = run_checks(results)
    if as_json:
        text = msgspec.json.encode({"checks": [msgspec.to_builtins(check) for check in checks]}).decode()
    else:
        text = "\n".join(line for check in checks for line in _lines(check))
    sys.stdout.write(f"{text}\n")
    failed = any(check.status == "fail" for check in checks)
    return ExitCode.SOME_RESULTS_ARE_ERRORS if failed else ExitCode.OK


def run_checks(results: Path, environ: Mapping[str, str] = os.environ) -> list[Check]:
    """Check everything that a run needs.

    Args:
        results: the results folder, which need not exist.
        environ: the environment to judge terminal, cache and folders by.
    """
    return [
        *check_packages(),
        *check_engines(environ),
        check_gpu(_nvml(), installed.torch_build(), environ),
        check_terminal(environ),
        check_hub(environ),
        check_folder("results", results, "choose another folder with --results"),
        check_folder(
            "config", paths.config_dir(environ), f"set {paths.CONFIG_DIR_VARIABLE} to another folder"
        ),
        check_settings(environ),
        check_disk(results),
        check_demo(paths.demo_weights()),
        check_samples(paths.samples_dir),
    ]


def check_engines(environ: Mapping[str, str]) -> list[Check]:
    """Check which engines can be started; no run needs one. May start them to say their version."""
    own = load_settings({}, environ, paths.settings_file(environ), tolerant=True).settings.engines
    told = {name: describe(name, own, environ) for name in ENGINES}
    return [
        Check(name=name, status="ok" if fine else "warn", detail=said) for name, (fine, said) in told.items()
    ]


def check_gpu(found: Gpus | str, build: TorchBuild | None, environ: Mapping[str, str]) -> Check:
    """Check GPU, driver and NVML, and whether torch can use them.

    Args:
        found: what NVML reports, or why it reports nothing.
        build: the installed torch.
        environ: tells which GPUs are hidden.
    """
    if isinstance(found, str):
        detail = f"none that NVML can see ({found}): models run on the CPU"
        return Check(name="GPU", status="warn", detail=detail)
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    detail = f"{', '.join(found.names) or 'none'}; driver {found.driver}"
    detail += f"; CUDA_VISIBLE_DEVICES={visible}" if visible is not None else ""
    if found.names and build and not build.cuda:
        advice = "torch is a build for the CPU: install one for CUDA to use the GPU"
        return Check(name="GPU", status="warn", detail=detail, advice=advice)
    if build and build.cuda and found.cuda and release(build.cuda)[0] > found.cuda:
        advice = (
            f"torch needs a driver for CUDA {build.cuda}; this one ends at {found.cuda}: update the driver"
        )
        return Check(name="GPU", status="warn", detail=detail, advice=advice)
    return Check(name="GPU", status="ok" if found.names else "warn", detail=detail)


def check_terminal(environ: Mapping[str, str]) -> Check:
    """Check how the terminal can show pictures, from the environment alone."""
    name, term = "terminal", environ.get("TERM", "")
    if term in ("", "dumb"):
        detail = f"TERM is {term or 'not set'}: no screen can be drawn"
        return Check(name=name, status="warn", detail=detail, advice="run without a screen: fada-tui --batch")
    graphics = _graphics(environ, term)
    if environ.get("STY") or (term.startswith("screen") and not environ.get("TMUX")):
        return Check(name=name, status="ok", detail=f"{term} in GNU screen: half blocks")
    if environ.get("TMUX"):
        advice = (
            "for pictures inside tmux, from kitty 0.28 or ghostty: set -g allow-passthrough on"
            if graphics not in CHARACTERS.values()
            else None
        )
        return Check(name=name, status="ok", detail=f"{term} in tmux: {graphics}", advice=advice)
    return Check(name=name, status="ok", detail=f"{term}: {graphics}")


def check_hub(environ: Mapping[str, str]) -> Check:
    """Check the hub's cache, and whether a token is set (its value is never shown)."""
    cache, home = hub_folders(environ)
    repositories = len(list(cache.glob("models--*"))) if cache.is_dir() else 0
    token = bool(environ.get("HF_TOKEN") or environ.get("HUGGING_FACE_HUB_TOKEN"))
    token = token or Path(environ.get("HF_TOKEN_PATH") or home / "token").is_file()
    offline = environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    detail = f"{cache}, {repositories} models; token {'present' if token else 'absent'}"
    detail += "; offline by HF_HUB_OFFLINE" if offline else ""
    if not offline and not _writable(cache):
        advice = "set HF_HOME to a folder that you may write"
        return Check(name="hub cache", status="warn", detail=f"{detail}; not writable", advice=advice)
    return Check(name="hub cache", status="ok", detail=detail)


def check_folder(name: str, folder: Path, advice: str) -> Check:
    """Check whether a folder can be written, or created where it is missing. Writes nothing."""
    if _writable(folder):
        made = "" if folder.is_dir() else " (made when needed)"
        return Check(name=name, status="ok", detail=f"{folder}{made}")
    return Check(name=name, status="fail", detail=f"{folder} cannot be written", advice=advice)


def check_settings(environ: Mapping[str, str]) -> Check:
    """Check whether the user's settings and model list can be read."""
    try:
        warnings = load_settings({}, environ, paths.settings_file(environ)).warnings
        registry = load_registry(paths.models_file(environ))
        registry.check()
        for message in registry.unusable.values():
            raise UsageError(message)
    except FadaError as error:
        return Check(name="settings", status="fail", detail=str(error), advice="correct it, or take it out")
    if found := (*warnings, *registry.warnings):
        return Check(name="settings", status="warn", detail="; ".join(found))
    return Check(name="settings", status="ok", detail=f"{len(registry.entries)} models in the list")


def check_disk(results: Path) -> Check:
    """Check the free space where runs are written."""
    free = shutil.disk_usage(_existing(results)).free
    detail = f"{free / 1e9:.1f} GB free at {results}"
    if free < NO_DISK:
        return Check(
            name="disk", status="fail", detail=detail, advice="free some space: runs cannot be written"
        )
    if free < LITTLE_DISK:
        return Check(name="disk", status="warn", detail=detail, advice="little room for models and runs")
    return Check(name="disk", status="ok", detail=detail)


def check_demo(weights: Path) -> Check:
    """Check whether the embedded model is complete."""
    missing = [name for name in ("config.json", "model.safetensors") if not (weights / name).is_file()]
    if missing:
        detail = f"{weights} lacks {', '.join(missing)}"
        return Check(name="embedded model", status="fail", detail=detail, advice="install fada-tui again")
    size = (weights / "model.safetensors").stat().st_size
    return Check(name="embedded model", status="ok", detail=f"{weights}, {size / 1e6:.1f} MB")


def check_samples(find: Callable[[], Path]) -> Check:
    """Check whether the sample images are installed."""
    try:
        folder = find()
    except FadaError as error:
        return Check(name="samples", status="fail", detail=str(error))
    images = sum(file.suffix.lower() in (".png", ".jpg", ".jpeg") for file in folder.glob("*/*"))
    return Check(name="samples", status="ok" if images else "fail", detail=f"{folder}, {images} images")


def _nvml() -> Gpus | str:
    """Return what NVML reports, or the reason why it reports nothing."""
    try:
        import pynvml
    except ImportError as error:
        return str(error)
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return str(error)
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        names = [_described(pynvml, handle) for handle in handles]
        version = pynvml.nvmlSystemGetCudaDriverVersion_v2()
        return Gpus(names, str(pynvml.nvmlSystemGetDriverVersion()), version // 1000)
    except pynvml.NVMLError as error:
        return str(error)
    finally:
        pynvml.nvmlShutdown()


def _described(nvml: Any, handle: Any) -> str:
    """Return a GPU's name with its memory, which some virtual GPUs don't report."""
    name = str(nvml.nvmlDeviceGetName(handle))
    try:
        return f"{name} ({nvml.nvmlDeviceGetMemoryInfo(handle).total / 1e9:.0f} GB)"
    except nvml.NVMLError:
        return name


def _graphics(environ: Mapping[str, str], term: str) -> str:
    """Return the best way to draw pictures that the environment indicates."""
    program = environ.get("TERM_PROGRAM", "").lower()
    if environ.get("KITTY_WINDOW_ID") or "kitty" in term or program == "ghostty" or "ghostty" in term:
        return "kitty graphics"
    if environ.get("KONSOLE_VERSION"):
        return "kitty graphics"
    if environ.get("MLTERM"):
        return "sixel"
    if program in ("wezterm", "iterm.app") or any(
        name in term for name in ("sixel", "foot", "mlterm", "contour")
    ):
        return "sixel"
    return CHARACTERS[drawn_symbols(environ)]


def _existing(folder: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _writable(folder: Path) -> bool:
    place = _existing(folder)
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def _lines(check: Check) -> list[str]:
    marks = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}
    line = f"{marks[check.status]}  {check.name:<15}{printable(check.detail)}"
    return [line, *([f"{'':21}→ {printable(check.advice)}"] if check.advice else [])]
