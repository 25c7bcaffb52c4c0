"""Work done in this process by the worker's own code, with its two ends in the place of its pipes."""

from collections.abc import Callable
from threading import Event

from fada_tui.core.protocol import Message, Work
from fada_tui.worker import server
from fada_tui.worker.generation.interfaces import LoadedModel


class Ends:
    """What a client sends and takes."""

    def __init__(self, on_event: Callable[["Ends", Message], None] = lambda *_: None) -> None:
        self.events: list[Message] = []
        self.cancel = Event()
        self.stop_after_item = Event()
        self._on_event = on_event

    def send(self, message: Message) -> None:
        """Take an event of the worker."""
        self.events.append(message)
        self._on_event(self, message)


def work(
    loaded: LoadedModel, command: Work, on_event: Callable[[Ends, Message], None] = lambda *_: None
) -> list[Message]:
    """Have items answered and return the events.

    Args:
        loaded: the model.
        command: what to answer.
        on_event: called with each event, in whatever thread it comes from.
    """
    ends = Ends(on_event)
    server.work(loaded, command, ends, ends)  # type: ignore[arg-type]
    return ends.events
