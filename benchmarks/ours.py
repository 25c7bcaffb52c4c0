"""This program's worker, driven in this process as its server drives it."""

import itertools
from pathlib import Path
from threading import Event
from typing import Any, Literal

from benchmarks.asking import Asking
from fada_tui.core.file_names import encode_name
from fada_tui.core.protocol import Finished, Idle, Message, Work
from fada_tui.core.records import Generation, Result
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.server import work


class Wishes:
    """In the place of the pipe that commands come by: the client wants nothing but its answers."""

    def __init__(self) -> None:
        self.stop_after_item = Event()
        self.cancel = Event()
        self.working = Event()
        self.working.set()


class Kept:
    """In the place of the pipe that events leave by: keeps them."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        """Keep an event."""
        self.messages.append(message)

    @property
    def results(self) -> list[Result]:
        """The results among the events."""
        return [message.result for message in self.messages if isinstance(message, Finished)]


class Worker:
    """A loaded model behind the worker's own code, its journal included.

    Args:
        loaded: the model.
        folder: that journals are written in.
        tokens: of each answer at most.
    """

    def __init__(self, loaded: LoadedModel, folder: Path, tokens: int) -> None:
        self.model = loaded.model
        self._loaded = loaded
        self._folder = folder
        self._tokens = tokens
        self._journals = itertools.count()
        self.journal = folder / "journal-none.jsonl"
        """Of the last work."""

    def results(self, asked: Asking, batch: int | Literal["auto"], kept: Kept | None = None) -> list[Result]:
        """Have all answered, at most so many at once.

        Args:
            asked: what is to be answered.
            batch: answers together at most.
            kept: takes the events; a new one by default.

        Raises:
            RuntimeError: the worker gave up.
        """
        kept = kept or Kept()
        wishes: Any = Wishes()
        sender: Any = kept
        work(self._loaded, self._work(asked, batch), wishes, sender)
        if not isinstance(kept.messages[-1], Idle):
            raise RuntimeError(f"the worker ended with {kept.messages[-1]}")
        return kept.results

    def answers(self, asked: Asking, batch: int | Literal["auto"]) -> list[str]:
        """Return the answers' texts in the order of what was asked; of an error, its message."""
        texts = {
            one.key: one.response if one.error is None else one.error.message
            for one in self.results(asked, batch)
        }
        return [texts[item.key] or "" for item in asked.items]

    def _work(self, asked: Asking, batch: int | Literal["auto"]) -> Work:
        self.journal = self._folder / f"journal-{next(self._journals)}.jsonl"
        return Work(
            root=encode_name(str(asked.root)),
            journal=encode_name(str(self.journal)),
            generation=Generation(max_new_tokens=self._tokens, do_sample=False, seed=0, batch_size=batch),
            items=asked.items,
        )
