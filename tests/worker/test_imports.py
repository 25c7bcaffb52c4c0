"""What the worker has imported at each step, seen in a fresh interpreter that serves a client of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fada_tui.core.protocol import Hello, Load, Message, Work, decode_event, encode
from fada_tui.core.records import Generation, ModelEntry
from tests.endpoint_server import serving
from tests.worker.test_remote import work

pytestmark = pytest.mark.worker


HEAVY = {"torch", "transformers", "tokenizers", "accelerate", "safetensors", "huggingface_hub", "sympy"}
OF_SERVERS = {"httpx2", "fada_tui.worker.remote.connect", "fada_tui.worker.remote.client"}
OF_MODELS = {"fada_tui.worker.loading.load", "fada_tui.worker.adapters", "fada_tui.worker.loading.openclip"}
OF_FILES = {"pydicom", "av"}

SCRIPT = """
import gc, json, os, socket, sys, threading
from fada_tui.worker.server import serve

commands, telling = socket.socketpair()
told, events = os.pipe()

def client():
    for wanted, command in zip(("hello", "loaded", "idle"), (*sys.argv[1:], "")):
        for line in stream:
            event = json.loads(line)
            if event["type"] == wanted:
                break
            assert event["type"] != "load_failed", event
        seen = {"event": event, "modules": sorted(sys.modules), "frozen": gc.get_freeze_count()}
        print(json.dumps(seen), flush=True)
        if not command:
            break
        telling.sendall(command.encode())
    os._exit(0)

stream = os.fdopen(told)
threading.Thread(target=client).start()
serve(commands.detach(), events)
"""


def steps(*commands: Message) -> list[dict[str, Any]]:
    """Serve a client that sends these commands one after another; return what it saw after each reply."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, *(encode(command).decode() for command in commands)],
        env={**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def load(source: str) -> Load:
    entry = ModelEntry(name="one", source=source)
    return Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)


def test_the_worker_greets_before_it_imports_what_is_slow() -> None:
    (greeted,) = steps()
    assert not set(greeted["modules"]) & (HEAVY | OF_SERVERS | OF_MODELS | OF_FILES)


def test_its_greeting_tells_what_is_installed() -> None:
    (greeted,) = steps()
    asked = (
        "import torch, transformers; print(torch.__version__, transformers.__version__, torch.version.cuda)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    hello = decode_event(json.dumps(greeted["event"]).encode())
    assert isinstance(hello, Hello)
    assert [hello.torch, hello.transformers, str(hello.cuda)] == done.stdout.split()


def test_a_model_here_is_loaded_without_what_servers_need(tiny: Path) -> None:
    _, loaded = steps(load(str(tiny)))
    modules = set(loaded["modules"])
    assert {"torch", "transformers"} <= modules
    assert not modules & ((OF_SERVERS - {"httpx2"}) | OF_FILES)  # the hub's client speaks HTTP, too
    assert loaded["frozen"] > 100_000  # the collector does not search what the libraries brought


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_model_behind_a_server_is_asked_without_torch(tmp_path: Path, images: Path, at_once: int) -> None:
    with serving() as server:
        asked: Work = work(images, tmp_path, at_once)
        _, loaded, answered = steps(load(server.source), asked)
    assert server.asked and isinstance(asked.generation, Generation)
    for seen in (loaded, answered):
        assert not set(seen["modules"]) & (HEAVY | OF_MODELS | OF_FILES)
