"""A server of chat completions that takes the same time for every answer, and streams it in pieces.

    python -m benchmarks.pacing_server SECONDS

Prints its port, and serves until its standard input ends. It reads no request: what it costs is the client's.
"""

import asyncio
import json
import sys

PIECES = 12
MODEL = "paced"


async def serve(seconds: float) -> None:
    """Serve on 127.0.0.1."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length(head))
                if head.startswith(b"GET"):
                    _reply(writer, json.dumps({"data": [{"id": MODEL}]}).encode())
                else:
                    await _answer(writer, seconds)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


def _length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), 0)


def _reply(writer: asyncio.StreamWriter, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


async def _answer(writer: asyncio.StreamWriter, seconds: float) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number in range(PIECES):
        await asyncio.sleep(seconds / PIECES)
        _event(writer, {"choices": [{"index": 0, "delta": {"content": f"word {number} "}}]})
    _event(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    _event(writer, {"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": PIECES}})
    _chunk(writer, b"data: [DONE]\n\n")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _event(writer: asyncio.StreamWriter, value: object) -> None:
    _chunk(writer, b"data: " + json.dumps(value).encode() + b"\n\n")


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
