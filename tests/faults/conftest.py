"""What the tests with failing calls need."""

from pathlib import Path

import pytest

from tests.faults.library import build


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes calls fail."""
    return build(tmp_path_factory.mktemp("library"))


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The folder beneath which calls fail."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder
