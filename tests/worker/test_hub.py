"""Hub repositories, from a small hub of our own on the loopback address: download, gates, typing errors."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.errors import ErrorKind
from tests.conftest import Program, load

pytestmark = pytest.mark.worker


COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does for one public repository, one gated, and none else."""

    folder: Path
    downloads: list[str]
    ranges: dict[str, int]
    """Bytes that were asked for by their place, by the file's name."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """A model's description, or a file."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """A file's headers."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = self.path.partition("?")[0]
        if "owner/locked" in path and "/resolve/" in path:
            self._refuse(403, "GatedRepo", body=body)
            return
        path = path.replace("owner/locked", "owner/model")
        if "owner/gated" in path:
            self._refuse(403, "GatedRepo", body=body)
        elif path.startswith("/api/models/owner/model/tree/"):
            entries = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": file.name}
                for file in sorted(self.folder.iterdir())
            ]
            self._send(json.dumps(entries).encode(), {"Content-Type": "application/json"}, body=body)
        elif path.startswith("/api/models/owner/model"):
            siblings = [
                {"rfilename": file.name, "size": file.stat().st_size}
                for file in sorted(self.folder.iterdir())
            ]
            description = {
                "id": "owner/model",
                "sha": COMMIT,
                "siblings": siblings,
                "gated": "manual" if "locked" in self.path else False,
                "cardData": {"license": "mit"},
            }
            self._send(json.dumps(description).encode(), {"Content-Type": "application/json"}, body=body)
        elif (
            path.startswith(f"/owner/model/resolve/{COMMIT}/")
            and (file := self.folder / path.rpartition("/")[2]).is_file()
        ):
            data = file.read_bytes()
            etag = hashlib.sha256(data).hexdigest()
            if wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
                part = data[int(wanted[1]) : int(wanted[2]) + 1]
                self.ranges[file.name] = self.ranges.get(file.name, 0) + len(part)
                self._send(part, {"ETag": f'"{etag}"'}, body=body, status=206)
                return
            if body:
                self.downloads.append(file.name)
            self._send(
                data,
                {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data))},
                body=body,
            )
        elif path.startswith(("/owner/model", "/api/models/owner/model")):
            self._refuse(404, "EntryNotFound", body=body)
        else:
            self._refuse(401, "RepoNotFound", body=body)

    def _refuse(self, status: int, code: str, *, body: bool) -> None:
        self._send(b"{}", {"X-Error-Code": code, "X-Error-Message": code}, status=status, body=body)

    def _send(self, data: bytes, headers: dict[str, str], *, body: bool, status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(tiny: Path, program: Program, tmp_path: Path) -> Iterator[type[Hub]]:
    """A hub that the program uses, serving the small checkpoint and a pickle beside it."""
    served = tmp_path / "served"
    served.mkdir()
    for file in tiny.iterdir():
        (served / file.name).write_bytes(file.read_bytes())
    (served / "consolidated.safetensors").write_bytes(b"never fetched")
    (served / "pytorch_model.bin").write_bytes(b"never fetched")
    (served / "Roboto-Regular.ttf").write_bytes(b"as of a processor that writes on frames")
    (served / "modeling.py").write_text("raise SystemExit('never fetched')")
    handler = type("Handler", (Hub,), {"folder": served, "downloads": [], "ranges": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    program.env = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "cache"),
    }
    yield handler
    server.shutdown()
    server.server_close()


def test_a_model_is_downloaded_once_and_then_works_offline(
    hub: type[Hub], program: Program, images: Path
) -> None:
    ask = ("--model", "owner/model", "--images", str(images), "--limit", "1", "--max-new-tokens", "3")
    done, said = program.batch(*ask)
    assert done.returncode == 0, done.stderr
    assert "model.safetensors" in hub.downloads and "config.json" in hub.downloads
    assert "Roboto-Regular.ttf" in hub.downloads
    assert "consolidated.safetensors" not in hub.downloads
    assert "pytorch_model.bin" not in hub.downloads and "modeling.py" not in hub.downloads
    run = load(Path(said["runs"][0]["path"]))
    assert (run["model"]["source"], run["model"]["revision"]) == ("owner/model", COMMIT)

    fetched = len(hub.downloads)
    assert program.batch(*ask)[0].returncode == 0
    assert len(hub.downloads) == fetched

    program.env |= {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}
    done, _ = program.batch(*ask)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("owner/gated", ErrorKind.GATED, "accept its licence"),
        ("owner/nothing", ErrorKind.NOT_FOUND, "check the spelling"),
    ],
)
def test_what_the_hub_refuses(
    hub: type[Hub], program: Program, images: Path, name: str, kind: ErrorKind, words: str
) -> None:
    done, said = program.batch("--model", name, "--images", str(images))
    assert done.returncode == 3
    assert said["runs"][0]["error"]["kind"] == kind
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_hub_that_cannot_be_reached(hub: type[Hub], program: Program, images: Path) -> None:
    program.env["HF_ENDPOINT"] = "http://127.0.0.1:9"
    done, said = program.batch("--model", "owner/model", "--images", str(images))
    assert done.returncode == 3
    assert said["runs"][0]["error"]["kind"] == ErrorKind.OFFLINE_NOT_CACHED
    assert "cannot be reached" in done.stderr


def shown(program: Program, name: str) -> dict[str, Any]:
    done = program.run("models", "show", "--json", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_model_is_looked_at_without_its_weights(hub: type[Hub], program: Program) -> None:
    told = shown(program, "owner/model")
    found = told["requirements"]
    assert told["runnable"] and found["origin"] == "hub" and not found["here"]
    weights = (hub.folder / "model.safetensors").stat().st_size
    assert found["download"] == weights
    assert found["weighed"]["known_from"] == "the files' headers" and found["weighed"]["parameters"] > 100_000
    assert (found["revision"], found["license"], found["gated"]) == (COMMIT, "mit", False)
    assert found["image"]["count"] == 4
    assert "model.safetensors" not in hub.downloads and "pytorch_model.bin" not in hub.downloads
    assert set(hub.ranges) == {"model.safetensors"}, "its header, by its place"
    assert shown(program, "owner/model")["requirements"]["origin"] == "hub", "no weights came into the cache"
    spoken = program.run("models", "show", "owner/model").stdout
    assert "Told from:  the hub; nothing of it is on this machine\n" in spoken

    program.env["HF_HUB_OFFLINE"] = "1"
    offline = shown(program, "owner/model")
    assert not offline["runnable"]
    assert [one["kind"] for one in offline["requirements"]["obstacles"]] == [ErrorKind.OFFLINE_NOT_CACHED]
    assert offline["requirements"]["architecture"], "what describes it is in the cache by now"


@pytest.mark.parametrize(
    ("name", "kind", "gated"),
    [
        ("owner/gated", ErrorKind.GATED, True),
        ("owner/locked", ErrorKind.GATED, True),
        ("owner/nothing", ErrorKind.NOT_FOUND, None),
    ],
)
def test_what_the_hub_refuses_is_told_before_loading(
    hub: type[Hub], program: Program, name: str, kind: ErrorKind, gated: bool | None
) -> None:
    told = shown(program, name)
    assert not told["runnable"] and told["requirements"]["gated"] is gated
    assert [one["kind"] for one in told["requirements"]["obstacles"]] == [kind]
    assert (told["requirements"]["download"] is not None) == (name == "owner/locked"), "it lists its files"


def test_a_hub_out_of_reach_is_told_before_loading(hub: type[Hub], program: Program) -> None:
    program.env["HF_ENDPOINT"] = "http://127.0.0.1:9"
    told = shown(program, "owner/model")
    assert [one["kind"] for one in told["requirements"]["obstacles"]] == [ErrorKind.OFFLINE_NOT_CACHED]
    assert told["requirements"]["needs"] == {}


def test_the_probe_imports_neither_torch_nor_transformers() -> None:
    script = "import sys, fada_tui.worker.loading.probe; print(*{'torch', 'transformers'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


PROXIES = [("socks5://user:secret@127.0.0.1:9", "pip install socksio"), ("foo://user:secret@host", "http://")]


@pytest.mark.parametrize(("proxy", "words"), PROXIES)
def test_a_proxy_that_cannot_be_used_is_no_fault_of_the_model_s(
    proxy: str, words: str, hub: type[Hub], program: Program, images: Path
) -> None:
    if importlib.util.find_spec("socksio") and "socks" in proxy:
        pytest.skip("the package for SOCKS is installed")
    program.env |= {"ALL_PROXY": proxy, "NO_PROXY": "", "HF_ENDPOINT": "http://hub.example"}
    done, said = program.batch("--model", "owner/model", "--images", images)
    error = said["runs"][0]["error"]
    assert done.returncode == 3 and error["kind"] == ErrorKind.OFFLINE_NOT_CACHED
    assert "ALL_PROXY" in error["message"] and words in error["message"]
    shown = program.run("models", "show", "--json", "owner/model")
    assert "secret" not in done.stderr + done.stdout + shown.stdout
    told = json.loads(shown.stdout)
    assert told["status"] == "untested"
    assert [one["message"] for one in told["requirements"]["obstacles"]] == [error["message"]]


def test_a_repository_of_gguf_files_is_told_as_such(hub: type[Hub], program: Program, images: Path) -> None:
    for file in hub.folder.iterdir():
        file.unlink()
    (hub.folder / "model-Q4_K_M.gguf").write_bytes(b"GGUF")
    (hub.folder / "params.json").write_text("{}")
    _, said = program.batch("--model", "owner/model", "--images", images)
    shown = json.loads(program.run("models", "show", "--json", "owner/model").stdout)
    error = said["runs"][0]["error"]
    assert error["kind"] == ErrorKind.NOT_FOUND and "llama.cpp" in error["message"]
    assert shown["requirements"]["obstacles"] == [error]
    assert hub.downloads == ["params.json"]
