"""A request to stop a run that another program makes: a small file in the run's folder.

Whoever makes the run looks for it about once a second; no signal is sent to a process of others, so that it
works from another machine, too.
"""

from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeAlias

from fada_tui.core.bounded import read_small
from fada_tui.store.folder import write_whole

STOP_NAME = ".stop"

How: TypeAlias = Literal["image", "now"]
"""When to stop: once the image or batch at hand is finished, or between two tokens."""

_LONGEST = 64


def ask(folder: Path, how: How) -> None:
    """Ask the program that makes a run to stop it; a later request takes the place of an earlier one.

    Raises:
        StoreError: it cannot be written.
    """
    write_whole(folder / STOP_NAME, f"{how}\n".encode())


def asked(folder: Path) -> How | None:
    """Return how a run is to be stopped; `None` where nobody asked for it, or that cannot be read."""
    try:
        said = read_small(folder / STOP_NAME, _LONGEST)
    except OSError:
        return None
    return "now" if said.strip() == b"now" else "image"


def clear(folder: Path) -> None:
    """Forget a request; one that cannot be removed stays."""
    with suppress(OSError):
        (folder / STOP_NAME).unlink(missing_ok=True)
