"""What tests of batches share: eight images, some of whose answers end early, and what is asked of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from fada_tui.core.protocol import (
    BegunAgain,
    Cancelled,
    Delta,
    Finished,
    Item,
    Load,
    Loaded,
    Message,
    Started,
    Work,
)
from fada_tui.core.records import Generation, ModelEntry, Result
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.store import journal
from tests.conftest import write_image

Key = tuple[str, str]

QUESTIONS = ("What?", "Where is the head in this image?")

IMAGES = 8

EARLY = 200
"""Tokens that the shorter answers of `uneven` have at most; the others end with what they may have."""


ENOUGH_FOR_TWO = 600_000
"""Bytes of an allocation that four answers of `uneven` exceed when they are about 290 tokens long, and two
not with 450."""


def eight_images(root: Path) -> Path:
    """Images of one shape."""
    for number in range(IMAGES):
        write_image(root / "A" / f"{number}.png", number)
    return root


def items(root: Path, questions: Sequence[str] = QUESTIONS[:1]) -> tuple[Item, ...]:
    """Each question about each image of a folder."""
    paths = sorted(str(path.relative_to(root)) for path in root.rglob("*.png"))
    return tuple(
        Item(image=Path(path).name, category="A", path=path, question_id=f"q{number}", question=question)
        for path in paths
        for number, question in enumerate(questions)
    )


def work_on(
    root: Path,
    notes: Path,
    asked: tuple[Item, ...],
    size: int | Literal["auto"],
    tokens: int = 450,
    at_most: int | None = None,
) -> Work:
    """The work of answering items in batches; `notes` is the journal, which is begun anew."""
    notes.unlink(missing_ok=True)
    how = Generation(max_new_tokens=tokens, do_sample=False, seed=0, batch_size=size)
    return Work(root=str(root), journal=str(notes), generation=how, items=asked, at_most=at_most)


def loading(folder: Path) -> Load:
    """A checkpoint in single precision, in which a batch answers as one alone does."""
    entry = ModelEntry(name="tiny", source=str(folder), dtype="float32")
    return Load(model=entry, device="cpu", trust_remote_code=False, allow_pickle=False)


async def begin(client: WorkerClient, folder: Path) -> None:
    """Start a worker and have it load a checkpoint."""
    await client.start()
    assert isinstance([event async for event in client.load(loading(folder))][-1], Loaded)


async def told(client: WorkerClient, command: Work) -> list[Message]:
    """Have items answered; return the events."""
    return [event async for event in client.work(command)]


def results(events: Iterable[Message]) -> list[Result]:
    """The results in the order in which they were told."""
    return [event.result for event in events if isinstance(event, Finished)]


def answers(found: Iterable[Result]) -> dict[Key, str | None]:
    """What was answered."""
    return {result.key: result.response for result in found}


def sizes(found: Iterable[Result]) -> list[object]:
    """The sizes of the results' batches."""
    return [result.batch_size for result in found]


def keys(events: Iterable[Message], kind: type[Started | BegunAgain | Cancelled | Delta]) -> list[Key]:
    """The items that events of a kind are about."""
    return [(event.path, event.question_id) for event in events if isinstance(event, kind)]


def each_once(asked: Iterable[Item], notes: Path, found: Iterable[Result]) -> bool:
    """Whether each item was told once as a result, and is once in the journal."""
    written = [line.result for line in journal.read(notes).lines if isinstance(line, journal.ResultLine)]
    once = Counter(item.key for item in asked)
    return Counter(r.key for r in found) == Counter(r.key for r in written) == once
