"""The events of several sources: each in its order, none ahead of who takes them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import pytest

from fada_tui.runs.asking.merge import merged


async def counting(name: str, count: int, steps: list[str] | None = None) -> AsyncGenerator[str, None]:
    try:
        for number in range(count):
            if steps is not None:
                steps.append(f"{name}{number}")
            yield f"{name}{number}"
            await asyncio.sleep(0)
    finally:
        if steps is not None:
            steps.append(f"{name} closed")


async def test_all_events_come_each_source_s_in_order() -> None:
    seen = [event async for event in merged([counting(name, 20) for name in "abc"])]
    assert sorted(seen) == sorted(f"{name}{number}" for name in "abc" for number in range(20))
    for name in "abc":
        own = [event for event in seen if event[0] == name]
        assert own == [f"{name}{number}" for number in range(20)]


async def test_a_source_goes_on_only_when_its_event_was_taken() -> None:
    steps: list[str] = []
    async for event in merged([counting("a", 3, steps)]):
        for _ in range(10):
            await asyncio.sleep(0)
        assert steps[-1] == event
    assert steps[-1] == "a closed"


async def test_an_error_ends_the_others_and_is_raised() -> None:
    steps: list[str] = []

    async def failing() -> AsyncGenerator[str, None]:
        yield "b0"
        raise ValueError("broken")

    async def silent() -> AsyncGenerator[str, None]:
        try:
            await asyncio.Event().wait()
            yield "never"
        finally:
            steps.append("silent closed")

    seen = []
    with pytest.raises(ValueError, match="broken"):
        async for event in merged([silent(), failing()]):
            seen += [event]
    assert (seen, steps) == (["b0"], ["silent closed"])


async def test_one_that_goes_on_although_it_was_told_to_end_ends_at_its_next_event() -> None:
    steps: list[str] = []

    async def failing() -> AsyncGenerator[str, None]:
        yield "b0"
        raise ValueError("broken")

    async def deaf() -> AsyncGenerator[str, None]:
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            yield "too late"
            await asyncio.Event().wait()
        finally:
            steps.append("deaf closed")

    seen = []
    with pytest.raises(ValueError, match="broken"):
        async with asyncio.timeout(60):
            async for event in merged([deaf(), failing()]):
                seen += [event]
    assert (seen, steps) == (["b0"], ["deaf closed"])


async def test_who_takes_no_more_closes_all_sources() -> None:
    steps: list[str] = []
    async with aclosing(merged([counting("a", 3, steps), counting("b", 3, steps)])) as events:
        async for _ in events:
            break
    assert {"a closed", "b closed"} <= set(steps)
