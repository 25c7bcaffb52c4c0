"""Servers that speak TLS: certificates of the environment, and what is said of those that are not trusted."""

import shutil
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.remote.errors import ServerRefusal
from tests import endpoint_server as served
from tests.endpoint_server import serving
from tests.worker.remote.asking import client_of

HERE = ("127.0.0.1", "localhost")


class Authority:
    """A certificate authority, its own certificate in a folder."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        folder.mkdir()
        self.file = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def context(self, *names: str, until: datetime | None = None) -> ssl.SSLContext:
        """Return what a server speaks TLS by, with a certificate for these names, or this machine."""
        begun = datetime(2020, 1, 1, tzinfo=UTC)
        certificate = self._authority.issue_cert(*(names or HERE), not_before=begun, not_after=until)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    def hashed(self, folder: Path) -> Path:
        """Return a folder with the authority's certificate by its hash."""
        command = ["openssl", "x509", "-hash", "-noout", "-in", str(self.file)]
        name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        folder.mkdir()
        shutil.copy(self.file, folder / f"{name}.0")
        return folder


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Authority(tmp_path / "authority")


NO_OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl names the folder's files")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", pytest.param("SSL_CERT_DIR", marks=NO_OPENSSL)])
def test_certificates_of_the_environment_hold_on_this_machine_without_its_proxies(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    trusted = authority.file if variable == "SSL_CERT_FILE" else authority.hashed(tmp_path / "hashed")
    monkeypatch.setenv(variable, str(trusted))
    with serving() as proxy, serving(tls=authority.context()) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert server.source.startswith("https://")
        assert client_of(server.source).ask().response == "".join(served.WORDS)
        assert proxy.connections == 0


def refused(source: str) -> str:
    client = client_of(source)
    with pytest.raises(ServerRefusal) as raised:
        client.ask()
    assert raised.value.kind == ErrorKind.ENDPOINT_UNREACHABLE and not client.again
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_certificate_that_is_not_trusted_is_said_so(authority: Authority) -> None:
    with serving(tls=authority.context()) as server:
        said = refused(server.source)
    assert "its certificate is not trusted (" in said and "(PEM) in SSL_CERT_FILE" in said


def test_certificates_that_are_over_or_for_another_host(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with serving(tls=authority.context(until=datetime(2021, 1, 1, tzinfo=UTC))) as server:
        assert "its certificate has expired: renew it" in refused(server.source)
    with serving(tls=authority.context("hospital.example")) as server:
        assert "its certificate is for another name (" in refused(server.source)
        named = server.source.replace("127.0.0.1", "localhost")
        assert "use that name in the URL" in refused(named)


def test_a_server_that_speaks_plain_http(authority: Authority) -> None:
    with serving() as server:
        assert "no secure connection (" in refused(server.source.replace("http:", "https:"))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_cannot_be_read(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "trusted.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ServerRefusal, match=r"SSL_CERT_FILE names cannot be read: .*trusted\.pem"):
        client_of("https://127.0.0.1:9/v1#m")
    with serving() as server:  # where there is no TLS they are not needed
        client_of(server.source).ask()
