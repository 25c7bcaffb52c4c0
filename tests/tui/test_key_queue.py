"""A queue of keys outlives neither its app nor what a key does there."""

import asyncio

import pytest
from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump

from fada_tui.tui.terminal import key_queue
from fada_tui.tui.terminal.key_queue import KeyQueue


async def test_a_key_that_the_app_closes_meanwhile_is_done_with(monkeypatch: pytest.MonkeyPatch) -> None:
    app, closed = App[int](), asyncio.Event()

    async def done(node: MessagePump) -> None:
        await closed.wait()

    monkeypatch.setattr(key_queue, "_done", done)
    queue = KeyQueue(app)
    async with app.run_test():
        assert not queue.holds(Key("x", "x"))
        settling = queue._settling
    closed.set()
    assert settling is not None
    await settling
