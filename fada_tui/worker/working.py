"""The items of one work, answered: in batches on this machine, in several requests to a server."""

from fada_tui.core.protocol import Idle, Work
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.generation.batches import Batches
from fada_tui.worker.generation.interfaces import Answerer, LoadedModel
from fada_tui.worker.generation.work import WorkSession
from fada_tui.worker.remote.concurrent import ConcurrentRequests


def work(loaded: LoadedModel, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
    """Answer the items until all are done or the client wants no more; then say so.

    Args:
        loaded: the model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """
    session = WorkSession(loaded, command, receiver, sender)
    if isinstance(loaded.answerer, Answerer):
        Batches(loaded.answerer, session).run()
    else:
        ConcurrentRequests(loaded.answerer, session).run()
    sender.send(session.problem or Idle())
