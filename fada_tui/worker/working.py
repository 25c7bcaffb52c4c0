"""The items of one work, answered: in batches on this machine, in lanes by a server."""

from fada_tui.protocol import Idle, Work
from fada_tui.worker.answering import Answerer, LoadedModel
from fada_tui.worker.batches import Batches
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.engine import Engine
from fada_tui.worker.lanes import Lanes


def work(loaded: LoadedModel, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
    """Answer the items until all are done or the client wants no more; then say so.

    Args:
        loaded: the model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """
    engine = Engine(loaded, command, receiver, sender)
    if isinstance(loaded.answerer, Answerer):
        Batches(loaded.answerer, engine).run()
    else:
        Lanes(loaded.answerer, engine).run()
    sender.send(engine.problem or Idle())
