"""Whether an engine is ready: its health page answers, and its list has the model."""

import asyncio
from contextlib import suppress

from fada_tui.core.json_data import MalformedError, parse_json
from fada_tui.runs.engines.launch import HOST, EngineCommand

_PATIENCE = 5.0
"""Seconds for one answer."""

_LONGEST_ANSWER = 1 << 20
_OK = 200


async def is_ready(command: EngineCommand, port: int, key: str) -> bool:
    """Return whether an engine answers with the model that it is to serve.

    Args:
        command: what was started.
        port: that it listens at.
        key: that it wants.
    """
    status, _ = await _get(port, command.health_path, key)
    if status != _OK:
        return False
    status, body = await _get(port, command.models_path, key)
    return status == _OK and command.served_name in _names(body)


async def _get(port: int, path: str, key: str) -> tuple[int, bytes]:
    """Return status and content of a page of this machine; status 0 where there is no answer."""
    with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        return await asyncio.wait_for(_answer(port, path, key), _PATIENCE)
    return 0, b""


async def _answer(port: int, path: str, key: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        # Of HTTP/1.0: an answer in one piece, and the connection ends with it.
        lines = (f"GET {path} HTTP/1.0", f"Host: {HOST}:{port}", f"Authorization: Bearer {key}", "", "")
        writer.write("\r\n".join(lines).encode("ascii"))
        await writer.drain()
        status = (await reader.readuntil(b"\r\n")).split(b" ")[1]
        await reader.readuntil(b"\r\n\r\n")
        body = b""
        while (part := await reader.read(_LONGEST_ANSWER)) and len(body) < _LONGEST_ANSWER:
            body += part
        return int(status), body
    finally:
        writer.close()


def _names(body: bytes) -> list[str]:
    with suppress(MalformedError, TypeError, AttributeError, KeyError):
        return [model["id"] for model in parse_json(body)["data"]]
    return []
