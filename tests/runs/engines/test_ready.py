"""Whether an engine is ready: what else answers at its port is told, and ends nothing."""

import asyncio
from pathlib import Path

import pytest

from fada_tui.runs.engines import ready
from fada_tui.runs.engines.ready import answer_to, missing
from tests.conftest import LONG_ENOUGH
from tests.runs.engines.playing import Play

PAGE = b"HTTP/1.0 %d Said\r\nContent-Type: application/json\r\n\r\n%s"


@pytest.mark.parametrize(
    ("said", "lacks"),
    [
        (PAGE % (200, b'{"data": [{"id": "played"}]}'), ""),
        (PAGE % (200, b'{"data": [{"id": "another"}]}'), "/v1/models has no played"),
        (PAGE % (200, b'{"data": 7}'), "/v1/models has no played"),
        (PAGE % (503, b""), "/health answers HTTP 503"),
        (PAGE % (401, b""), "/health refuses the key that it was given (HTTP 401)"),
        (b"", "/health does not answer"),
        (b"220 mail.example ESMTP\r\n", "/health does not answer"),
        (b"HTTP/1.0 200 Said\r\nEndless: " + b"x" * (1 << 20), "/health does not answer"),
        (b"x" * (1 << 20), "/health does not answer"),
    ],
)
async def test_what_an_engine_lacks_is_told(
    said: bytes, lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_PATIENCE", LONG_ENOUGH)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    command = Play(tmp_path).command()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await missing(command, port, "key") == lacks
        answered = await answer_to(command, port, "key", {})
    assert (answered is not None) is said.startswith(b"HTTP/1.0 200 Said\r\nContent-Type")
