"""The connection to an OpenAI-compatible server: requests, retried if that may help."""

import asyncio
import concurrent.futures
import os
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx2

from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.text import printable
from fada_tui.models.endpoint import Endpoint
from fada_tui.worker.remote import errors, tls
from fada_tui.worker.remote.errors import Refused, ServerFault, ServerRefusal
from fada_tui.worker.remote.headers import headers as request_headers
from fada_tui.worker.remote.outage import ServerUnavailable
from fada_tui.worker.remote.retry import Backoff, retry_after

CONNECT_SECONDS = 10.0
LOOKS = 0.05
"""Seconds between checks whether the answer has arrived or was cancelled."""

LIFE_SECONDS = 0.5
"""Seconds between two progress events while no text arrives."""

LONGEST_ERROR = 64 * 1024
"""Maximum bytes read from an error response."""

Made = TypeVar("Made")


class Server:
    """A client of one server, in a thread with its own event loop, so that any wait can be interrupted.

    Args:
        endpoint: where it is.
        key: sent as bearer token; appears in no message and no answer.
        patience: when to try again.
        headers: of each request, in place of those that are sent anyway; their values are secret, too.

    Raises:
        ServerRefusal: a header cannot be sent, or certificates that the environment names cannot be read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        key: str | None,
        patience: Backoff | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        sent = request_headers(endpoint, key, headers or {})
        self._key_sent = "Authorization" in sent
        self._patience = patience or Backoff()
        self._client = httpx2.AsyncClient(
            headers=sent,
            verify=True if endpoint.here and endpoint.scheme == "http" else tls.context(endpoint.place),
            # Reading has deadlines of its own, that go by what the model says and not by bytes.
            timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None),
            follow_redirects=False,
            # A proxy would take what is meant for this machine off it.
            trust_env=not endpoint.here,
        )
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="server", daemon=True).start()

    def wait(
        self, making: Coroutine[Any, Any, Made], cancel: threading.Event, alive: Callable[[], None]
    ) -> Made | None:
        """Wait for a result; `None` as soon as it is cancelled.

        Args:
            making: runs in the server's thread.
            cancel: set to break it off.
            alive: called every now and then meanwhile.
        """
        task = asyncio.run_coroutine_threadsafe(making, self._loop)
        told = time.monotonic()
        while not task.done():
            concurrent.futures.wait([task], LOOKS)
            if cancel.is_set():
                task.cancel()
                return None
            if time.monotonic() - told >= LIFE_SECONDS:
                told = time.monotonic()
                alive()
        return None if cancel.is_set() else task.result()

    def run(self, making: Coroutine[Any, Any, Made]) -> Made:
        """Run a coroutine in the server's thread to its end; return its result."""
        return asyncio.run_coroutine_threadsafe(making, self._loop).result()

    async def again(
        self,
        attempt: Callable[[], Coroutine[Any, Any, Made]],
        on_again: Callable[[str, float], None],
        *,
        while_up: bool = False,
    ) -> Made:
        """Return the result of an attempt, retrying as long as that may help.

        Args:
            attempt: makes it.
            on_again: told why, and in how many seconds, there will be another attempt.
            while_up: leave it to the caller to wait for a server that is down.

        Raises:
            ServerFault, ServerRefusal: the last one.
            ServerUnavailable: nothing answers there.
        """
        begun = time.monotonic()
        tried = 0
        while True:
            try:
                return await attempt()
            except ServerFault as fault:
                if while_up and (down := await self._down(fault)):
                    raise ServerUnavailable(str(down), down.wait, cut=down is not fault) from None
                tried += 1
                spent = time.monotonic() - begun
                wait = self._patience.wait(tried, spent, fault.wait, random.random())
                if wait is None:
                    times = f"{tried} times" if tried > 1 else "once"
                    asks = f", it asks to wait {fault.wait:.0f} s" if fault.wait else ""
                    message = f"{fault} (tried {times}{asks})"
                    raise ServerFault(fault.kind, message, fault.wait, fault.status) from None
                on_again(str(fault), wait)
            await asyncio.sleep(wait)

    async def _down(self, fault: ServerFault) -> ServerFault | None:
        """Return what shows that the server is down; `None` if one request alone has failed.

        Where it did not even answer with an error, it is asked for something that costs nothing.
        """
        if fault.down or fault.status is not None:
            return fault if fault.down else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self.send("GET", "/models"):
                return None
        except ServerFault as found:
            return found if found.down or found.status is None else None
        except (ServerRefusal, TimeoutError):
            return None

    @asynccontextmanager
    async def send(
        self, method: str, path: str, body: bytes | None = None, base: Endpoint | None = None
    ) -> AsyncIterator[httpx2.Response]:
        """Send a request to the server's base, or to another one of it; the response's body is read later.

        Raises:
            ServerFault: the server is not reached, is too busy, or the connection breaks.
            ServerRefusal: it does not want to.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        place = self.endpoint.place
        try:
            async with self._client.stream(
                method, (base or self.endpoint).url(path), content=body, headers=headers
            ) as response:
                if response.status_code != httpx2.codes.OK:
                    raise await self._failure(response)
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            if refusal := tls.refusal(place, error):
                raise refusal from None
            why = printable(_why(error))
            raise ServerFault(
                ErrorKind.ENDPOINT_UNREACHABLE,
                f"{place} cannot be reached ({why}): is the server running there, and the URL right?",
            ) from None
        except httpx2.RequestError as error:
            why = printable(_why(error))
            raise ServerFault(ErrorKind.INFERENCE_ERROR, f"{place}: the connection broke ({why})") from None

    async def _failure(self, response: httpx2.Response) -> ServerFault | ServerRefusal:
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) >= LONGEST_ERROR:
                break
        refused = Refused(
            place=self.endpoint.place,
            status=response.status_code,
            body=body,
            content_type=response.headers.get("content-type", ""),
            wait=retry_after(response.headers.get("retry-after"), datetime.now(UTC)),
            key_sent=self._key_sent,
        )
        return errors.failure(refused)


def _why(error: BaseException) -> str:
    """Return the system's words for why there is no connection (any more), else the library's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and (cause.errno or 0) > 0:
            return os.strerror(cause.errno or 0)
        cause = cause.__cause__ or cause.__context__
    return reason(error)
