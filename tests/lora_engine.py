"""A program that plays vLLM, SGLang or llama.cpp with a LoRA, which it applies or drops without a word.

It speaks each one's command line, takes its key as that does, and lists the names that it would. The variable
`LORA_PLAY` is `applies`, `drops`, or `silent` about log-probabilities; `LORA_ASKED` names the file of what it
is asked.
"""

import itertools
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PLAY = os.environ.get("LORA_PLAY", "applies")
ASKED = Path(os.environ.get("LORA_ASKED", os.devnull))


class Handler(BaseHTTPRequestHandler):
    key: str
    names: list[str]
    tuned: str
    """Name that is answered with the LoRA."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.reply({})
        if self.path != "/v1/models" or not self.allowed():
            return self.reply({"error": "no"}, 401)
        self.reply({"object": "list", "data": [{"id": name} for name in self.names]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.allowed():
            return self.reply({"error": "no"}, 401)
        with ASKED.open("a") as file:
            file.write(json.dumps({key: body.get(key) for key in ("model", "logprobs", "lora")}) + "\n")
        scale = body["lora"][0]["scale"] if "lora" in body else 1.0
        tuned = PLAY != "drops" and body["model"] == self.tuned and scale > 0
        said = "It is tuned." if tuned else "It is plain."
        top = [{"token": "It", "logprob": -0.5 if tuned else -0.25}, {"token": "Is", "logprob": -3.0}]
        probabilities = {"content": [{"token": "It", "top_logprobs": top}]}
        choice = {"index": 0, "message": {"content": said}, "finish_reason": "stop"}
        if PLAY != "silent":
            choice["logprobs"] = probabilities
        if body.get("stream"):
            choice["delta"] = choice.pop("message")
        data = {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
        self.reply(data, stream=bool(body.get("stream")))

    def allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.key}"

    def reply(self, value: object, status: int = 200, *, stream: bool = False) -> None:
        text = json.dumps(value)
        data = (f"data: {text}\n\ndata: [DONE]\n\n" if stream else text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if stream else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main(arguments: list[str]) -> None:
    """Serve as the arguments say; of an engine by its own."""
    if arguments[-1] == "--version":
        print("version: 7")
        return
    options = dict(itertools.pairwise(arguments))
    if "--config" in options:  # SGLang
        file = Path(options["--config"])
        assert file.suffix == ".yaml" and file.stat().st_mode & 0o077 == 0
        Handler.key = file.read_text().partition('"')[2].partition('"')[0]
        assert Handler.key[0].isalpha()
        base = options["--served-model-name"]
        Handler.names, Handler.tuned = [base], f"{base}:{options['--lora-paths'].partition('=')[0]}"
    elif "--alias" in options:  # llama.cpp
        assert Path(options["--lora"]).is_file()
        Handler.key = os.environ["LLAMA_API_KEY"]
        Handler.names, Handler.tuned = [options["--alias"]], options["--alias"]
    else:
        Handler.key, Handler.tuned = os.environ["VLLM_API_KEY"], json.loads(options["--lora-modules"])["name"]
        Handler.names = [options["--served-model-name"], Handler.tuned]
    print(f"arguments {arguments} and the key {Handler.key}", flush=True)
    ThreadingHTTPServer((options["--host"], int(options["--port"])), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
