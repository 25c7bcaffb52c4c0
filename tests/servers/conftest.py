"""What a failed test shows of its servers."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.servers.server_process import ServerProcess


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the logs of the servers that a failed test has as fixtures."""
    report = yield
    given: dict[str, Any] = getattr(item, "funcargs", {})
    for server in given.values():
        if report.failed and isinstance(server, ServerProcess):
            report.sections.append((f"log of {server.name}", server.log))
    return report
