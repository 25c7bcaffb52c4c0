"""A loaded model at work: the common part of answering in batches and by requests."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind, StoreError
from fada_tui.core.file_names import decode_name
from fada_tui.core.image_error import ImageError
from fada_tui.core.image_identity import ImageIdentity, compare, described
from fada_tui.core.protocol import Cancelled, Finished, Item, JournalFailed, Message, Started, Work
from fada_tui.core.records import Result
from fada_tui.core.text import printable
from fada_tui.images.decode import DecodedImage
from fada_tui.store.journal import ControlLine, ResultLine, append
from fada_tui.worker import devices
from fada_tui.worker.channel import CommandReceiver, EventSender
from fada_tui.worker.generation.control_pictures import control_picture
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.generation.item import ItemAttempt, read_image


class WorkSession:
    """A session that reports the events of a work's items; results are written before they are reported.

    Args:
        loaded: the model.
        command: what to answer.
        receiver: has the client's wish to stop.
        sender: takes the events.
    """

    def __init__(
        self, loaded: LoadedModel, command: Work, receiver: CommandReceiver, sender: EventSender
    ) -> None:
        self.command = command
        self.memory = devices.PeakMemory(loaded.devices, loaded.shares)
        self.threads = loaded.threads
        self.problem: JournalFailed | None = None
        self._journal = Path(decode_name(command.journal))
        self._receiver = receiver
        self._sender = sender
        self._writing = threading.Lock()
        self._asked: dict[str, ImageIdentity] = {}
        """What each image was when it was first asked about."""

    @property
    def goes_on(self) -> bool:
        """Return whether another item may begin."""
        return not self._receiver.stop_after_item.is_set() and self.problem is None

    @property
    def cancelled(self) -> bool:
        """Return whether the client cancelled the work, including the items in progress."""
        return self._receiver.cancel.is_set()

    def begin(self, items: Iterable[Item]) -> None:
        """Report that items have begun."""
        for item in items:
            self._sender.send(Started(path=item.path, question_id=item.question_id))

    def tell(self, message: Message) -> None:
        """Report what is no item's own."""
        self._sender.send(message)

    def attempt(self, item: Item, tell: Callable[[Message], None] | None = None) -> ItemAttempt:
        """Return an attempt at an item.

        Args:
            item: the image and the question.
            tell: takes its events, to report them by `tell` in their turn; by default that is at once.
        """
        return ItemAttempt(
            item,
            self.command.generation,
            self.memory,
            tell or self._sender.send,
            self._receiver.cancel,
            self.threads.now if self.threads else None,
        )

    def image(self, path: str) -> DecodedImage:
        """Return the image at an item's path, decoded, or the control picture; raises `ImageError`."""
        size = self.command.control_size
        return control_picture(path, size) if size else read_image(self.command.root, path)

    def check_unchanged(self, item: Item, image: DecodedImage) -> None:
        """Raise `ImageError` (IMAGE_CHANGED) if an image is another than that of its earlier answers."""
        found = ImageIdentity(file=image.file, sha256=image.sha256)
        asked = item.asked or self._asked.setdefault(item.path, found)
        if compare(asked, found) != "as_asked":
            what = described(printable(item.image), asked, found)
            advice = "put the old file back, or ask all questions about it in a new run"
            raise ImageError(ErrorKind.IMAGE_CHANGED, f"{what}: {advice}")

    def cancel(self, attempts: Iterable[ItemAttempt]) -> None:
        """Report that attempts were cancelled without being recorded."""
        for attempt in attempts:
            item = attempt.item
            self._sender.send(Cancelled(path=item.path, question_id=item.question_id))

    def record(self, result: Result) -> None:
        """Write a result to the journal, from any thread. The first failure to write stops the work."""
        with self._writing:
            if self.problem:
                return
            try:
                line = ControlLine if self.command.control_size else ResultLine
                result = replace(result, device=self.command.device or UNSET)
                append(self._journal, line(result=result))
            except StoreError as error:
                self.problem = JournalFailed(message=str(error))
                self._receiver.cancel.set()
                return
            self._sender.send(Finished(result=result, torch_peak_reserved=self.memory.reserved))
