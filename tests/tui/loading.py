"""A loader whose answers are waited for."""

from collections.abc import Sequence
from queue import Queue

from fada_tui.tui.terminal.graphics.detect import Detected
from fada_tui.tui.terminal.graphics.loader import Failed, Loaded, Loader, Request
from tests.conftest import LONG_ENOUGH


class Waiter:
    """Asks a loader and waits for what it delivers."""

    def __init__(self, detected: Detected) -> None:
        self.answers: Queue[Loaded | Failed] = Queue()
        self.loader = Loader(detected, self.answers.put)

    def load(self, request: Request, ahead: Sequence[Request] = ()) -> Loaded | Failed:
        """Return what comes for a request."""
        self.loader.ask(request, ahead)
        return self.next()

    def next(self) -> Loaded | Failed:
        """Return what comes next."""
        return self.answers.get(timeout=LONG_ENOUGH)
