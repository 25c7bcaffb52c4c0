"""Answers of a model behind an OpenAI-compatible server, read as they arrive."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec
from PIL.Image import Image

from fada_tui.core.errors import ErrorKind, reason
from fada_tui.core.records import Generation, Thoughts, Tokens
from fada_tui.core.secrets import hide_in_answer
from fada_tui.core.text import printable
from fada_tui.core.thoughts import Split
from fada_tui.worker.generation.interfaces import Answered, Asked
from fada_tui.worker.remote import errors
from fada_tui.worker.remote.body import Body, NoAnswerError
from fada_tui.worker.remote.client import Made, Server
from fada_tui.worker.remote.errors import Refused, ServerFault, ServerRefusal
from fada_tui.worker.remote.left_out import LeftOutFields, OnLeftOut, named
from fada_tui.worker.remote.outcome import check
from fada_tui.worker.remote.pictures import Picture, picture
from fada_tui.worker.remote.received import Received
from fada_tui.worker.remote.request import Request, limit, prompt

LAST_SECONDS = 0.2
"""Seconds that a connection may stay open after an answer's end before the client closes it."""

USAGE_SECONDS = 10.0
"""Maximum seconds from an answer's finish to the count of its tokens, which mostly follows at once."""


class RemoteAnswerer:
    """An answerer by chat completions; several lanes may ask at once.

    Args:
        server: where they are made.
        served: the model's name there.
        first_token: seconds that it may take to begin an answer.
        token: seconds that it may be silent in the middle of one.
        left_out: fields of requests that it is known not to take.
        on_left_out: told once of each other one, and what the server said.
        longest_edge: pixels that images are scaled down to, if at all.
        patience: seconds that a server which is down is asked again.
    """

    def __init__(
        self,
        server: Server,
        served: str,
        first_token: float,
        token: float,
        left_out: Iterable[str] = (),
        on_left_out: OnLeftOut = lambda names, said: None,
        longest_edge: int | None = None,
        patience: float = 300.0,
    ) -> None:
        self.patience = patience
        self._server = server
        self._served = served
        self._first_token = first_token
        self._token = token
        self._left_out = LeftOutFields(left_out, server.endpoint.place, on_left_out)
        self._longest_edge = longest_edge
        self._ends_unmarked = False
        """The server's answers end without a word about it, as has been seen by one that came twice."""

    def run(self, making: Coroutine[Any, Any, Made]) -> Made:
        """Run a coroutine in the event loop of the server's connections; return its result."""
        return self._server.run(making)

    def encode(self, pixels: Image, generation: Generation) -> Picture:
        """Scale an image down, where that is asked for, and encode it; raises `ImageError`."""
        return picture(pixels, generation, self._longest_edge)

    async def answer(self, asked: Asked, picture: Picture) -> Answered:
        """Ask about an image that is encoded already, and read the answer as it arrives.

        Raises:
            ServerFault, ServerRefusal: there is no answer, and why.
            ServerUnavailable: nothing answers there, to this or any question.
        """
        begun = time.perf_counter()
        asked.on_prompt(prompt(picture, asked.question, asked.generation.system_prompt))
        request = Request(
            self._served, self._server.endpoint, picture, asked.question, asked.generation, asked.seed
        )
        request.body(self._left_out.names)
        encoded = time.perf_counter() - begun
        received = await self._server.again(self._attempts(request, asked), asked.on_again, while_up=True)
        return self._answered(received, encoded)

    def _answered(self, received: Received, encoded: float) -> Answered:
        reading, count, seconds = received.reading, received.reading.generated, received.seconds
        thoughts, answer = map(hide_in_answer, reading.told)
        thought = bool(thoughts or reading.thought_tokens)
        return Answered(
            response=answer,
            preprocess=encoded,
            first_token=received.first_token,
            generate=seconds,
            tokens=Tokens(
                prompt=reading.prompt_tokens,
                generated=count,
                per_second=count / seconds if count is not None and seconds > 0 else None,
            ),
            finish="length" if received.cut else reading.finish,
            thoughts=Thoughts(text=thoughts, tokens=reading.thought_tokens or None) if thought else None,
        )

    def _attempts(self, request: Request, asked: Asked) -> Callable[[], Coroutine[Any, Any, Received]]:
        """Return what asks once; an answer that ends without a word is taken if it comes twice."""
        before: Split | None = None

        async def attempt() -> Received:
            nonlocal before
            received = await self._adapted(request, asked)
            reading, told = received.reading, received.reading.told
            if reading.whole or received.cut:
                self._ends_unmarked &= not reading.whole
                return received
            if reading.characters and (self._ends_unmarked or told == before):
                self._ends_unmarked = True
                return received
            before = told
            if reading.characters:
                raise self._fault("the answer was cut off")
            if reading.other is None:
                raise self._fault("it sent an empty answer")
            said = errors.words(reading.other.encode(), "")
            raise self._fault(f"it sent no answer but '{said}'; check the URL, and what serves there")

        return attempt

    async def _adapted(self, request: Request, asked: Asked) -> Received:
        """Ask, and at once again without a field that the server refuses, until it names none.

        That it was the field is known as soon as the server answers, or says something else.
        """
        suspects: tuple[str, ...] = ()
        said = ""
        while True:
            without = self._left_out.names | frozenset(suspects)
            try:
                return await self._attempt(
                    request.body(without), asked, partial(self._left_out.add, suspects, said)
                )
            except ServerRefusal as refusal:
                if (now := errors.words_of(refusal)) != said:
                    self._left_out.add(suspects, said)
                    suspects, said = (), now
                found = self._refused_fields(refusal.refused, request.optional(without))
                if not found:
                    raise
                suspects += found

    @staticmethod
    def _refused_fields(refused: Refused | None, sent: Mapping[str, Any]) -> tuple[str, ...]:
        if refused is None or refused.status not in (400, 422) or errors.about_context(refused):
            return ()
        return named(refused.body, sent)

    async def _attempt(self, body: bytes, asked: Asked, on_taken: Callable[[], None]) -> Received:
        """Ask once; the answer may have been cut off. The request is taken once a part of it comes.

        Raises:
            ServerFault: no answer came.
            ServerRefusal: it is not given, or the server was silent for too long.
        """
        received = Received(asked.on_text, asked.on_thoughts)
        most = limit(asked.generation)
        over = finished = False
        clock = asyncio.timeout(self._first_token)
        try:
            async with clock, self._server.send("POST", "/chat/completions", body) as response:
                content = Body(response)
                async with aclosing(content.events()) as events:
                    async for data in events:
                        if over:
                            continue
                        alive = self._take(received, data, content.chunk)
                        on_taken()
                        if alive or (received.reading.whole and not finished):
                            finished = received.reading.whole
                            rest = min(self._token, USAGE_SECONDS) if finished else self._token
                            clock.reschedule(self._loop_time() + rest)
                        if received.reading.far_beyond(most):
                            received.cut = not received.reading.whole
                            break
                        if received.reading.ended:
                            # A connection is used again if it is read to its end, which mostly follows.
                            over = True
                            received.end()
                            clock.reschedule(self._loop_time() + LAST_SECONDS)
        except NoAnswerError as error:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            shown = errors.words(kind.encode(), "") or "no content type"
            said = f"'{errors.words(error.begun, kind)}'"
            message = f"it sent {shown} in place of a stream of events: {said}; check the URL"
            raise self._fault(message) from None
        except TimeoutError:
            if not received.reading.whole:
                raise self._silent(received) from None
        except ServerFault:
            if not received.reading.whole:
                raise
        finally:
            received.drop()
        received.end()
        check(received.reading, self._server.endpoint.place, cut=received.cut)
        return received

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    def _take(self, received: Received, data: str, chunk: int) -> bool:
        """Process an event; return whether it shows that the model is generating."""
        try:
            piece = received.reading.take(data)
        except msgspec.MsgspecError as error:
            raise self._fault(f"it sent what is no part of an answer ({printable(reason(error))})") from None
        if piece.error is not None:
            failure = errors.in_stream(self._server.endpoint.place, piece.error)
            if isinstance(failure, ServerRefusal) and received.begun:
                failure.refused = None  # a request whose answer has begun was taken
            raise failure
        received.add(piece, chunk)
        return piece.alive

    def _silent(self, received: Received) -> ServerRefusal:
        place = self._server.endpoint.place
        if not received.begun:
            message = (
                f"{place}: no first token within {self._first_token:g} s; raise --first-token-timeout, or "
                "lower --concurrency"
            )
        else:
            message = f"{place}: silent for {self._token:g} s in mid-answer; raise --token-timeout"
        return ServerRefusal(ErrorKind.TIMEOUT, message)

    def _fault(self, what: str) -> ServerFault:
        return ServerFault(ErrorKind.INFERENCE_ERROR, f"{self._server.endpoint.place}: {what}")
