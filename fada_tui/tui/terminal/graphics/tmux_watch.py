"""Asking tmux again and again who shows the dashboard: pictures are handed on to those alone.

Others may attach later, to whom it means nothing; and whoever looked elsewhere meanwhile was handed nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

from fada_tui.tui.terminal.graphics.shelf import SHELF
from fada_tui.tui.terminal.graphics.tmux import Outside, ask

INTERVAL = 1.0
"""Seconds between two questions."""


@contextmanager
def watched(environ: Mapping[str, str], terminal: int, patience: float) -> Iterator[None]:
    """Keep the shelf told, from a thread of its own, whether pictures reach whoever shows this pane."""
    over = Event()
    thread = Thread(target=_watch, args=(environ, terminal, patience, over), name="tmux", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(environ: Mapping[str, str], terminal: int, patience: float, over: Event) -> None:
    before: Outside | None = None
    while not over.wait(INTERVAL):
        now = ask(environ, terminal, patience)
        if now is None or now == before:
            continue
        if before is not None or not now.draws:
            SHELF.terminal_changed(now.draws)
        before = now
