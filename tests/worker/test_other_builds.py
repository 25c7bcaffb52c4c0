"""A torchvision that was built for another torch is named, before loading and on loading."""

import os
from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.models.installed import other_build_of_torchvision
from fada_tui.worker.loading import checkpoint
from tests.conftest import Program


def save_torchvision(folder: Path, version: str, requires: str) -> Path:
    """Write a package that fails as torchvision does beside a torch that it was not built for."""
    (folder / "torchvision").mkdir(parents=True)
    (folder / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')\n"
    )
    (folder / f"torchvision-{version}.dist-info").mkdir()
    (folder / f"torchvision-{version}.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: torchvision\nVersion: {version}\nRequires-Dist: {requires}\n"
    )
    return folder


@pytest.mark.worker
def test_another_build_is_named_by_the_refusal(
    program: Program, tiny: Path, images: Path, tmp_path: Path
) -> None:
    vision = save_torchvision(tmp_path / "site", "0.3.0", "torch (==1.1.0)")
    program.env["PYTHONPATH"] = os.pathsep.join([str(vision), os.environ.get("PYTHONPATH", "")])
    done, said = program.batch("--model", tiny, "--images", images, "--limit", "1")
    error = said["runs"][0]["error"]
    assert done.returncode == 3 and error["kind"] == ErrorKind.MISSING_PACKAGE
    assert "torchvision 0.3.0 is of another build than torch" in error["message"]
    assert "pip install" in error["message"]
    shown = program.run("models", "show", tiny)
    assert f"Cannot run: {error['message']}\n" in shown.stdout


@pytest.mark.parametrize(
    ("torch", "vision", "pinned", "fits"),
    [
        ("2.13.0+cpu", "0.28.0+cpu", "torch (==2.13.0)", True),
        ("2.13.0", "0.28.0", "torch==2.13.0", True),
        ("2.13.1", "0.28.0", "torch==2.13.0", True),
        ("2.13.0+cpu", "0.28.0+cu130", "torch (==2.13.0)", False),
        ("2.13.0", "0.27.0", "torch (==2.12.0)", False),
        ("2.13.0a0+git", "0.28.0", "numpy", True),
    ],
)
def test_builds_are_told_by_their_versions(
    torch: str, vision: str, pinned: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"torch": torch, "torchvision": vision}
    monkeypatch.setattr("importlib.metadata.version", versions.__getitem__)
    monkeypatch.setattr("importlib.metadata.requires", lambda _: ["numpy", pinned])
    assert (other_build_of_torchvision() is None) is fits


@pytest.mark.parametrize("text", ["it requires the Torchvision library", "operator torchvision::nms"])
def test_a_processor_that_lacks_it_is_refused_with_what_to_do(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "torchvision 0.3.0 is of another build than torch 2.13.0"
    monkeypatch.setattr(checkpoint, "other_build_of_torchvision", lambda: why)
    message = checkpoint.package("m", ImportError(text))
    assert message.startswith(f"m: {why}: ") and "pip install" in message

    monkeypatch.setattr(checkpoint, "other_build_of_torchvision", lambda: None)
    message = checkpoint.package("m", ImportError(text))
    assert message == "m: its processor needs torchvision: pip install 'fada-tui[vision]'"
