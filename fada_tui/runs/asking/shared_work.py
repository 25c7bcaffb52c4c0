"""What is left to ask, handed out to workers in pieces until none is missing.

Each item is held by one worker at most: what a worker gives back, or loses by its death, is asked again by
whoever is free. Control pictures are asked about once no item about an image is left or held.
"""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from fada_tui.core.protocol import Item
from fada_tui.runs.asking.pieces import Pace, WaitingItems
from fada_tui.runs.stage import Stage


class Piece(Struct, frozen=True):
    """What a worker is handed at once."""

    stage: Stage
    items: tuple[Item, ...]
    alone: bool
    """Whether they must be asked one at a time."""
    expected: int
    """Items that the worker is likely to be handed in all, with these."""


class SharedWork:
    """The items of a run's stages.

    Args:
        stages: one after another.
    """

    def __init__(self, *stages: Stage) -> None:
        self._stages = stages
        self._place = 0
        self._waiting: WaitingItems | None = None
        self._held: dict[str, dict[tuple[str, str], Item]] = {}
        self._changed = asyncio.Event()
        self._over = False

    @property
    def stage(self) -> Stage:
        """The one at hand."""
        return self._stages[self._place]

    def begin(self) -> bool:
        """Turn to the first stage with anything left to ask; return whether there is one."""
        while not self.stage.left():
            if self._place + 1 == len(self._stages):
                return False
            self._place += 1
        return True

    def is_over(self) -> bool:
        """Return whether nothing further is handed out."""
        return self._over

    def join(self, worker: str) -> None:
        """Count a worker among those that share the work."""
        self._held[worker] = {}

    def leave(self, worker: str) -> int:
        """Count a worker no more, which holds nothing; return how many still share the work."""
        assert not self._held.pop(worker)
        self._tell()
        return len(self._held)

    @property
    def workers(self) -> int:
        """How many workers share the work."""
        return len(self._held)

    async def next(self, worker: str, pace: Pace) -> Piece | None:
        """Return a worker's next piece; wait for it while others may give some back.

        Returns:
            `None` once nothing is handed out any more.
        """
        while not self._over:
            # Only now: which questions are asked is known once the model is loaded.
            waiting = self._waiting = self._waiting or WaitingItems(self.stage.left())
            expected = -(-waiting.left // len(self._held))
            items, alone = waiting.take(pace, len(self._held), self._avoided(worker))
            if items:
                self._held[worker] = {item.key: item for item in items}
                return Piece(self.stage, tuple(items), alone, max(expected, len(items)))
            if any(self._held.values()) or waiting.left:
                await self._changed.wait()
            elif self._place + 1 < len(self._stages):
                self._place, self._waiting = self._place + 1, None
                self._tell()  # who still waits for the last answers of the one before
            else:
                self.stop()
        return None

    def held(self, worker: str) -> dict[tuple[str, str], Item]:
        """Return what a worker holds, by key."""
        return self._held[worker]

    def finished(self, worker: str, key: tuple[str, str]) -> None:
        """Take a result's item from the worker that made it."""
        self._held[worker].pop(key, None)

    def give_back(self, worker: str, alone: Iterable[Item] = ()) -> None:
        """Have what a worker holds asked by whoever is free.

        Args:
            worker: holds nothing afterwards.
            alone: which of it must be asked one at a time.
        """
        held, self._held[worker] = self._held[worker], {}
        if self._waiting is not None:
            apart = [item for item in alone if held.pop(item.key, None)]
            self._waiting.put_back(held.values())
            self._waiting.put_back(apart, alone=True)
        self._tell()

    def stop(self) -> None:
        """Hand out nothing further."""
        self._over = True
        self._tell()

    def _avoided(self, worker: str) -> set[str]:
        """Return the images that a worker died on, of those that another has not died on, too."""
        tries, done = self.stage.tries, self.stage.done
        if not (died_on := tries.paths_of(worker, done)):
            return died_on
        others = [tries.paths_of(other, done) for other in self._held if other != worker]
        return {path for path in died_on if any(path not in paths for paths in others)}

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
