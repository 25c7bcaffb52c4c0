"""What the dashboard finds again when it is opened anew: the answer looked at last, and its panes' sizes."""

import asyncio
from contextlib import suppress
from typing import Any

from fada_tui.config.last_place import LastPlace, keep_place, last_place
from fada_tui.config.state_tables import read_table, write_table
from fada_tui.core.errors import FadaError
from fada_tui.core.file_names import encode_name
from fada_tui.core.paths import state_file
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.desk import DeskState
from fada_tui.tui.state.review import Review

_TABLE = "desk"


class KeptState:
    """Keeps the current place and the desk in `state.toml`, off the event loop.

    Args:
        app_context: what the dashboard works with.
        review: what is looked at.
        desk: its panes; takes what was kept of it.
    """

    def __init__(self, app_context: AppContext, review: Review, desk: DeskState) -> None:
        self._results = encode_name(str(app_context.results))
        self._review = review
        self._desk = desk
        with suppress(FadaError):
            desk.take_table(read_table(state_file(), _TABLE))
        self._kept_desk: dict[str, Any] = desk.to_table()
        self._kept_place: LastPlace | None = None

    async def last_place(self) -> LastPlace | None:
        """Return which answer was looked at last, if its run is over these images and both are there."""
        review, root = self._review, self._review.gallery_root
        if root is None:
            return None
        with suppress(FadaError):
            place = await asyncio.to_thread(last_place, state_file(), root, self._results)
            if place is not None and review.has_answers_here(place.run):
                there = await asyncio.to_thread(review.file_of(place.path).exists)
                return place if there else None
        return None

    @property
    def changed(self) -> bool:
        """Whether there is something to keep."""
        place = self._place
        return self._desk.to_table() != self._kept_desk or (place is not None and place != self._kept_place)

    @property
    def _place(self) -> LastPlace | None:
        """The current place; none in blind mode, which is not found again."""
        review = self._review
        run, key, root = review.run, review.key, review.gallery_root
        if run is None or key is None or root is None or review.open_runs.blind:
            return None
        if run.run.dataset.root != root:
            return None
        return LastPlace(images=root, results=self._results, run=run.id, path=key[0], question=key[1])

    async def keep(self) -> None:
        """Write what has changed; what cannot be written is no reason to stop."""
        place, table = self._place, self._desk.to_table()
        changed = place is not None and place != self._kept_place
        kept_desk, self._kept_desk, self._kept_place = self._kept_desk, table, place or self._kept_place
        with suppress(FadaError, OSError):
            if changed and place is not None:
                await asyncio.to_thread(keep_place, place, state_file())
            if table != kept_desk:
                await asyncio.to_thread(write_table, state_file(), _TABLE, table)
