"""The program through nginx, whose limits answer in the place of the server behind it."""

from pathlib import Path
from typing import Any

import pytest

from tests import endpoint_server as served
from tests.conftest import Program, load
from tests.endpoint_server import MODEL, Asked, Behaviour, serving
from tests.servers.nginx import nginx

pytestmark = pytest.mark.worker


def results_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    return load(Path(said["runs"][0]["path"]))["results"]


def through(port: int, scheme: str = "http", host: str = "127.0.0.1") -> str:
    return f"{scheme}://{host}:{port}/v1#{MODEL}"


def test_a_body_that_is_too_large_is_told(program: Program, images: Path, tmp_path: Path) -> None:
    """Its limit is 1 MB unless somebody raised it, and the server behind never hears of the image."""
    with serving() as behind, nginx(tmp_path / "nginx", behind.port, "client_max_body_size 10k;") as proxy:
        done, said = program.batch("--model", through(proxy.port), "--images", images)
        assert done.returncode == 1, done.stderr
        assert not behind.asked
    for result in results_of(said):
        assert result["error"]["kind"] == "endpoint_refused"
        assert "413 Request Entity Too Large" in result["error"]["message"]
        assert "larger than it takes" in result["error"]["message"]


def test_a_limit_on_requests_is_waited_for(program: Program, images: Path, tmp_path: Path) -> None:
    """One a second, where three come at once: all are answered in the end, and the server hears each once."""
    zone = "limit_req_zone $binary_remote_addr zone=one:1m rate=1r/s; limit_req_status 429;"
    with (
        serving() as behind,
        nginx(tmp_path / "nginx", behind.port, "limit_req zone=one;", http=zone) as proxy,
    ):
        done, said = program.batch("--model", through(proxy.port), "--images", images, "--limit", "3")
        assert done.returncode == 0, done.stderr
        assert len(behind.asked) == 3
    assert "answered 429 Too Many Requests" in done.stderr
    assert [result["response"] for result in results_of(said)] == ["".join(served.WORDS)] * 3


def test_a_server_that_is_too_slow_for_the_proxy_is_asked_again(
    program: Program, images: Path, tmp_path: Path
) -> None:
    def behave(asked: Asked) -> Behaviour:
        return served.hang(begin=False) if len(behind.asked) == 1 else served.stream()

    with (
        serving(behave) as behind,
        nginx(tmp_path / "nginx", behind.port, "proxy_read_timeout 1s;") as proxy,
    ):
        done, said = program.batch("--model", through(proxy.port), "--images", images)
        assert done.returncode == 0, done.stderr
        assert len(behind.asked) == 5
    assert "answered 504 Gateway Time-out" in done.stderr or "answered 504 Gateway Timeout" in done.stderr
    assert [result["response"] for result in results_of(said)] == ["".join(served.WORDS)] * 4
