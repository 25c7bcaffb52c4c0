"""Servers that speak TLS: certificates of the environment, and what is said of those that are not trusted."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.worker.remote.errors import ServerRefusal
from tests import endpoint_server as served
from tests.endpoint_server import serving
from tests.worker.remote.asking import client_of

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by openssl")

_CONFIG = """
[ca]
default_ca = one
[one]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[req]
distinguished_name = any
[server]
subjectAltName = {names}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
_HERE = "IP:127.0.0.1,DNS:localhost"


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-days", "3", "-subj", "/CN=Tests", "-extensions", "authority")  # fmt: skip
        self.file = folder / "ca.pem"

    def context(self, names: str = _HERE, *, until: str = "20991231000000Z") -> ssl.SSLContext:
        """Return what a server speaks TLS by, with a certificate for these names."""
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "a.key", "-out", "a.csr",
                      "-subj", "/CN=server", names=names)  # fmt: skip
        self._openssl("ca", "-batch", "-notext", "-in", "a.csr", "-out", "a.pem", "-cert", "ca.pem",
                      "-keyfile", "ca.key", "-startdate", "20200101000000Z", "-enddate", until,
                      "-extensions", "server", names=names)  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "a.pem", self._folder / "a.key")
        return context

    def hashed(self, folder: Path) -> Path:
        """Return a folder with the authority's certificate by its hash."""
        folder.mkdir()
        name = self._openssl("x509", "-hash", "-noout", "-in", "ca.pem").strip()
        shutil.copy(self.file, folder / f"{name}.0")
        return folder

    def _openssl(self, command: str, *arguments: str, names: str = _HERE) -> str:
        config = self._folder / "openssl.cnf"
        config.write_text(_CONFIG.format(folder=self._folder, names=names))
        with_config = () if command == "x509" else ("-config", str(config))
        done = subprocess.run(
            ["openssl", command, *with_config, *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Authority(tmp_path / "authority")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
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
    with serving(tls=authority.context(until="20210101000000Z")) as server:
        assert "its certificate has expired: renew it" in refused(server.source)
    with serving(tls=authority.context("DNS:hospital.example")) as server:
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
