"""The events of several sources as they come, one after another."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

Event = TypeVar("Event")


async def merged(sources: Sequence[AsyncGenerator[Event, None]]) -> AsyncGenerator[Event, None]:
    """Yield the events of all sources until all of them have ended; each keeps its order.

    A source goes on once its event was taken, and who took it asks for another: so what is done about an
    event is done before what follows it. What a source raises ends the others, and is raised here.
    """
    queue: asyncio.Queue[tuple[Event, asyncio.Event]] = asyncio.Queue()
    closing = False

    async def forward(source: AsyncGenerator[Event, None]) -> None:
        async with aclosing(source):
            async for event in source:
                if closing:  # it was told to end, and went on all the same
                    return
                taken = asyncio.Event()
                queue.put_nowait((event, taken))
                await taken.wait()

    tasks = [asyncio.create_task(forward(source)) for source in sources]
    ended = asyncio.create_task(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
    waiting: asyncio.Task[tuple[Event, asyncio.Event]] | None = None
    try:
        while not ended.done():
            waiting = waiting or asyncio.create_task(queue.get())
            await asyncio.wait((waiting, ended), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                (event, taken), waiting = waiting.result(), None
                yield event
                taken.set()
        for task in tasks:
            if task.done():
                task.result()
    finally:
        closing = True
        for one in (*tasks, ended, *([waiting] if waiting else [])):
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
