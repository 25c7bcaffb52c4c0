"""`fada-tui servers list`: what servers serve, through the whole program and real HTTP servers."""

import json
from typing import Any

import pytest

from tests import endpoint_server as served
from tests.conftest import Program, in_some_try
from tests.endpoint_server import MODEL, Handler, serving

pytestmark = pytest.mark.worker

KEY = "sk-secret-0123456789"
VLLM = {"id": "Qwen/Qwen2-VL", "owned_by": "vllm", "max_model_len": 32768}
LLAMA_CPP = {"id": MODEL, "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}
PROPS = {
    "build_info": "b6000",
    "default_generation_settings": {"n_ctx": 4096},
    "modalities": {"vision": True},
}
LM_STUDIO = [
    {"id": "qwen", "type": "vlm", "max_context_length": 32768, "state": "not-loaded"},
    {"id": "granite", "type": "llm", "max_context_length": 8192},
]
LITELLM = [{"model_name": "gpt", "litellm_params": {}, "model_info": {"supports_vision": True}}]
SHOWN = {"capabilities": ["completion", "vision"], "model_info": {"mllama.context_length": 131072}}

Documents = dict[str, Any]

SERVERS: dict[str, tuple[Documents, dict[str, str | None], list[dict[str, Any]]]] = {
    "vLLM": (
        {"/v1/models": {"data": [VLLM]}, "/version": {"version": "0.32.0"}},
        {"name": "vLLM", "version": "0.32.0"},
        [{"name": "Qwen/Qwen2-VL", "images": None, "context": 32768}],
    ),
    "llama.cpp": (
        {"/v1/models": {"data": [LLAMA_CPP]}, "/props": PROPS},
        {"name": "llama.cpp", "version": "b6000"},
        [{"name": MODEL, "images": True, "context": 4096}],
    ),
    "Ollama": (
        {
            "/v1/models": {"data": [{"id": "llava:7b", "owned_by": "library"}]},
            "/api/version": {"version": "0.12.6"},
            "/api/show": SHOWN,
        },
        {"name": "Ollama", "version": "0.12.6"},
        [{"name": "llava:7b", "images": True, "context": 131072}],
    ),
    "LM Studio": (
        {"/v1/models": {"data": [{"id": "qwen"}, {"id": "granite"}]}, "/api/v0/models": {"data": LM_STUDIO}},
        {"name": "LM Studio", "version": None},
        [
            {"name": "qwen", "images": True, "context": 32768},
            {"name": "granite", "images": False, "context": 8192},
        ],
    ),
    "LiteLLM": (
        {"/v1/models": {"data": [{"id": "gpt", "owned_by": "openai"}]}, "/model/info": {"data": LITELLM}},
        {"name": "LiteLLM", "version": None},
        [{"name": "gpt", "images": True, "context": None}],
    ),
    "unknown": (
        {"/v1/models": {"data": [{"id": MODEL}]}},
        {"name": None, "version": None},
        [{"name": MODEL, "images": None, "context": None}],
    ),
    "none": ({"/v1/models": {"data": []}}, {"name": None, "version": None}, []),
}


def documents(by_path: Documents) -> Any:
    def listing(handler: Handler) -> None:
        found = by_path.get(handler.path)
        served.reply(handler, 404 if found is None else 200, found or {})

    return listing


@pytest.mark.parametrize("kind", SERVERS)
async def test_what_each_kind_of_server_says(kind: str, program: Program) -> None:
    by_path, about, models = SERVERS[kind]
    with serving() as server:
        server.listing = documents(by_path)

        async def ask() -> None:
            done = program.run("servers", "list", f"http://127.0.0.1:{server.port}", "--json")
            assert done.returncode == 0, done.stderr
            said = json.loads(done.stdout)
            assert said == {"url": server.url, "server": about, "models": models}
            assert server.asked == []

        await in_some_try(ask)


async def test_a_row_for_each_model(program: Program) -> None:
    with serving() as server:
        server.listing = documents(SERVERS["LM Studio"][0])

        async def ask() -> None:
            done = program.run("servers", "list", server.url)
            assert done.stdout.splitlines() == [
                f"{server.url}  LM Studio",
                "model    images  context",
                "qwen     yes     32,768",
                "granite  no      8,192",
            ]

        await in_some_try(ask)


def test_others_words_cannot_touch_the_terminal(program: Program) -> None:
    with serving() as server:
        server.models = ("\x1b[2Jm", "a\nb")
        done = program.run("servers", "list", server.url)
    assert "\x1b" not in done.stdout and len(done.stdout.splitlines()) == 4


def test_a_listed_model_names_its_server_and_key(program: Program) -> None:
    program.env = {"MY_KEY": KEY}
    seen: list[str | None] = []

    def listing(handler: Handler) -> None:
        seen.append(handler.headers["Authorization"])
        served.reply(handler, 200, {"data": [{"id": f"of {KEY}"}]})

    with serving() as server:
        added = program.run("models", "add", "here", "--source", server.source, "--api-key-env", "MY_KEY")
        assert added.returncode == 0, added.stderr
        server.listing = listing
        done = program.run("servers", "list", "here")
    assert done.returncode == 0 and set(seen) == {f"Bearer {KEY}"}
    assert "of [key]" in done.stdout and KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("nowhere", 2, "is no server's URL"),
        ("http://a.example/v1?key=x", 2, "may be a key"),
        ("http://a.example/v1", 2, "not sent to a.example over plain http"),
        ("http://127.0.0.1:{unused}", 3, "is the server running there"),
        ("http://127.0.0.1:{port}", 3, "it wants a key"),
    ],
)
def test_an_error_is_a_line_and_an_exit_code(url: str, code: int, said: str, program: Program) -> None:
    program.env = {"FADA_TUI_API_KEY": KEY} if "plain http" in said else {}
    with serving() as server:
        server.listing = lambda handler: served.reply(handler, 401, {"error": "who are you?"})
        url = url.format(port=server.port, unused=served.unused_port())
        done = program.run("servers", "list", url, "--json")
        plain = program.run("servers", "list", url)
    assert (done.returncode, plain.returncode, plain.stdout) == (code, code, "")
    assert said in plain.stderr and len(plain.stderr.splitlines()) == 1
    assert said in json.loads(done.stdout)["error"] and KEY not in done.stdout + plain.stderr
