"""A program that plays an engine: vLLM's command line, its health page, its list, and answers to chat.

What else it does at each start is in `plan.json` of the folder that the variable `ENGINE_PLAY` names; there
it also writes down what happened. It needs the standard library alone, so that it is there at once.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PLAY = Path(os.environ.get("ENGINE_PLAY", "/nowhere"))
VERSION = "0.99.1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Http"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.reply(200, {})
        if not self.allowed():
            return self.reply(401, {"error": "Unauthorized"})
        if self.path == "/v1/models":
            return self.reply(200, {"object": "list", "data": [{"id": self.server.name, "owned_by": "vllm"}]})
        self.reply(404, {"error": f"no {self.path}"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.allowed():
            return self.reply(401, {"error": "Unauthorized"})
        if body.get("logprobs"):
            return self.reply(200, probed(body["model"], self.server.plan.get("lora", "applied")))
        self.server.asked()
        content = body["messages"][-1]["content"]
        picture = next((one["image_url"]["url"] for one in content if one["type"] == "image_url"), "")
        text = next(one["text"] for one in content if one["type"] == "text")
        if self.server.plan.get("poison") and self.server.plan["poison"] in text:
            os._exit(9)
        time.sleep(self.server.plan.get("pace", 0))
        said = f"It has the sum {zlib.crc32((picture + text).encode())}."
        pieces = [{"delta": {"content": part}, "finish_reason": None} for part in (said[:6], said[6:])]
        pieces.append({"delta": {}, "finish_reason": "stop"})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            self.wfile.write(b"data: " + json.dumps({"choices": [{"index": 0, **piece}]}).encode() + b"\n\n")
        usage = {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 4}}
        self.wfile.write(b"data: " + json.dumps(usage).encode() + b"\n\ndata: [DONE]\n\n")

    def allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.server.key}"

    def reply(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Http(ThreadingHTTPServer):
    daemon_threads = True
    name: str
    key: str
    plan: dict[str, Any]
    count = 0
    lock = threading.Lock()
    dies_at: int | None = None

    def asked(self) -> None:
        with self.lock:
            self.count += 1
            if self.count == self.dies_at:
                print("a fault of the engine", flush=True)
                os._exit(3)


def probed(model: str, lora: str) -> object:
    """An answer with log-probabilities, which are another model's where a LoRA is applied."""
    if lora == "untold":
        return {"choices": [{"message": {"content": "x"}}]}
    logprob = -0.5 if lora == "dropped" else -1.0 / len(model)
    place = {"token": "x", "logprob": logprob, "top_logprobs": [{"token": "x", "logprob": logprob}]}
    return {"choices": [{"message": {"content": "x"}, "logprobs": {"content": [place]}}]}


def note(name: str, line: str) -> None:
    """Add a line to a file of the play."""
    with (PLAY / name).open("a") as file:
        file.write(line + "\n")


def left(seconds: float, *, leave: bool) -> int:
    """Start a child that does not end by itself for so long, nor on SIGTERM; `leave`: in another session."""
    code = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep({seconds})"
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=leave).pid


def main(arguments: list[str]) -> None:
    """Serve, as the plan says."""
    if arguments == ["--version"]:
        print(VERSION)
        return
    options = dict(itertools.pairwise(arguments))
    plan = json.loads((PLAY / "plan.json").read_text()) if (PLAY / "plan.json").exists() else {}
    note("starts", str(os.getpid()))
    note("arguments", json.dumps(arguments))
    note("environment", json.dumps(dict(os.environ)))
    number = len((PLAY / "starts").read_text().split())
    key = Path(options["--key-file"]).read_text() if "--key-file" in options else os.environ["VLLM_API_KEY"]
    print(f"INFO a cheerful line of start {number}", flush=True)
    if plan.get("prints_key"):
        print(f"args: api_key='{key}'", flush=True)
    for line in plan.get("says", ()):
        print(line, flush=True)
    if plan.get("hangs"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for leave in (False, True) if plan.get("children") else ():
        note("children", str(left(600, leave=leave)))
    for number_of_line in range(plan.get("lines", 0)):
        print(f"\x1b[32mloading {number_of_line}\x1b[0m", flush=True)
        time.sleep(0.02)
    if number <= plan.get("fails", 0):
        print("RuntimeError: no room for the model", flush=True)
        sys.exit(1)
    time.sleep(plan.get("silent", 0))
    server = Http((options.get("--host", "127.0.0.1"), int(options["--port"])), Handler)
    server.name, server.key, server.plan = options["--served-model-name"], key, plan
    dies = plan.get("dies_at", [])
    server.dies_at = dies[number - 1] if number <= len(dies) else None
    print("INFO ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
