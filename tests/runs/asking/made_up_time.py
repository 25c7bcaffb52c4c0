"""An event loop whose clock jumps to what happens next: nothing waits, waiting for ever is seen at once."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

LONGEST = 4000.0
"""Seconds of the made-up time that nothing takes."""


class StoodStill(AssertionError):
    """The error that a session waits for what never comes."""


class _Jumps(selectors.SelectSelector):
    """Waits for nothing: the loop's clock goes on by what was to be waited."""

    clock = 0.0
    limit = LONGEST
    on_jump: Callable[[], None] = staticmethod(lambda: None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StoodStill("nothing is left that could happen")
        if timeout > 0:
            self.on_jump()
            self.clock += timeout
            if self.clock > self.limit:
                raise StoodStill("nothing but clocks goes on")
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    """An event loop with such a clock."""

    def __init__(self) -> None:
        self.jumps = _Jumps()
        super().__init__(self.jumps)

    def time(self) -> float:
        return self.jumps.clock


async def inline(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """In the place of `asyncio.to_thread`, which takes time of its own."""
    await asyncio.sleep(0)
    return call(*arguments, **options)


def run_in_made_up_time(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in such a loop; raises `StoodStill` with where everything waits."""
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(work)
