"""An engine asked over the loopback: whether it is ready, and what it answers to a question of ours."""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec

from fada_tui.core.json_data import MalformedError, parse_json
from fada_tui.runs.engines.launch import HOST, EngineCommand

_PATIENCE = 5.0
"""Seconds for a page."""

ANSWER_SECONDS = 300.0
"""Seconds for an answer, the first of which may compile what it needs."""

_LONGEST_ANSWER = 1 << 20
_OK = 200
_REFUSED = (401, 403)
_NO_ANSWER = (asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""What is raised where something else than HTTP comes, or a head without end."""


async def missing(command: EngineCommand, port: int, key: str) -> str:
    """Return what an engine lacks to be ready, in words; nothing once it answers with its model.

    Args:
        command: what was started.
        port: that it listens at.
        key: that it wants.
    """
    for path in (command.health_path, command.models_path):
        status, body = await _answer(port, key, f"GET {path}", b"", _PATIENCE)
        if status in _REFUSED:
            return f"{path} refuses the key that it was given (HTTP {status})"
        if status != _OK:
            return f"{path} answers HTTP {status}" if status else f"{path} does not answer"
    if {command.served_name, command.base_name}.intersection(_names(body)):
        return ""
    return f"{command.models_path} has no {command.served_name}"


async def responds(command: EngineCommand, port: int, key: str) -> bool:
    """Return whether an engine says anything to a look at its health, be it that it is ill."""
    status, _ = await _answer(port, key, f"GET {command.health_path}", b"", _PATIENCE)
    return status != 0


async def answer_to(command: EngineCommand, port: int, key: str, question: object) -> Any:
    """Return what an engine answers to the body of a request for a chat completion; `None` without one."""
    request = f"POST {command.base_path}/chat/completions"
    status, body = await _answer(port, key, request, msgspec.json.encode(question), ANSWER_SECONDS)
    with suppress(MalformedError):
        return parse_json(body) if status == _OK else None
    return None


async def _answer(port: int, key: str, request: str, content: bytes, patience: float) -> tuple[int, bytes]:
    """Return status and content of an answer of this machine; status 0 where there is none."""
    with suppress(OSError, TimeoutError, LookupError, ValueError, *_NO_ANSWER):
        async with asyncio.timeout(patience):
            return await _exchanged(port, key, request, content)
    return 0, b""


async def _exchanged(port: int, key: str, request: str, content: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        head = [
            f"{request} HTTP/1.0",  # an answer in one piece, and the connection ends with it
            f"Host: {HOST}:{port}",
            f"Authorization: Bearer {key}",
            *(("Content-Type: application/json", f"Content-Length: {len(content)}") if content else ()),
        ]
        writer.write("\r\n".join([*head, "", ""]).encode("ascii") + content)
        await writer.drain()
        status = (await reader.readuntil(b"\r\n")).split(b" ")[1]
        await reader.readuntil(b"\r\n\r\n")
        body = b""
        while len(body) < _LONGEST_ANSWER and (part := await reader.read(_LONGEST_ANSWER)):
            body += part
        return int(status), body
    finally:
        writer.close()


def _names(body: bytes) -> list[str]:
    with suppress(MalformedError, TypeError, LookupError):
        return [str(model["id"]) for model in parse_json(body)["data"]]
    return []
