"""The program through nginx, whose limits answer in the place of the server behind it."""

from pathlib import Path
from typing import Any

import pytest
import trustme

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
        assert "--longest-edge" in result["error"]["message"]


def test_images_that_are_made_smaller_pass(program: Program, images: Path, tmp_path: Path) -> None:
    with serving() as behind, nginx(tmp_path / "nginx", behind.port, "client_max_body_size 10k;") as proxy:
        done, _ = program.batch("--model", through(proxy.port), "--images", images, "--longest-edge", "32")
        assert done.returncode == 0, done.stderr
        assert {asked.image.size for asked in behind.asked} == {(32, 21)}


@pytest.mark.slow
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
        assert len(behind.asked) >= 5, "a machine that stands still is slow, too"
    assert "answered 504 Gateway Time-out" in done.stderr or "answered 504 Gateway Timeout" in done.stderr
    assert [result["response"] for result in results_of(said)] == ["".join(served.WORDS)] * 4


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, str]:
    """The certificate of an authority that nobody knows, and nginx's directives for one that it issued."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    issued.private_key_pem.write_to_path(tmp_path / "server.key")
    directives = f"ssl_certificate {tmp_path}/server.pem; ssl_certificate_key {tmp_path}/server.key;"
    return tmp_path / "authority.pem", directives


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_of_one_s_own_authority(
    program: Program, images: Path, tmp_path: Path, certificate: tuple[Path, str], host: str
) -> None:
    authority, directives = certificate
    with serving() as behind, nginx(tmp_path / "nginx", behind.port, directives, ssl=True) as proxy:
        asked = ("--model", through(proxy.port, "https", host), "--images", images)
        program.env = {"SSL_CERT_FILE": str(authority)}
        done, said = program.batch(*asked)
        assert done.returncode == 0, done.stderr
        assert [result["response"] for result in results_of(said)] == ["".join(served.WORDS)] * 4
        program.env = {}
        done, _ = program.batch(*asked)
        assert done.returncode == 3, done.stderr
    told = next(line for line in done.stderr.splitlines() if "not trusted" in line)
    assert f"{host}:{proxy.port}" in told and "SSL_CERT_FILE" in told
    assert len(behind.asked) == 4


@pytest.mark.parametrize("buffering", [True, False])
def test_an_answer_that_a_proxy_keeps_back_has_no_first_token(
    program: Program, images: Path, tmp_path: Path, buffering: bool
) -> None:
    """Where nginx passes on what it is sent only at the end, nobody knows when the model began."""
    directive = f"proxy_buffering {'on' if buffering else 'off'};"
    with (
        serving(lambda _: served.stream(pace=0.05)) as behind,
        nginx(tmp_path / "nginx", behind.port, directive) as proxy,
    ):
        asked = ("--model", through(proxy.port), "--images", images, "--concurrency", "1")
        done, said = program.batch(*asked)
    assert done.returncode == 0, done.stderr
    results = results_of(said)
    for result in results:
        assert result["response"] == "".join(served.WORDS)
        assert result["tokens"]["generated"] == len(served.WORDS)
    known = [result["timing"]["first_token"] is not None for result in results]
    assert any(known) is not buffering, "one that stood still in an answer passes it on in one piece"
