"""The worker's main loop: loads a model, answers the given items, ends when the client does."""

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress

from fada_tui.core.errors import ErrorKind, ModelLoadError, reason
from fada_tui.core.file_lock import TOUCH_SECONDS
from fada_tui.core.protocol import (
    PROTOCOL_VERSION,
    Attach,
    Attached,
    Detach,
    Detached,
    DevicesListed,
    Hello,
    Idle,
    ListDevices,
    ListServed,
    Load,
    Loaded,
    LoadFailed,
    Message,
    Tokenise,
    Unload,
    Unloaded,
    Work,
)
from fada_tui.core.secrets import in_environment, remember
from fada_tui.models.endpoint import is_endpoint
from fada_tui.worker import devices, logs
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.generation.batches import Batches
from fada_tui.worker.generation.interfaces import Answerer, LoadedModel
from fada_tui.worker.generation.tokenise import tokenised
from fada_tui.worker.generation.work import WorkSession
from fada_tui.worker.loading import libraries
from fada_tui.worker.remote.concurrent import ConcurrentRequests

log = logging.getLogger("fada_tui.worker")


class Attachment:
    """The worker's resources of its current run: the log file, and the files that it keeps open.

    File descriptors of one run at a time. Those that it holds open it touches every minute, so that other
    machines see by the run's lock that somebody still writes when the program is gone.
    """

    def __init__(self) -> None:
        self._held: list[int] = []
        self._changing = threading.Lock()
        self.runs = 0
        """Number of runs that it has belonged to."""
        threading.Thread(target=self._touch, name="lock", daemon=True).start()

    def take(self, files: Sequence[int]) -> None:
        """Attach the worker to a run.

        Args:
            files: descriptors of the file that standard output and error go to, then of what to hold open.
        """
        self.let_go()
        output, *held = files
        with self._changing:
            self._held = held
        _print_to(output)
        self.runs += 1

    def let_go(self) -> None:
        """Detach the worker from its run: further output is dropped, and kept files are closed."""
        _print_to(os.open(os.devnull, os.O_WRONLY))
        with self._changing:
            for descriptor in self._held:
                os.close(descriptor)
            self._held = []

    def _touch(self) -> None:
        while True:
            time.sleep(TOUCH_SECONDS)
            with self._changing:
                for descriptor in self._held:
                    with suppress(OSError):
                        os.utime(descriptor)


def serve(commands: int, events: int) -> None:
    """Serve one client until it closes its pipe.

    Args:
        commands: file descriptor of the socket to read commands from.
        events: file descriptor to write events to.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client decides what ctrl+c means
    remember(in_environment(os.environ))
    logs.set_up()
    receiver, sender = CommandReceiver(commands), EventSender(events)
    sender.send(_hello())
    attachment = Attachment()
    loaded: LoadedModel | None = None
    while command := receiver.next():
        match command:
            case Attach():
                attachment.take(receiver.handed())
                if attachment.runs > 1:
                    state = "loaded already" if loaded else "dropped"
                    log.info("worker %d goes on from another run; its model is %s", os.getpid(), state)
                sender.send(Attached())
            case Detach():
                attachment.let_go()
                sender.send(Detached())
            case Unload():
                loaded = None
                devices.release()
                sender.send(Unloaded(allocated=devices.allocated()))
            case Load():
                loaded = None  # for the next one to have its memory
                devices.release()
                loaded = _load(command, sender)
            case ListServed():
                _list(command, sender)
            case ListDevices():
                sender.send(_usable_gpus())
            case Work() if loaded is not None:
                work(loaded, command, receiver, sender)
                receiver.working.clear()
            case Tokenise() if loaded is not None:
                sender.send(tokenised(loaded.adapter, command.texts))
            case _:
                log.error("unexpected command %s", type(command).__name__)
    sender.close()


def work(loaded: LoadedModel, command: Work, receiver: CommandReceiver, sender: EventSender) -> None:
    """Answer the items until all are finished or the client stops the work; then report that.

    Args:
        loaded: the model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """
    session = WorkSession(loaded, command, receiver, sender)
    if isinstance(loaded.answerer, Answerer):
        Batches(loaded.answerer, session).run()
        ended: Message = Idle()
    else:
        ended = ConcurrentRequests(loaded.answerer, session).run() or Idle()
    sender.send(session.problem or ended)


def _hello() -> Hello:
    has = libraries.installed()
    return Hello(
        protocol=PROTOCOL_VERSION,
        pid=os.getpid(),
        torch=has.torch,
        transformers=has.transformers,
        cuda=has.cuda,
    )


def _load(command: Load, sender: EventSender) -> LoadedModel | None:
    try:
        loaded, facts = _loaded(command, sender)
    except Exception as error:
        sender.send(_failed(command.model.name, error))
    else:
        sender.send(facts)
        return loaded
    return None


def _usable_gpus() -> DevicesListed:
    try:
        with libraries.importing():
            return devices.usable_gpus()
    except (ImportError, OSError) as error:
        problem = libraries.not_imported("the list of GPUs", error)
        return DevicesListed(names=(), uuids=(), problem=problem)


def _list(command: ListServed, sender: EventSender) -> None:
    told: Message
    try:
        from fada_tui.worker.remote.connect import served

        told = served(command, sender.send)
    except Exception as error:
        told = _failed("the server", error)
    sender.send(told)


def _failed(name: str, error: Exception) -> LoadFailed:
    """Return the event for an error, which is logged."""
    log.error("%s", traceback.format_exc())
    if isinstance(error, ModelLoadError):
        return LoadFailed(kind=error.kind, message=str(error))
    message = f"{name}: {reason(error, named=True)} (worker.log has more)"
    return LoadFailed(kind=ErrorKind.LOAD, message=message)


def _loaded(command: Load, sender: EventSender) -> tuple[LoadedModel, Loaded]:
    """Import what this kind of model needs, and load it: local and remote models need different modules."""
    if is_endpoint(command.model.source):
        from fada_tui.worker.remote.connect import reach

        return reach(command, sender.send)
    try:
        with libraries.importing():
            from fada_tui.worker.loading.load import load
    except (ImportError, RuntimeError, OSError) as error:
        message = libraries.not_imported(command.model.name, error)
        raise ModelLoadError(ErrorKind.MISSING_PACKAGE, message) from error
    return load(command, sender.send)


def _print_to(descriptor: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
