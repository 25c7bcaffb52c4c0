"""Connecting to a model behind a server: permission to send images, availability, and models served."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence

import httpx2
import msgspec
from msgspec import Struct

from fada_tui.core.errors import ErrorKind, ModelLoadError, UsageError
from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.core.protocol import LeftOut, Load, Loaded, Message, Progress
from fada_tui.core.records import ModelFacts
from fada_tui.core.secrets import hide, quoted
from fada_tui.core.text import printable
from fada_tui.models import load_errors
from fada_tui.models.endpoint import ADAPTER, check_allowed, key_of, parse
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.remote.client import RemoteAnswerer, Server
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal

LISTING_SECONDS = 30.0
"""Seconds that a server may take to list its models."""

LONGEST_LIST = 8 * 1024 * 1024
"""Maximum bytes of such a list."""

SHOWN_NAMES = 10
LONGEST_NAME = 100
"""Maximum characters of a model's name in a message."""


class _Model(Struct):
    id: str


class _Models(Struct):
    data: tuple[_Model, ...]


_listed_models = msgspec.json.Decoder(_Models)


def reach(command: Load, send: Callable[[Message], None]) -> tuple[LoadedModel, Loaded]:
    """Request the list of models from the server in the command.

    Raises:
        ModelLoadError: with the reason and what to do.
    """
    entry = command.model
    try:
        endpoint = parse(entry.source)
        check_allowed(endpoint, command.allowed_hosts)
        key = key_of(endpoint, entry.api_key_env, os.environ)
    except UsageError as error:
        raise ModelLoadError(ErrorKind.ENDPOINT_REFUSED, f"{entry.name}: {error}") from None
    try:
        server = Server(endpoint, key, headers=command.headers)
    except ServerRefusal as error:
        raise ModelLoadError(error.kind, f"{entry.name}: {error}") from None
    except (ImportError, ValueError) as error:
        message = load_errors.proxy_unusable(entry.name, package=isinstance(error, ImportError))
        raise ModelLoadError(ErrorKind.ENDPOINT_UNREACHABLE, message) from error

    def alive() -> None:
        send(Progress(stage="server", done=0, total=None))

    begun = time.perf_counter()
    asking = server.again(lambda: _listed(server, endpoint.model), lambda why, wait: alive())
    try:
        names = server.wait(asking, threading.Event(), alive)
    except ServerFault as error:
        raise ModelLoadError(ErrorKind.ENDPOINT_UNREACHABLE, f"{entry.name}: {error}") from None
    except ServerRefusal as error:
        raise ModelLoadError(error.kind, f"{entry.name}: {error}") from None
    served = _choose(entry.name, endpoint.place, names or (), endpoint.model)
    facts = ModelFacts(
        name=entry.name,
        source=entry.source,
        served=hide(served),
        adapter=ADAPTER,
        load_time=time.perf_counter() - begun,
    )
    answerer = RemoteAnswerer(
        server,
        served,
        command.first_token_timeout,
        command.token_timeout,
        command.left_out,
        lambda names, message: send(LeftOut(fields=names, message=message)),
    )
    # What is left to this process runs on no GPU.
    return LoadedModel(answerer, "cpu"), Loaded(model=facts)


async def _listed(server: Server, wanted: str | None) -> tuple[str, ...]:
    """Return the names of the models served; `wanted` alone if the server keeps no list.

    A server that nobody hears is not waited for: it is not there, or the address is wrong.
    """
    place = server.endpoint.place
    try:
        async with asyncio.timeout(LISTING_SECONDS), server.send("GET", "/models") as response:
            data = await _body(response)
    except ServerFault as fault:
        if fault.kind == ErrorKind.ENDPOINT_UNREACHABLE:
            raise ServerRefusal(ErrorKind.ENDPOINT_UNREACHABLE, str(fault)) from None
        raise
    except ServerRefusal as refusal:
        if wanted and refusal.status in (404, 405):
            return (wanted,)
        raise
    except TimeoutError:
        message = f"{place} did not say within {LISTING_SECONDS:g} s what it serves: see whether it is well"
        raise ServerRefusal(ErrorKind.ENDPOINT_UNREACHABLE, message) from None
    try:
        return tuple(model.id for model in decode_json(data, _listed_models).data)
    except MalformedError:
        message = (
            f"{server.endpoint.base}/models is no list of models: check the URL, which mostly ends in /v1"
        )
        raise ServerRefusal(ErrorKind.ENDPOINT_REFUSED, message) from None


async def _body(response: httpx2.Response) -> bytes:
    data = b""
    async for part in response.aiter_bytes():
        data += part
        if len(data) > LONGEST_LIST:
            break
    return data


def _choose(name: str, place: str, names: Sequence[str], wanted: str | None) -> str:
    """Return the model's name for requests; a missing tag means the latest."""
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is not None and (wanted in names or f"{wanted}:latest" in names):
        return wanted
    shown = ", ".join(quoted(one, LONGEST_NAME) for one in names[:SHOWN_NAMES]) or "nothing"
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    if wanted is None:
        message = f"{name}: {place} serves {shown}{more}; say which, as in URL#NAME"
    else:
        message = f"{name}: {place} does not serve '{printable(wanted)}'; it serves {shown}{more}"
    raise ModelLoadError(ErrorKind.NOT_FOUND, message)
