"""The body of a response as the data of its events, judged by what it holds and not by its content type."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx2
import msgspec

from fada_tui.core.json_data import MalformedError, decode_json
from fada_tui.worker.remote.answer import END

LONGEST_BODY = 16 * 1024 * 1024
"""Maximum bytes of one event, or of an answer that is not streamed."""

_FIELDS = (b"data", b"event", b"id", b"retry", b":")
"""What a line of server-sent events begins with."""

_STREAM = {"content-type": "text/event-stream"}
_decoder = msgspec.json.Decoder()


class NoAnswerError(Exception):
    """The body is neither a stream of events nor JSON.

    Args:
        begun: its first bytes.
    """

    def __init__(self, begun: bytes) -> None:
        super().__init__()
        self.begun = begun


class Body:
    """A response's body.

    Args:
        response: its head has arrived.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._chunks = response.aiter_bytes()
        self.chunk = 0
        """Number of the part, as the server sent it, with which the latest event was complete."""

    async def events(self) -> AsyncGenerator[str, None]:
        """Yield the data of each event: server-sent ones, JSON by lines, or one JSON document and an end.

        Raises:
            NoAnswerError: it is something else.
        """
        async with aclosing(self._chunks), aclosing(self._events()) as events:
            async for data in events:
                yield data

    async def _events(self) -> AsyncGenerator[str, None]:
        begun = b""
        while not begun:
            chunk = await self._next()
            if chunk is None:
                return
            begun = chunk.lstrip().removeprefix(b"\xef\xbb\xbf").lstrip()
        if begun[:1] in (b"{", b"["):
            async with aclosing(self._documents(begun)) as documents:
                async for data in documents:
                    yield data
            return
        if not any(begun.startswith(name) or name.startswith(begun) for name in _FIELDS):
            raise NoAnswerError(begun)
        stream = httpx2.Response(
            200, headers=_STREAM, content=self._rest(begun), request=self._response.request
        )
        async for event in httpx2.EventSource(stream, LONGEST_BODY):
            if event.data:
                yield _error(event.data) if event.event == "error" else event.data

    async def _next(self) -> bytes | None:
        self.chunk += 1
        return await anext(self._chunks, None)

    async def _rest(self, begun: bytes) -> AsyncGenerator[bytes, None]:
        yield begun
        while (chunk := await self._next()) is not None:
            yield chunk

    async def _documents(self, begun: bytes) -> AsyncGenerator[str, None]:
        """Yield JSON by lines as they come; what is one document on several lines, at its end."""
        held, size, lines = [begun], len(begun), 0
        by_lines: bool | None = None
        while True:
            if by_lines is not False and b"\n" in held[-1]:
                *complete, last = b"".join(held).split(b"\n")
                by_lines = by_lines or _is_json(complete[0])
                if by_lines:
                    held, size = [last], len(last)
                    for line in filter(None, map(bytes.strip, complete)):
                        lines += 1
                        yield line.decode("utf-8", "replace")
            chunk = await self._next()
            if chunk is None:
                break
            held.append(chunk)
            size += len(chunk)
            if size > LONGEST_BODY:
                raise NoAnswerError(held[0])
        if rest := b"".join(held).strip():
            lines += 1
            yield rest.decode("utf-8", "replace")
        if lines == 1:
            yield END


def _is_json(line: bytes) -> bool:
    try:
        decode_json(line, _decoder)
    except MalformedError:
        return False
    return True


def _error(data: str) -> str:
    """Return the data of an event that is an error by its name, as an error that stands in the data, too."""
    try:
        value = decode_json(data, _decoder)
    except MalformedError:
        value = data
    return data if isinstance(value, dict) and value.get("error") else json.dumps({"error": value or data})
