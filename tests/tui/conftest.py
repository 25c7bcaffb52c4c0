"""The program on ptys of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tui.program import OnPty


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., OnPty]]:
    """Starts the program as often as it is called; all are ended after the test."""
    started: list[OnPty] = []

    def begin(*arguments: str | Path, **options: Any) -> OnPty:
        started.append(OnPty(tmp_path, *arguments, **options))
        return started[-1]

    yield begin
    for one in started:
        one.end()
