"""A real HTTP server that speaks chat completions on 127.0.0.1 and does, at each request, what a test wants.

`python -m tests.endpoint_server [PORT]` lets one look at the program against it.
"""

import base64
import io
import json
import random
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

WORDS = ("A fetal ", "head, ", "seen in ", "an axial plane.")
MODEL = "tiny-vlm"

PORTS = range(20_000, 32_000)
"""Below those that systems hand out by themselves, so that nobody takes a port while its server is down."""


@dataclass
class Asked:
    """A request for an answer, as it came."""

    body: dict[str, Any]
    headers: dict[str, str]
    image: Image.Image
    format: str | None
    question: str
    times: int
    """How often the same was asked, this time included."""


Behaviour = Callable[["Handler", Asked], None]


@dataclass
class Server:
    """What a test sees of the server."""

    port: int
    behave: Callable[[Asked], Behaviour]
    models: tuple[str, ...] = (MODEL,)
    listing: Callable[["Handler"], None] | None = None
    """Answers all but questions, in place of the list."""
    base: str = "/v1"
    """Path above `/models` and `/chat/completions`; elsewhere there is nothing."""
    gets: list[str] = field(default_factory=list)
    """Paths of all GETs, with their queries."""
    paths: list[str] = field(default_factory=list)
    """Paths of all POSTs, likewise."""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    peak: int = 0
    """Most requests in flight at once."""
    scheme: str = "http"
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is done: whatever hangs lets go."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    times: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/v1"

    @property
    def source(self) -> str:
        return f"{self.url}#{MODEL}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Http"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.of.lock:
            self.of.connections += 1

    @property
    def of(self) -> Server:
        return self.server.of

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.of.gets.append(self.path)
        if self.of.listing:
            self.of.listing(self)
        elif self.path.partition("?")[0] == f"{self.of.base}/models":
            reply(self, 200, {"object": "list", "data": [{"id": name} for name in self.of.models]})
        else:
            reply(self, 404, {"error": {"message": f"no {self.path}"}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.of.paths.append(self.path)
        if self.of.listing and not self.path.partition("?")[0].endswith("/chat/completions"):
            return self.of.listing(self)
        if self.path.partition("?")[0] != f"{self.of.base}/chat/completions":
            return reply(self, 404, {"error": {"message": f"no {self.path}"}})
        if "messages" not in body:
            return reply(self, 400, {"error": {"message": "messages: field required"}})
        asked = self.read(body)
        with self.of.lock:
            self.of.asked.append(asked)
            self.of.in_flight += 1
            self.of.peak = max(self.of.peak, self.of.in_flight)
        try:
            self.of.behave(asked)(self, asked)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with self.of.lock:
                self.of.in_flight -= 1

    def read(self, body: dict[str, Any]) -> Asked:
        picture, text = body["messages"][-1]["content"]
        head, _, data = picture["image_url"]["url"].partition(",")
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        image.load()
        assert head == f"data:image/{str(image.format).lower()};base64"
        with self.of.lock:
            self.of.times[data + text["text"]] += 1
            times = self.of.times[data + text["text"]]
        return Asked(body, dict(self.headers), image, image.format, text["text"], times)

    def begin(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if self.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    @property
    def chunked(self) -> bool:
        """Whether parts are marked; for proxies that speak HTTP/1.0 the connection ends instead."""
        return self.request_version != "HTTP/1.0"

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if self.chunked else data)
        self.wfile.flush()

    def event(self, value: object) -> None:
        self.chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

    def end(self, last: bytes = b"") -> None:
        """End the body, at once after its last part: a client waits a moment for the one after the other."""
        parts = [f"{len(last):x}\r\n".encode() + last + b"\r\n", b"0\r\n\r\n"] if self.chunked else [last]
        self.wfile.write(b"".join(parts if last else parts[1:]))
        self.wfile.flush()

    def sever(self) -> None:
        """Cut the connection without an end."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    of: Server


def piece(text: str | None = None, finish: str | None = None, **delta: str) -> dict[str, Any]:
    """A chunk of an answer."""
    said = delta | ({} if text is None else {"content": text})
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": said, "finish_reason": finish}],
    }


def usage(prompt: int, generated: int) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": generated}}


def reply(handler: Handler, status: int, value: object, **headers: str) -> None:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    headers = {"Content-Type": "application/json"} | headers
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def stream(
    words: Iterable[str] = WORDS,
    *,
    finish: str = "stop",
    counted: bool = True,
    pace: float = 0.0,
    first: float = 0.0,
    thoughts: Iterable[str] = (),
    until: threading.Event | None = None,
) -> Behaviour:
    """A normal answer: `pace` seconds between tokens, `first` before the first, `until` set after it."""
    said = tuple(words)

    def behave(handler: Handler, asked: Asked) -> None:
        handler.begin()
        handler.event(piece("", role="assistant"))
        handler.of.over.wait(first)
        for thought in thoughts:
            handler.event(piece(reasoning_content=thought))
            handler.of.over.wait(pace)
        for word in said:
            handler.event(piece(word))
            handler.of.over.wait(pace)
            while until and not until.wait(0.02) and not handler.of.over.is_set():
                pass
        handler.event(piece(finish=finish))
        if counted:
            handler.event(usage(321, len(said)))
        handler.end(b"data: [DONE]\n\n")

    return behave


def raw(*parts: bytes, kind: str = "text/event-stream") -> Behaviour:
    """These bytes as the body."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.begin(kind)
        for part in parts:
            handler.chunk(part)
        handler.end()

    return behave


def status(code: int, value: object = None, **headers: str) -> Behaviour:
    def behave(handler: Handler, asked: Asked) -> None:
        reply(
            handler, code, {"error": {"message": f"no {code} today"}} if value is None else value, **headers
        )

    return behave


def cut(*words: str, politely: bool = False) -> Behaviour:
    """A connection that ends in the middle of an answer."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.begin()
        for word in words:
            handler.event(piece(word))
        time.sleep(0.1)
        if politely:
            handler.end()
        else:
            handler.sever()

    return behave


def hang(*words: str, begin: bool = True) -> Behaviour:
    """Never an end; with `begin` false not even an answer's head."""

    def behave(handler: Handler, asked: Asked) -> None:
        if begin:
            handler.begin()
            for word in words:
                handler.event(piece(word))
        while not handler.of.over.wait(0.05):
            if begin:
                handler.chunk(b": still there\n\n")

    return behave


@contextmanager
def serving(
    behave: Callable[[Asked], Behaviour] | Behaviour | None = None,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """Serve on 127.0.0.1 while in the block.

    Args:
        behave: what to do at each request; by default each gets a normal answer.
        port: 0 for any.
        tls: what to speak TLS by; plain HTTP without.
    """
    http = _Http(("127.0.0.1", port), Handler)
    http.of = Server(http.server_address[1], behave or (lambda asked: stream()))  # type: ignore[arg-type]
    if tls:
        http.of.scheme = "https"
        http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield http.of
    finally:
        http.of.over.set()
        http.shutdown()
        http.server_close()


def unused_port() -> int:
    """A port on which nobody listens, and that no other program is given by the system."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    again = {2: cut("A fetal ", "fem"), 3: status(503)}

    def mixed(asked: Asked) -> Behaviour:
        number = len(serving_here.asked)
        if asked.times == 1 and number % 5 in again:
            return again[number % 5]
        words = [
            f"{word} "
            for word in f"Image {number}: a fetal head in an axial plane, midline echo seen.".split()
        ]
        return stream(words, pace=0.25, first=0.5)

    with serving(mixed, int(sys.argv[1]) if len(sys.argv) > 1 else 0) as serving_here:
        sys.stdout.write(f"{serving_here.source}\n")
        sys.stdout.flush()
        threading.Event().wait()
