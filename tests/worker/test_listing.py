"""Which model a server is asked for, and where: lists of all kinds, none, and URLs in all spellings."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.core.records import ServerFacts
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from tests import endpoint_server as served
from tests.conftest import in_some_try
from tests.endpoint_server import MODEL, Handler, serving
from tests.worker.test_remote import only, reach, refused, work

pytestmark = pytest.mark.worker

Listing = Callable[[Handler], None]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[WorkerClient]:
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    yield worker
    await worker.kill()


def says(value: object, status: int = 200, **headers: str) -> Listing:
    return lambda handler: served.reply(handler, status, value, **headers)


def hangs(handler: Handler) -> None:
    handler.of.over.wait()


def severs(handler: Handler) -> None:
    handler.sever()


def endless(handler: Handler) -> None:
    handler.begin("application/json")
    while not handler.of.over.is_set():
        try:
            handler.chunk(b" " * 65536)
        except OSError:
            return


def html(handler: Handler) -> None:
    served.reply(handler, 200, b"<html>", Content_Type="text/html")


LISTED = {
    "bare": [{"id": MODEL, "object": "model"}],
    "of names": {"data": [MODEL]},
    "prefixed": {"object": "list", "data": [{"id": f"models/{MODEL}"}]},
    "by name": {"data": [{"name": MODEL}]},
    "by model": {"data": [{"model": MODEL}]},
    "Ollama's": {"models": [{"name": f"{MODEL}:latest", "model": f"{MODEL}:latest"}]},
    "malformed beside": {"data": [{"id": 7}, None, {"id": MODEL, "created": "yesterday"}]},
}

UNUSABLE: dict[str, tuple[Listing, str]] = {
    "missing": (says({"detail": "Not Found"}, 404), "404"),
    "not allowed": (says({"error": "no GET"}, 405), "405"),
    "unauthorised": (says({"error": "who are you?"}, 401), "401"),
    "forbidden": (says({"error": "no listing"}, 403), "403 Forbidden"),
    "bad": (says({"error": "no listing"}, 400), "400"),
    "failing": (says({"error": "oops"}, 500), "500"),
    "away": (says(b"<html>", 502, Content_Type="text/html"), "502"),
    "elsewhere": (says(b"", 301, Location="https://elsewhere.example/v1/models"), "301"),
    "HTML": (html, "is no list of models"),
    "text": (says(b"hello", Content_Type="text/plain"), "is no list of models"),
    "a number": (says(7), "is no list of models"),
    "an error": (says({"error": {"message": "no"}}), "is no list of models"),
    "of nothing known": (says({"data": [{"x": 1}]}), "is no list of models"),
    "nested": (says(b'{"data":' + b"[" * 100_000), "is no list of models"),
    "hanging": (hangs, "did not say within"),
    "severed": (severs, "the connection broke"),
    "endless": (endless, "is no list of models"),
}


@pytest.mark.parametrize("way", LISTED)
async def test_a_named_model_is_found_in_lists_of_every_form(
    way: str, client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    """It is asked for as it was named: that is what all these servers understand."""
    with serving() as server:
        server.listing = says(LISTED[way])

        async def load() -> None:
            loaded = await reach(client, server.source)
            assert (loaded.model.served, loaded.remarks) == (MODEL, ())

        await in_some_try(load)
        result, _ = await only(client, work(images, tmp_path))
        assert result.error is None and server.asked[0].body["model"] == MODEL


@pytest.mark.parametrize("way", UNUSABLE)
async def test_a_named_model_needs_no_list(
    way: str, client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    listing, why = UNUSABLE[way]
    with serving() as server:
        server.listing = listing

        async def load() -> None:
            loaded = await reach(client, server.source)
            assert loaded.model.served == MODEL
            (remark,) = loaded.remarks
            assert "does not list its models, so the name is not checked" in remark and why in remark
            assert "\n" not in remark and len(remark) < 500

        await in_some_try(load)
        result, _ = await only(client, work(images, tmp_path))
        assert result.error is None and [asked.body["model"] for asked in server.asked] == [MODEL]


async def test_a_name_that_the_list_lacks_is_asked_for_all_the_same(client: WorkerClient) -> None:
    async def remark(source: str) -> str:
        async def load() -> str:
            loaded = await reach(client, source)
            assert loaded.model.served == source.partition("#")[2]
            (said,) = loaded.remarks
            assert "did not say within" not in said
            return said

        return str(await in_some_try(load))

    with serving() as server:
        server.models = ("openai/*", "llava-1.5-7b", "llava-1.5-13b", "whisper", "embed")
        said = await remark(f"{server.url}#llava-1.5-7b-hf")
        assert "does not list 'llava-1.5-7b-hf', which is asked for all the same" in said
        assert "the nearest of 5 names are llava-1.5-7b, llava-1.5-13b" in said
        server.models = ("one",)
        assert "it lists one" in await remark(f"{server.url}#three")
        server.models = ()
        assert "lists no model at all; it is asked for 'four'" in await remark(f"{server.url}#four")


@pytest.mark.parametrize("way", ["bare", "by name", "prefixed"])
async def test_the_only_model_of_a_list_is_taken_as_it_is_spelt(way: str, client: WorkerClient) -> None:
    with serving() as server:
        server.listing = says(LISTED[way])
        taken = (await reach(client, server.url)).model.served
        assert taken == (f"models/{MODEL}" if way == "prefixed" else MODEL)


async def test_who_names_no_model_needs_a_list(client: WorkerClient) -> None:
    with serving() as server:
        for way in ("missing", "forbidden", "HTML", "text", "endless"):
            listing, why = UNUSABLE[way]
            server.listing = listing
            assert why in str(await refused(client, server.url)), way
        server.listing = says(LISTED["of names"] | {"models": ["other"]})
        several = await refused(client, server.url)
        assert several.kind == ErrorKind.NOT_FOUND
        assert f"serves {MODEL}, other; say which, as in URL#NAME" in str(several)


WRITTEN = (
    ("/v1", ""),
    ("/v1", "/"),
    ("/v1", "/v1/"),
    ("/v1", "/v1/models"),
    ("/v1", "/v1/chat/completions"),
    ("/v1", "/chat/completions"),
    ("", ""),
    ("", "/v1"),
    ("/proxy/v1", "/proxy"),
    ("/proxy/v1", "/proxy/v1"),
    ("/proxy", "/proxy/chat/completions"),
    ("/openai/v1", "/openai/v1?api-version=preview"),
)
"""Where a server answers, and its URL as a person may write it."""


@pytest.mark.parametrize("named", [True, False])
async def test_a_server_is_found_however_its_url_is_written(
    named: bool, client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    for base, written in WRITTEN:
        with serving() as server:
            server.base = base
            url = f"http://127.0.0.1:{server.port}{written}"

            async def load(source: str) -> None:
                assert (await reach(client, source)).remarks == ()

            await in_some_try(partial(load, f"{url}#{MODEL}" if named else url))
            result, _ = await only(client, work(images, tmp_path))
            assert result.error is None, (base, written)
            query = "?api-version=preview" if "?" in written else ""
            assert server.paths[-1] == f"{base}/chat/completions{query}"
            assert all(path.endswith(query) for path in (*server.gets, *server.paths))


async def test_a_server_without_a_list_is_found_too(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    for base, written in (("/v1", ""), ("/proxy/v1", "/proxy"), ("/proxy", "/proxy")):
        with serving() as server:
            server.base = base
            server.listing = says({"detail": "Not Found"}, 404)

            async def ask(source: str) -> None:
                await reach(client, source)
                result, _ = await only(client, work(images, tmp_path))
                assert result.error is None, source

            await in_some_try(partial(ask, f"http://127.0.0.1:{server.port}{written}#{MODEL}"))


async def test_another_list_above_does_not_move_the_questions(
    client: WorkerClient, images: Path, tmp_path: Path
) -> None:
    """`/v1/models` is missing, `/models` is something else, and answers come from `/v1` all the same."""

    def listing(handler: Handler) -> None:
        at_root = handler.path == "/models"
        served.reply(handler, 200 if at_root else 404, {"models": ["resnet"]} if at_root else {})

    with serving() as server:
        server.listing = listing
        await reach(client, server.source)
        result, _ = await only(client, work(images, tmp_path))
        assert result.error is None


async def test_what_cannot_be_reached_ends_loading_though_the_model_is_named(client: WorkerClient) -> None:
    down = await refused(client, f"http://127.0.0.1:{served.unused_port()}#{MODEL}")
    assert down.kind == ErrorKind.ENDPOINT_UNREACHABLE


VLLM = {"id": MODEL, "owned_by": "vllm", "max_model_len": 4096}
LLAMA_CPP = {"id": MODEL, "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072, "n_params": 1}}
PROPS = {
    "build_info": "b6000-abc",
    "default_generation_settings": {"n_ctx": 8192},
    "modalities": {"vision": True},
}
BLIND = {"architecture": {"input_modalities": ["text"]}}
SAID: dict[str, tuple[dict[str, object], ServerFacts]] = {
    "vLLM": (
        {"/v1/models": {"data": [VLLM]}, "/version": {"version": "0.32.0"}},
        ServerFacts(name="vLLM", version="0.32.0", context=4096),
    ),
    "llama.cpp": (
        {"/v1/models": {"data": [LLAMA_CPP]}, "/props": PROPS},
        ServerFacts(name="llama.cpp", version="b6000-abc", context=8192),
    ),
    "llama.cpp, silent": (
        {"/v1/models": {"data": [LLAMA_CPP]}},
        ServerFacts(name="llama.cpp", context=131072),
    ),
    "hosted": ({"/v1/models": {"data": [{"id": MODEL, "context_window": 9}]}}, ServerFacts(context=9)),
}


def documents(by_path: dict[str, object], **headers: str) -> Listing:
    def listing(handler: Handler) -> None:
        found = by_path.get(handler.path)
        served.reply(handler, 404 if found is None else 200, found or {}, **headers)

    return listing


@pytest.mark.parametrize("program", SAID)
async def test_what_a_server_says_of_itself_and_the_model_is_recorded(
    program: str, client: WorkerClient
) -> None:
    by_path, facts = SAID[program]
    with serving() as server:
        server.listing = documents(by_path)

        async def load() -> None:
            loaded = await reach(client, server.source)
            assert (loaded.model.server, loaded.remarks) == (facts, ())

        await in_some_try(load)


async def test_a_server_that_takes_no_images_is_warned_of_before_it_is_asked(client: WorkerClient) -> None:
    with serving() as server:
        server.listing = documents({"/v1/models": {"data": [LLAMA_CPP | BLIND]}})

        async def load() -> None:
            (remark,) = (await reach(client, server.source)).remarks
            assert remark == f"127.0.0.1:{server.port} says that it takes no images"

        await in_some_try(load)
        server.listing = documents({"/v1/models": {"data": [{"id": MODEL}]}}, X_LiteLLM_Version="1.80.1")
        loaded = await reach(client, server.url)
        assert loaded.model.server == ServerFacts(name="LiteLLM", version="1.80.1")
