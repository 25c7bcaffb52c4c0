"""Batches of answers: told one by one, stopped, and refused one by one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import BegunAgain, Cancelled, Delta, Finished, Idle, Message, Started
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from fada_tui.store import journal
from fada_tui.worker.generation.interfaces import LoadedModel
from fada_tui.worker.loading.load import load
from tests.batching import (
    QUESTIONS,
    answers,
    begin,
    each_once,
    eight_images,
    items,
    keys,
    loading,
    results,
    sizes,
    told,
    work_on,
)
from tests.doing import Ends, work

LONG = 900
"""Tokens of answers that are to be stopped before their end."""


@pytest.fixture
async def client(tmp_path: Path, uneven: Path) -> AsyncIterator[WorkerClient]:
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    await begin(worker, uneven)
    yield worker
    await worker.kill()


@pytest.fixture(scope="module")
def loaded(uneven: Path) -> LoadedModel:
    return load(loading(uneven), lambda _: None)[0]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return eight_images(tmp_path / "images")


async def test_answers_are_told_as_they_end_and_a_batch_can_be_cancelled(
    client: WorkerClient, root: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "journal.jsonl"
    asked = tuple(replace(one, question_id=f"q{number}") for number in range(10) for one in items(root))
    events: list[Message] = []
    streamed_after = False
    async for event in client.work(work_on(root, notes, asked, 4, LONG)):
        events.append(event)
        if isinstance(event, Finished):
            written = [line.result for line in journal.read(notes).lines]
            assert event.result in written, "it is told before it is written down"
        streamed_after |= isinstance(event, Delta) and bool(results(events))
        if streamed_after and not keys(events, Cancelled):
            await client.cancel()
    assert streamed_after, "the first was told only when all had ended"
    assert isinstance(events[-1], Idle)
    found = results(events)
    finished, cancelled = {result.key for result in found}, keys(events, Cancelled)
    assert finished and cancelled
    begun = keys(events, Started)
    assert not len(begun) % 4 and len(begun) < 80, "another batch only where one ended before it heard"
    assert sorted([*finished, *cancelled]) == sorted(begun)
    assert begun == [item.key for item in asked[: len(begun)]]
    assert each_once([item for item in asked if item.key in finished], notes, found)
    for result in found:
        assert result.timing.share < result.timing.generate

    # The worker is of use afterwards; asked to stop, it finishes the batch at hand and begins no other.
    events = []
    async for event in client.work(work_on(root, notes, asked, 4, 300)):
        if isinstance(event, Delta) and not keys(events, Delta):
            await client.stop_after_item()
        events.append(event)
    assert isinstance(events[-1], Idle)
    begun = keys(events, Started)
    assert not len(begun) % 4 and len(begun) < 80 and begun == [item.key for item in asked[: len(begun)]]
    assert each_once(asked[: len(begun)], notes, results(events))

    # Most answers at once, as a program asks that lost a worker to more.
    found = results(await told(client, work_on(root, notes, asked[:8], 4, 8, at_most=3)))
    assert sizes(found) == [3, 3, 3, 3, 3, 3, 2, 2]
    found = results(await told(client, work_on(root, notes, asked[:8], "auto", 8, at_most=1)))
    assert sizes(found) == [1] * 8


def test_cancelled_before_its_first_token_a_batch_records_nothing(
    loaded: LoadedModel, root: Path, tmp_path: Path
) -> None:
    asked = items(root)

    def cancel(ends: Ends, event: Message) -> None:
        if isinstance(event, Started):
            ends.cancel.set()
            ends.stop_after_item.set()

    events = work(loaded, work_on(root, tmp_path / "journal.jsonl", asked, 4), cancel)
    assert keys(events, Cancelled) == [item.key for item in asked[:4]]
    assert not results(events) and isinstance(events[-1], Idle)


@pytest.mark.parametrize("questions", [QUESTIONS[:1], QUESTIONS])
def test_what_cannot_be_asked_is_an_error_alone(
    loaded: LoadedModel, root: Path, tmp_path: Path, questions: tuple[str, ...]
) -> None:
    """Of one question for each image, and of several: they are put to the model in two ways."""
    (root / "A" / "1.png").write_text("not an image")
    (root / "A" / "2.png").unlink()
    notes = tmp_path / "journal.jsonl"
    gone = [replace(item, path="A/2.png", image="2.png") for item in items(root, questions)[: len(questions)]]
    asked = [*gone, *items(root, questions)]
    place = next(place for place, item in enumerate(asked) if item.path == "A/3.png")
    asked[place] = replace(asked[place], question="What is in <image>?")
    alone = results(work(loaded, work_on(root, notes, tuple(asked), 1, 40)))

    events = work(loaded, work_on(root, notes, tuple(asked), 4, 40))
    found = results(events)
    assert each_once(asked, notes, found)
    kinds = {result.key: result.error.kind for result in found if result.error}
    expected = {item.key: ErrorKind.IMAGE_MISSING for item in gone}
    expected |= {item.key: ErrorKind.IMAGE_UNREADABLE for item in asked if item.path == "A/1.png"}
    assert kinds == {**expected, asked[place].key: ErrorKind.PROMPT}
    assert answers(found) == answers(alone)
    assert {result.batch_size for result in found if not result.error} & {2, 3, 4}
    blamed = set(keys(events, BegunAgain))
    assert asked[place].key in blamed and len(blamed) <= 4, "only its own batch is asked one by one"


def test_a_full_disk_stops_a_batch(loaded: LoadedModel, root: Path) -> None:
    asked = items(root)
    events = work(loaded, replace(work_on(root, root / "none", asked, 4, 300), journal="/dev/full"))
    assert not results(events)
    assert "No space left" in events[-1].message
    assert keys(events, Started) == [item.key for item in asked[:4]]
