"""The worker's main loop: load a model, answer the items it is given, end when the client does."""

import logging
import os
import signal
import traceback

import torch
import transformers

from fada_tui.errors import ErrorKind, ModelLoadError
from fada_tui.protocol import PROTOCOL_VERSION, Hello, Load, LoadFailed, Tokenise, Work
from fada_tui.worker import working
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.engine import Engine
from fada_tui.worker.loading import load
from fada_tui.worker.tokenising import tokenised

log = logging.getLogger("fada_tui.worker")


def serve(commands: int, events: int) -> None:
    """Serve one client until it closes its pipe.

    Args:
        commands: file descriptor to read commands from.
        events: file descriptor to write events to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what ctrl+c means
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    transformers.utils.logging.disable_progress_bar()
    receiver, sender = CommandReceiver(commands), EventSender(events)
    sender.send(_hello())
    engine: Engine | None = None
    while command := receiver.next():
        match command:
            case Load():
                engine = _load(command, sender)
            case Work() if engine is not None:
                working.work(engine, command, receiver, sender)
                receiver.working.clear()
            case Tokenise() if engine is not None:
                sender.send(tokenised(engine.adapter, command.texts))
            case _:
                log.error("unexpected command %s", type(command).__name__)
    sender.close()


def _hello() -> Hello:
    return Hello(
        protocol=PROTOCOL_VERSION,
        pid=os.getpid(),
        torch=str(torch.__version__),
        transformers=transformers.__version__,
        cuda=torch.version.cuda,
    )


def _load(command: Load, sender: EventSender) -> Engine | None:
    try:
        model, loaded = load(command, sender.send)
    except ModelLoadError as error:
        log.error("%s", traceback.format_exc())
        sender.send(LoadFailed(kind=error.kind, message=str(error)))
    except Exception as error:
        log.error("%s", traceback.format_exc())
        message = f"{command.model.name}: {type(error).__name__}: {_first_line(error)} (worker.log has more)"
        sender.send(LoadFailed(kind=ErrorKind.LOAD, message=message))
    else:
        sender.send(loaded)
        return Engine(model)
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
