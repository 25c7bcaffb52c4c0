"""Answers of a model behind an OpenAI-compatible server: requested, streamed, retried if that may help."""

import asyncio
import concurrent.futures
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx2
import msgspec

from fada_tui import __version__
from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.records import Tokens
from fada_tui.core.secrets import AnswerStream, hide_in_answer, remember
from fada_tui.core.text import printable
from fada_tui.models.endpoint import Endpoint
from fada_tui.worker.generation.interfaces import Answered, Asked, OnText
from fada_tui.worker.remote import chat_api, errors, tls
from fada_tui.worker.remote.errors import ServerFault, ServerRefusal
from fada_tui.worker.remote.retry import Backoff, retry_after

CONNECT_SECONDS = 10.0
LOOKS = 0.05
"""Seconds between checks whether the answer has arrived or was cancelled."""

LIFE_SECONDS = 0.5
"""Seconds between two progress events while no text arrives."""

FLUSH_SECONDS = 0.033
"""Minimum seconds between two deltas."""

LAST_SECONDS = 0.2
"""Seconds that a connection may stay open after an answer's end before the client closes it."""

LONGEST_ERROR = 64 * 1024
"""Maximum bytes read from an error response."""

LONGEST_ANSWER = 4 * 1024 * 1024
"""Maximum characters of an answer; longer ones are refused."""

Made = TypeVar("Made")


class Server:
    """A client of one server, in a thread with its own event loop, so that any wait can be interrupted.

    Args:
        endpoint: where it is.
        key: sent as bearer token; appears in no message and no answer.
        patience: when to try again.

    Raises:
        ServerRefusal: the certificates that the environment names cannot be read.
    """

    def __init__(self, endpoint: Endpoint, key: str | None, patience: Backoff | None = None) -> None:
        self.endpoint = endpoint
        self._key = key
        remember([key] if key else [])
        self._patience = patience or Backoff()
        headers = {"User-Agent": f"fada-tui/{__version__}"}
        self._client = httpx2.AsyncClient(
            headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            verify=tls.context(endpoint.place) if endpoint.scheme == "https" else True,
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

    async def again(
        self, attempt: Callable[[], Coroutine[Any, Any, Made]], on_again: Callable[[str, float], None]
    ) -> Made:
        """Return the result of an attempt, retrying as long as that may help.

        Args:
            attempt: makes it.
            on_again: told why, and in how many seconds, there will be another attempt.

        Raises:
            ServerFault, ServerRefusal: the last one.
        """
        begun = time.monotonic()
        tried = 0
        while True:
            try:
                return await attempt()
            except ServerFault as fault:
                tried += 1
                spent = time.monotonic() - begun
                wait = self._patience.wait(tried, spent, fault.wait, random.random())
                if wait is None:
                    times = f"{tried} times" if tried > 1 else "once"
                    asks = f", it asks to wait {fault.wait:.0f} s" if fault.wait else ""
                    raise ServerFault(fault.kind, f"{fault} (tried {times}{asks})") from None
                on_again(str(fault), wait)
            await asyncio.sleep(wait)

    @asynccontextmanager
    async def send(self, method: str, path: str, body: bytes | None = None) -> AsyncIterator[httpx2.Response]:
        """Send a request; the response's body is read later.

        Raises:
            ServerFault: the server is not reached, is too busy, or the connection breaks.
            ServerRefusal: it does not want to.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        place = self.endpoint.place
        try:
            async with self._client.stream(
                method, self.endpoint.base + path, content=body, headers=headers
            ) as response:
                if response.status_code != httpx2.codes.OK:
                    raise await self._failure(response)
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            if refusal := tls.refusal(place, error):
                raise refusal from None
            why = printable(reason(error))
            raise ServerFault(
                ErrorKind.ENDPOINT_UNREACHABLE,
                f"{place} cannot be reached ({why}): is the server running there, and the URL right?",
            ) from None
        except httpx2.RequestError as error:
            why = printable(reason(error))
            raise ServerFault(ErrorKind.INFERENCE_ERROR, f"{place}: the connection broke ({why})") from None

    async def _failure(self, response: httpx2.Response) -> ServerFault | ServerRefusal:
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) >= LONGEST_ERROR:
                break
        refused = errors.Refused(
            place=self.endpoint.place,
            status=response.status_code,
            body=body,
            content_type=response.headers.get("content-type", ""),
            wait=retry_after(response.headers.get("retry-after"), datetime.now(UTC)),
            key_sent=self._key is not None,
        )
        return errors.failure(refused)


class RemoteAnswerer:
    """An answerer by chat completions; several threads may ask at once.

    Args:
        server: where they are made.
        served: the model's name there.
        first_token: seconds that it may take to begin an answer.
        token: seconds that it may be silent in the middle of one.
    """

    def __init__(self, server: Server, served: str, first_token: float, token: float) -> None:
        self._server = server
        self._served = served
        self._first_token = first_token
        self._token = token

    def answer(self, asked: Asked) -> Answered | None:
        """Encode the image, ask, and read the answer as it arrives.

        Raises:
            ServerFault, ServerRefusal: there is no answer, and why.
        """
        begun = time.perf_counter()
        system = asked.generation.system_prompt
        image = chat_api.picture(asked.pixels)
        asked.on_prompt(chat_api.prompt(image, asked.question, system))
        body = chat_api.request(
            self._served, self._server.endpoint, image, asked.question, asked.generation, asked.seed
        )
        encoded = time.perf_counter() - begun
        asking = self._server.again(lambda: self._attempt(body, asked.on_text), asked.on_again)
        taken = self._server.wait(asking, asked.cancel, lambda: asked.on_text("", 0))
        return None if taken is None else self._answered(taken, encoded)

    def _answered(self, taken: "_Taken", encoded: float) -> Answered:
        reading, count = taken.reading, taken.reading.generated
        return Answered(
            response=hide_in_answer(reading.text).strip(),
            preprocess=encoded,
            first_token=taken.first_token,
            generate=taken.seconds,
            tokens=Tokens(
                prompt=reading.prompt_tokens,
                generated=count,
                per_second=count / taken.seconds if count is not None and taken.seconds > 0 else None,
            ),
            finish=reading.finish,
        )

    async def _attempt(self, body: bytes, on_text: OnText) -> "_Taken":
        """Ask once.

        Raises:
            ServerFault: no answer came, or not the whole of it.
            ServerRefusal: it is not given, or the server was silent for too long.
        """
        taken = _Taken(on_text)
        over = False
        clock = asyncio.timeout(self._first_token)
        try:
            async with clock, self._server.send("POST", "/chat/completions", body) as response:
                self._check_stream(response)
                async for event in httpx2.EventSource(response):
                    if over or not event.data:
                        continue
                    if self._take(taken, event.data):
                        clock.reschedule(self._loop_time() + self._token)
                    if taken.reading.ended:
                        # A connection that is read to its end, which mostly follows at once, is used again.
                        over = True
                        taken.end()
                        clock.reschedule(self._loop_time() + LAST_SECONDS)
        except TimeoutError:
            if not over:
                raise self._silent(taken) from None
        except ServerFault:
            if not over:
                raise
        finally:
            taken.drop()
        taken.end()
        if not taken.reading.whole:
            raise self._fault("the answer was cut off" if taken.reading.length else "it sent an empty answer")
        return taken

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    def _take(self, taken: "_Taken", data: str) -> bool:
        """Process an event; return whether it shows that the model is generating."""
        try:
            piece = taken.reading.take(data)
        except msgspec.MsgspecError as error:
            raise self._fault(f"it sent what is no part of an answer ({printable(reason(error))})") from None
        if piece.error is not None:
            raise errors.in_stream(self._server.endpoint.place, piece.error)
        if taken.reading.reason == "content_filter":
            raise self._refusal("its filter stopped the answer")
        if taken.reading.length > LONGEST_ANSWER:
            raise self._refusal("its answer has no end")
        taken.add(piece.text)
        return piece.alive

    def _check_stream(self, response: httpx2.Response) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            shown = errors.words(kind.encode(), "") or "no content type"
            raise self._fault(f"it sent {shown} in place of a stream of events; check the URL")

    def _silent(self, taken: "_Taken") -> ServerRefusal:
        place = self._server.endpoint.place
        if taken.first_token is None:
            message = (
                f"{place}: no first token within {self._first_token:g} s; raise --first-token-timeout, or "
                "lower --concurrency"
            )
        else:
            message = f"{place}: silent for {self._token:g} s in mid-answer; raise --token-timeout"
        return ServerRefusal(ErrorKind.TIMEOUT, message)

    def _fault(self, what: str) -> ServerFault:
        return ServerFault(ErrorKind.INFERENCE_ERROR, f"{self._server.endpoint.place}: {what}")

    def _refusal(self, what: str) -> ServerRefusal:
        return ServerRefusal(ErrorKind.INFERENCE_ERROR, f"{self._server.endpoint.place}: {what}")


class _Taken:
    """An answer as one attempt receives it, passed on at most 30 times a second."""

    def __init__(self, on_text: OnText) -> None:
        self.reading = chat_api.Reading()
        self.first_token: float | None = None
        """Seconds from the request to the first text."""
        self.seconds = 0.0
        """From the request to the end."""
        self._on_text = on_text
        self._begun = time.perf_counter()
        self._pending = ""
        self._safe = AnswerStream()
        self._flushing: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take text."""
        if text and self.first_token is None:
            self.first_token = time.perf_counter() - self._begun
        self._pending += self._safe.take(text)
        if self._flushing is None:
            self._flush()
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_late)

    def end(self) -> None:
        """Pass on the rest; a second call changes nothing."""
        self.seconds = self.seconds or time.perf_counter() - self._begun
        self._pending += self._safe.end()
        self._flush()

    def drop(self) -> None:
        """Stop passing it on."""
        if self._flushing is not None:
            self._flushing.cancel()

    def _flush_late(self) -> None:
        self._flushing = None
        self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._on_text(self._pending, self.reading.generated or 0)
            self._pending = ""
