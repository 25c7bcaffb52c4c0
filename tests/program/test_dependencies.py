import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_has_an_exact_version_in_its_range() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    exact = {plain(name): version for name, version in (line.split("==") for line in lines if "==" in line)}
    for text in PROJECT["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(exact[plain(wanted.name)]), text


def test_what_smolvlm2_needs_beside_torchvision_comes_with_the_program() -> None:
    names = {Requirement(text).name for text in PROJECT["dependencies"]}
    assert "num2words" in names
