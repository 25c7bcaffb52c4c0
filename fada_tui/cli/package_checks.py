"""Checks of what is installed: Python, what every model needs, and what some files and models need."""

import platform
import sys
from collections.abc import Sequence

from fada_tui.cli import installed
from fada_tui.cli.check import Check
from fada_tui.cli.installed import TorchBuild, is_older, release
from fada_tui.images.formats import DICOM_EXTRA, VIDEO_EXTRA
from fada_tui.models.lora_errors import LORA_EXTRA
from fada_tui.store.tables.spreadsheet import XLSX_EXTRA

DICOM_DECODERS = ("pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle")
"""Packages that compressed DICOM files need beside pydicom."""


def check_packages() -> list[Check]:
    """Check this program's version, Python's, and those of the packages that are used."""
    torch, least = installed.torch_build(), installed.least_versions()
    decoders = [name for name in DICOM_DECODERS if installed.version(name) is None]
    return [
        check_program(installed.version(installed.PROGRAM)),
        check_python(platform.python_version(), least.get("python")),
        check_torch(torch, least.get("torch")),
        check_library("transformers", installed.version("transformers"), least.get("transformers")),
        check_torchvision(torch, installed.module_version("torchvision")),
        check_dicom(installed.version("pydicom"), decoders, least.get("pydicom")),
        check_video(installed.version("av"), least.get("av")),
        check_spreadsheets(installed.version("openpyxl"), least.get("openpyxl")),
        check_lora(installed.version("peft"), least.get("peft")),
    ]


def check_program(version: str | None) -> Check:
    """Check that the program is installed; otherwise the package versions that it needs are unknown."""
    if version is None:
        advice = "pip install it, for the versions of what it needs to be known and checked"
        return Check(name="fada-tui", status="warn", detail="not installed", advice=advice)
    return Check(name="fada-tui", status="ok", detail=version)


def check_python(version: str, least: str | None) -> Check:
    """Check the Python version; `least` is the lowest supported version, `None` if unknown."""
    detail = f"{version} ({sys.executable})"
    if not is_older(version, least):
        return Check(name="Python", status="ok", detail=detail)
    advice = f"fada-tui needs Python {least} or newer"
    return Check(name="Python", status="fail", detail=detail, advice=advice)


def check_torch(build: TorchBuild | None, least: str | None) -> Check:
    """Check the torch version that models run on."""
    if build is None:
        return check_library("torch", None, least)
    kind = f"built for CUDA {build.cuda}" if build.cuda else "built for the CPU"
    return check_library("torch", build.version, least, kind)


def check_library(name: str, version: str | None, least: str | None, more: str = "") -> Check:
    """Check a package that every model needs.

    Args:
        name: as pip knows it.
        version: of what is installed; `None` if it is not.
        least: the lowest version that serves; `None` is unknown.
        more: said behind the version.
    """
    if version is not None and not is_older(version, least):
        return Check(name=name, status="ok", detail=f"{version}, {more}" if more else version)
    detail = "not installed" if version is None else f"{version} is too old"
    wanted = f"'{name}>={least}'" if least else name
    return Check(name=name, status="fail", detail=detail, advice=f"pip install {wanted}")


def check_torchvision(build: TorchBuild | None, version: str | None) -> Check:
    """Check that torchvision matches torch: if it does not, the worker crashes on import.

    Args:
        build: the installed torch.
        version: torchvision's own, with its build as in `0.28.0+cu130`; `None` if it is not installed.
    """
    name = "torchvision"
    if version is None:
        detail = "not installed: Qwen-VL, InternVL, SmolVLM2 and others (docs/models.md) need it"
        return Check(name=name, status="ok", detail=detail)
    if build is None:
        return Check(name=name, status="ok", detail=version)
    wanted = release(build.version)[1] + 15
    fitting = f"beside torch {build.version} install torchvision 0.{wanted} of the same build, or none"
    if release(version)[:2] != (0, wanted):
        return Check(name=name, status="fail", detail=f"{version} is not torch's pair", advice=fitting)
    label = version.partition("+")[2]
    ours = f"cu{build.cuda.replace('.', '')}" if build.cuda else "cpu"
    if label != ours and (label or not build.cuda):
        detail = f"{version} is another build than torch's ({ours})"
        return Check(name=name, status="fail", detail=detail, advice=fitting)
    return Check(name=name, status="ok", detail=version)


def check_dicom(version: str | None, missing: Sequence[str], least: str | None = None) -> Check:
    """Check whether DICOM files can be read.

    Args:
        version: pydicom's; `None` if it is not installed.
        missing: decoders of compressed files that are not installed.
        least: the lowest version that serves; `None` is unknown.
    """
    name = "DICOM"
    if version is None:
        return Check(name=name, status="ok", detail=f"cannot be read; to read it: {DICOM_EXTRA}")
    if is_older(version, least):
        return Check(name=name, status="warn", detail=f"pydicom {version} is too old", advice=DICOM_EXTRA)
    if missing:
        detail = f"pydicom {version}, without {', '.join(missing)}: some compressed files cannot be read"
        return Check(name=name, status="warn", detail=detail, advice=DICOM_EXTRA)
    return Check(name=name, status="ok", detail=f"pydicom {version}, with its decoders")


def check_video(version: str | None, least: str | None = None) -> Check:
    """Check whether video files can be read; `version` is PyAV's, `None` if it is not installed."""
    return _check_reader("video", "PyAV", version, least, VIDEO_EXTRA)


def check_spreadsheets(version: str | None, least: str | None = None) -> Check:
    """Check whether XLSX files can be read; `version` is openpyxl's, `None` if it is not installed."""
    return _check_reader("XLSX", "openpyxl", version, least, XLSX_EXTRA)


def check_lora(version: str | None, least: str | None = None) -> Check:
    """Check whether LoRAs can be applied; `version` is peft's, `None` if it is not installed."""
    lacking = f"cannot be applied; to apply one: {LORA_EXTRA}"
    return _check_extra("LoRA", "peft", version, least, LORA_EXTRA, lacking)


def _check_reader(name: str, package: str, version: str | None, least: str | None, extra: str) -> Check:
    return _check_extra(name, package, version, least, extra, f"cannot be read; to read it: {extra}")


def _check_extra(
    name: str, package: str, version: str | None, least: str | None, extra: str, lacking: str
) -> Check:
    if version is None:
        return Check(name=name, status="ok", detail=lacking)
    if is_older(version, least):
        return Check(name=name, status="warn", detail=f"{package} {version} is too old", advice=extra)
    return Check(name=name, status="ok", detail=f"{package} {version}")
