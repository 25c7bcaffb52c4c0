"""A queue of keys typed ahead: each waits until the screen opened by the key before it is ready.

Textual sends a key to what has the focus when the key arrives. On a slow link, or under quick fingers, that
is still the list while the note's editor, which the key before opened, is on its way: its first words would
be taken for commands. So a key waits until the one before it is done with. Then, too, it is decided whether
it counts: a held key's repeats may be left out.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from textual.app import App, ScreenStackError
from textual.events import Event, Key
from textual.message_pump import MessagePump
from textual.screen import Screen

from fada_tui.tui.terminal.held_key import COUNTS, Decision

ANSWERING_SECONDS = 0.5
"""How long a part of the screen that is going away may keep the keys waiting."""

OPENING_SECONDS = 3.0
"""How long another screen may take to open before the keys go to the one that is shown."""

LOOKING_SECONDS = 0.01

DOOR = "door"
"""The group of a screen's workers that open another screen."""

ROUNDS_OF_A_DIALOGUE = 3
"""Message passing it takes to close a text field: submitted, closed, focus elsewhere."""


Decide = Callable[[Event, Sequence[Event]], Decision]


class KeyQueue:
    """A queue that holds keys back.

    Args:
        app: whose keys they are.
        decide: tells of a key, and of those that wait behind it, whether it counts.
    """

    def __init__(self, app: App[int], decide: Decide = lambda event, behind: COUNTS) -> None:
        self._app = app
        self._decide = decide
        self._arrived = asyncio.Event()
        self._waiting: deque[Event] = deque()
        self._released: Event | None = None
        self._settling: asyncio.Task[None] | None = None

    def holds(self, event: Event) -> bool:
        """Return whether a key must wait, or does not count; the app gets it again when its time has come."""
        if event is self._released:
            self._released = None
        elif self._settling is not None:
            self._waiting.append(event)
            self._arrived.set()
            return True
        elif (decision := self._decide(event, ())).wait:
            self._waiting.append(event)
            self._settling = asyncio.create_task(self._go_on())
            return True
        elif not decision.counts:
            return True
        self._settling = asyncio.create_task(self._settle(event, self._app.screen))
        return False

    async def _settle(self, event: Event, screen: Screen[object]) -> None:
        try:
            with suppress(ScreenStackError):  # the app has closed meanwhile
                await self._until_done(event, screen)
        finally:  # whatever becomes of one key, the next ones go on
            await self._go_on()

    async def _go_on(self) -> None:
        """Give the app the next key that counts, once that can be told."""
        while self._waiting:
            event, *behind = self._waiting
            decision = self._decide(event, behind)
            if decision.wait:
                self._arrived.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(decision.wait):
                        await self._arrived.wait()
                continue
            self._waiting.popleft()
            if decision.counts:
                self._released = event
                self._app.post_message(event)
                return
        self._settling = None

    async def _until_done(self, event: Event, screen: Screen[object]) -> None:
        typed = isinstance(event, Key) and event.is_printable
        for _ in range(1 if typed else ROUNDS_OF_A_DIALOGUE):
            await self._pass()
        await self._opened(screen)
        if self._app.screen is not screen:
            for _ in range(ROUNDS_OF_A_DIALOGUE):
                await self._pass()
            # Where one closed, what it was opened for is done by the screen that has come up again.
            await self._opened(self._app.screen)

    async def _opened(self, screen: Screen[object]) -> None:
        """Wait until a screen's doors have opened another one, or are done."""
        until = time.monotonic() + OPENING_SECONDS
        while self._opens_a_door(screen) and self._app.screen is screen and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(LOOKING_SECONDS)

    def _opens_a_door(self, screen: Screen[object]) -> bool:
        doors = (worker for worker in self._app.workers if worker.group == DOOR and worker.node is screen)
        return not all(worker.is_finished for worker in doors)

    async def _pass(self) -> None:
        """Wait until all on the way of a key, from the focus to the app, have done what they have to do."""
        for node in (self._app.focused or self._app.screen).ancestors_with_self:
            await _done(node)


async def _done(node: MessagePump) -> None:
    done = asyncio.Event()
    if node.call_later(done.set):
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWERING_SECONDS):
                await done.wait()
