"""The items of one work, answered: in batches on this machine, in lanes by a server."""

from pathlib import Path

from fada_tui.file_names import decode_name
from fada_tui.protocol import Idle, Work
from fada_tui.worker.answering import Answerer
from fada_tui.worker.batches import Batches
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.engine import Engine
from fada_tui.worker.lanes import Lanes
from fada_tui.worker.recorder import Recorder


def work(engine: Engine, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
    """Answer the items until all are done or the client wants no more; then say so.

    Args:
        engine: the loaded model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """
    recorder = Recorder(Path(decode_name(command.journal)), receiver, sender)
    if isinstance(engine.answerer, Answerer):
        Batches(engine.answerer, engine, command, receiver, sender, recorder).run()
    else:
        Lanes(engine.answerer, engine, command, receiver, sender, recorder).run()
    sender.send(recorder.problem or Idle())
