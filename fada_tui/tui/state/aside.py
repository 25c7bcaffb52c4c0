"""Long work done in short steps, between whatever else there is to do."""

import asyncio
import time
from collections.abc import Generator
from typing import TypeVar

Outcome = TypeVar("Outcome")

SLICE_SECONDS = 0.005
"""How long it is worked at a time, and rested before it goes on: a key that comes meanwhile has the rest."""


async def aside(steps: Generator[None, None, Outcome]) -> Outcome:
    """Take steps one after another, a few milliseconds at a time; return what they come to."""
    begun = time.monotonic()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        if time.monotonic() - begun > SLICE_SECONDS:
            await asyncio.sleep(SLICE_SECONDS)
            begun = time.monotonic()
