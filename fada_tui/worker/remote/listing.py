"""Asking a server what it serves and what it is, within bounds; no image is sent.

A list is a help: who names a model can do without. So what is wrong with it is told, and only a server that
cannot be reached is an error to them (see `connect`).
"""

import asyncio
import http
from contextlib import suppress
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from fada_tui.core.errors import ErrorKind
from fada_tui.core.json_data import MalformedError, parse_json
from fada_tui.core.protocol import ServedModel
from fada_tui.core.records import ServerFacts
from fada_tui.models.endpoint import Endpoint
from fada_tui.worker.remote import served_models
from fada_tui.worker.remote.client import Server
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal

LISTING_SECONDS = 30.0
"""Seconds that a server may take to list its models where nobody named one."""

NAMED_SECONDS = 5.0
"""Seconds that it may take where the model is named, so that the list is not needed."""

LONGEST_LIST = 8 * 1024 * 1024
"""Maximum bytes of a document."""

_NO_SUCH_PLACE = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.METHOD_NOT_ALLOWED, http.HTTPStatus.GONE)


class NoListError(ServerRefusal):
    """The error that what a server sent in place of a list is none."""


class Listing(Struct, frozen=True):
    """What a server serves."""

    endpoint: Endpoint
    """Where it answered."""
    models: tuple[ServedModel, ...]
    server: ServerFacts


async def listed(server: Server, patience: float = LISTING_SECONDS) -> Listing:
    """Return what a server serves, asked at its base, else with or without `/v1`.

    Args:
        server: to be asked.
        patience: seconds that this may take.

    Raises:
        ServerFault: it is too busy, or the connection broke.
        ServerRefusal: it is not reached, is silent, or sends no list.
    """
    place = server.endpoint.place
    try:
        async with asyncio.timeout(patience):
            return await _somewhere(server)
    except ServerFault as fault:
        if fault.kind == ErrorKind.ENDPOINT_UNREACHABLE:
            # One that nobody hears is not waited for: it is not there, or the address is wrong.
            raise ServerRefusal(ErrorKind.ENDPOINT_UNREACHABLE, str(fault)) from None
        raise
    except TimeoutError:
        message = f"{place} did not say within {patience:g} s what it serves: see whether it is well"
        raise NoListError(ErrorKind.ENDPOINT_UNREACHABLE, message) from None


async def base_of(server: Server) -> Endpoint:
    """Return where a server that keeps no list takes questions, by one that it cannot answer.

    Only a path without `/v1` leaves this open.
    """
    given = server.endpoint
    if given.root != given:
        return given
    with suppress(TimeoutError):
        async with asyncio.timeout(NAMED_SECONDS):
            for base in (given, *given.others):
                if await _takes_questions(server, base):
                    return base
    return given


async def document(
    server: Server, base: Endpoint, path: str, asked: object = None
) -> tuple[Any, httpx2.Headers]:
    """Return a JSON document of a server, and the headers that came with it.

    Args:
        server: to be asked.
        base: where the path begins.
        path: what is asked for, from a slash on.
        asked: sent along; without it nothing is.

    Raises:
        ServerFault: it is too busy, or not reached.
        ServerRefusal: it does not want to, or sends no JSON.
    """
    body = None if asked is None else msgspec.json.encode(asked)
    method = "GET" if asked is None else "POST"
    async with server.send(method, path, body, base) as response:
        data = b""
        async for part in response.aiter_bytes():
            data += part
            if len(data) > LONGEST_LIST:
                break
        try:
            return parse_json(data), response.headers
        except MalformedError:
            raise _no_list(base) from None


async def _somewhere(server: Server) -> Listing:
    given = server.endpoint
    try:
        return await _at(server, given)
    except ServerRefusal as refusal:
        if not (isinstance(refusal, NoListError) or refusal.status in _NO_SUCH_PLACE):
            raise
        for other in given.others:
            with suppress(ServerFault, ServerRefusal):
                elsewhere = await _at(server, other)
                if given.model is None or not await _takes_questions(server, given):
                    return elsewhere
        raise


async def _at(server: Server, base: Endpoint) -> Listing:
    said, headers = await document(server, base, "/models")
    models = served_models.models_of(said)
    if models is None:
        raise _no_list(base)
    return Listing(base, models, served_models.program_of(said, headers))


async def _takes_questions(server: Server, base: Endpoint) -> bool:
    """Return whether there is something at a base that takes questions: an empty one is refused there."""
    try:
        async with server.send("POST", "/chat/completions", b"{}", base):
            return True
    except ServerRefusal as refusal:
        return refusal.status not in _NO_SUCH_PLACE
    except ServerFault:
        return True


def _no_list(base: Endpoint) -> NoListError:
    message = f"{base.base}/models is no list of models: check the URL, which mostly ends in /v1"
    return NoListError(ErrorKind.ENDPOINT_REFUSED, message)
