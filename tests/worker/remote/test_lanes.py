"""The parts of answering by requests: images prepared ahead, results written beside, errors alike."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ours import Kept, Wishes
from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import Finished, Item, Work
from fada_tui.core.records import Failure, Generation, Result
from fada_tui.images.decode import DecodedImage, decode
from fada_tui.models.endpoint import parse
from fada_tui.store import journal
from fada_tui.worker.generation import work as working
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.remote.answerer import RemoteAnswerer
from fada_tui.worker.remote.client import Server
from fada_tui.worker.remote.pictures import Picture, picture
from fada_tui.worker.remote.prefetch import MOST_UNDER_WAY, Prefetch
from fada_tui.worker.remote.streak import MOST_ALIKE, Streak
from fada_tui.worker.server import work
from tests.conftest import LONG_ENOUGH
from tests.endpoint_server import MODEL, serving


def items(paths: list[str], questions: int) -> list[Item]:
    return [
        Item(image=Path(path).name, category="A", path=path, question_id=f"q{number}", question=f"Q{number}?")
        for path in paths
        for number in range(questions)
    ]


class Reader:
    """Decodes real images, and counts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: list[str] = []
        self.encoded = 0

    def decode(self, path: str) -> DecodedImage:
        self.read.append(path)
        return decode(self.root / path)

    def encode(self, pixels: Any) -> Picture:
        self.encoded += 1
        return picture(pixels, Generation())


async def test_an_image_is_read_and_encoded_once_for_all_questions(images: Path) -> None:
    paths = ["A/A_001.png", "A/A_002.png", "B/B_001.png"]
    reader = Reader(images)
    prefetch = Prefetch(items(paths, 4), reader.decode, reader.encode, ahead=2)
    taken = []
    while coming := prefetch.take():
        taken.append((coming.item, await coming.prepared()))
    prefetch.close()
    assert sorted(reader.read) == paths and reader.encoded == 3
    assert [(item.path, item.question_id) for item, _ in taken] == [
        (path, f"q{number}") for path in paths for number in range(4)
    ]
    for item, ready in taken:
        assert ready.image.sha256 == decode(images / item.path).sha256
        assert ready.picture is next(one.picture for other, one in taken if other.path == item.path)
        # Its times count once; its pixels are let go, and its facts stay.
        assert (ready.load > 0) == (ready.encode > 0) == (item.question_id == "q0")
        assert (ready.image.width, ready.image.height) == (96, 64) and ready.image.pixels.size == (1, 1)


async def test_no_more_is_prepared_ahead_than_is_needed(images: Path) -> None:
    reader = Reader(images)
    prefetch = Prefetch(items(["A/A_001.png"] * 40, 1), reader.decode, reader.encode, ahead=3)
    for number in range(10):
        coming = prefetch.take()
        assert coming
        await coming.prepared()
        assert len(reader.read) <= number + 1 + 3 + 1
    prefetch.close()


async def test_much_that_is_encoded_stops_the_preparing(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fada_tui.worker.remote.prefetch.MOST_BYTES", 1)
    reader = Reader(images)
    prefetch = Prefetch(items(["A/A_001.png", "A/A_002.png"] * 20, 1), reader.decode, reader.encode, ahead=30)
    assert prefetch.take()
    begun = MOST_UNDER_WAY
    while reader.encoded < begun:
        await asyncio.sleep(0.01)
    coming = prefetch.take()
    assert coming
    await coming.prepared()
    assert len(reader.read) == begun
    prefetch.close()


async def test_an_image_that_cannot_be_read_fails_each_of_its_questions(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    reader = Reader(tmp_path)
    prefetch = Prefetch(items(["a.png"], 2), reader.decode, reader.encode, ahead=2)
    for _ in range(2):
        coming = prefetch.take()
        assert coming
        with pytest.raises(Exception, match=r"a\.png"):
            await coming.prepared()
    assert prefetch.take() is None and reader.read == ["a.png"]
    prefetch.close()


def test_writing_a_result_holds_up_no_request(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes the first result only when the last question has been asked."""
    all_asked = threading.Event()

    def slow(path: Path, line: journal.JournalLine) -> None:
        assert all_asked.wait(LONG_ENOUGH)
        journal.append(path, line)

    monkeypatch.setattr(working, "append", slow)
    with serving() as server:

        def behave(asked: Any) -> Any:
            if len(server.asked) == 4:
                all_asked.set()
            return usual(asked)

        usual, server.behave = server.behave, behave
        answerer = RemoteAnswerer(Server(parse(server.source), None), MODEL, LONG_ENOUGH, LONG_ENOUGH)
        command = Work(
            root=str(images),
            journal=str(tmp_path / "journal.jsonl"),
            generation=Generation(max_new_tokens=20, do_sample=False, concurrency=1),
            items=tuple(items(["A/A_001.png", "B/B_001.png"], 2)),
        )
        kept, wishes = Kept(), Wishes()
        receiver: Any = wishes
        sender: Any = kept
        work(LoadedModel(answerer, ("cpu",)), command, receiver, sender)
    written = [line.result for line in journal.read(tmp_path / "journal.jsonl").lines]
    assert kept.results == written and [one.key for one in written] == [item.key for item in command.items]
    assert not any(one.error for one in written)
    assert isinstance(kept.messages[-2], Finished)


def error(message: str, image: str = "a.png", kind: ErrorKind = ErrorKind.ENDPOINT_REFUSED) -> Result:
    return Result(
        image=image,
        category="A",
        question="?",
        path=f"A/{image}",
        question_id="q",
        error=Failure(kind=kind, message=message),
    )


def answer() -> Result:
    return Result(image="a.png", category="A", question="?", path="A/a.png", question_id="q", response="Yes.")


def taken(*results: Result) -> list[bool]:
    streak = Streak()
    return [streak.take(result) for result in results]


def test_so_many_errors_alike_in_sequence_are_enough() -> None:
    assert taken(*[error("no")] * MOST_ALIKE) == [False] * (MOST_ALIKE - 1) + [True]
    assert not any(taken(*[error("no")] * 4, answer(), *[error("no")] * 4))
    assert not any(taken(*[error("no"), error("never")] * 5))
    assert not any(taken(*[error("no"), error("no", kind=ErrorKind.TIMEOUT)] * 5))


def test_what_differs_by_image_or_by_the_moment_is_alike() -> None:
    named = [
        error(f"cannot take A/{name}: {name} is too large", name) for name in ("1.png", "2.png", "3.png")
    ]
    assert taken(*named, *named)[4]
    waits = [
        f"429: try again in {seconds:.1f} s (tried 6 times, it asks to wait {seconds:.0f} s)"
        for seconds in range(5)
    ]
    assert taken(*map(error, waits))[4]
    assert not any(taken(*[error(f"tokens: {count}") for count in range(9)]))


def test_whether_anything_was_answered_is_known() -> None:
    streak = Streak()
    streak.take(error("no"))
    assert not streak.answered
    streak.take(answer())
    streak.take(error("no"))
    assert streak.answered
