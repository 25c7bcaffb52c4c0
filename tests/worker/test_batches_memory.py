"""Memory that runs out in a worker, in the middle of a batch: no answer is lost, none made twice."""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from pathlib import Path

import pytest

from fada_tui.core.errors import ErrorKind
from fada_tui.core.protocol import BegunAgain, Message, Started
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines
from tests.allocator.scarcity import Scarcity, build_scarcity
from tests.batching import (
    EARLY,
    ENOUGH_FOR_TWO,
    QUESTIONS,
    answers,
    begin,
    each_once,
    eight_images,
    items,
    keys,
    results,
    sizes,
    told,
    work_on,
)

pytestmark = pytest.mark.worker


ENOUGH_FOR_SHORT_ONES = 210_000
"""Bytes that one answer exceeds when it is about 410 tokens long, and several at once."""


@pytest.fixture
def scarcity(tmp_path: Path) -> Scarcity:
    return build_scarcity(tmp_path)


@pytest.fixture
async def client(
    tmp_path: Path, scarcity: Scarcity, uneven: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WorkerClient]:
    for name, value in scarcity.variables.items():
        monkeypatch.setenv(name, value)
    worker = WorkerClient(tmp_path / "worker.log", Deadlines(load=90, first_token=60, token=60))
    await begin(worker, uneven)
    yield worker
    await worker.kill()


def most_at_once(events: Iterable[Message]) -> list[int]:
    """How many items were begun one after another without anything else in between."""
    runs = [(begun, len(list(group))) for begun, group in groupby(isinstance(e, Started) for e in events)]
    return [count for begun, count in runs if begun]


async def test_memory_that_runs_out_costs_no_answer(
    client: WorkerClient, scarcity: Scarcity, tmp_path: Path
) -> None:
    root, notes = eight_images(tmp_path / "images"), tmp_path / "journal.jsonl"
    one_each, two_each = items(root), items(root, QUESTIONS)
    alone = results(await told(client, work_on(root, notes, two_each, 1)))
    assert not scarcity.end()
    short = {result.key for result in alone if result.tokens.generated < EARLY}
    first = {item.key for item in one_each[:4]}
    early = short & first
    assert early and len(early) < 4, "some of the first batch must end before memory runs out"

    # A question for each image.
    scarcity.above(ENOUGH_FOR_TWO)
    events = await told(client, work_on(root, notes, one_each, 4))
    assert len(scarcity.end()) == 1
    found = results(events)
    assert each_once(one_each, notes, found)
    assert not any(result.error for result in found)
    assert answers(found).items() <= answers(alone).items()
    assert {result.key for result in found if result.batch_size == 4} == early
    assert set(sizes(found)) <= {4, 2, 1} and sizes(found)[-4:] == [2] * 4
    again = keys(events, BegunAgain)
    assert len(again) == len(set(again)) and set(again) == first - early
    assert keys(events, Started) == [item.key for item in one_each]
    assert most_at_once(events) == [4, 2, 2], "told as begun is only what fits"

    # Several questions for each image, in batches that grow by themselves.
    scarcity.above(ENOUGH_FOR_TWO)
    events = await told(client, work_on(root, notes, two_each, "auto"))
    assert len(scarcity.end()) == 1
    found = results(events)
    assert each_once(two_each, notes, found)
    assert not any(result.error for result in found)
    assert answers(found) == answers(alone)
    assert sizes(found)[0] == 1 and max(sizes(found)) > 2
    begun_again = set(keys(events, BegunAgain))
    assert begun_again.isdisjoint(r.key for r in found if r.batch_size > 2)
    assert set(sizes(found)[-8:]) <= {1, 2}, "memory would run out again with more"

    # Too little for a long answer, be it alone.
    scarcity.above(ENOUGH_FOR_SHORT_ONES)
    events = await told(client, work_on(root, notes, one_each, 4))
    assert scarcity.end()
    found = results(events)
    assert each_once(one_each, notes, found)
    failed = {result.key: result.error for result in found if result.error}
    assert set(failed) == {item.key for item in one_each} - short
    assert {error.kind for error in failed.values()} == {ErrorKind.OUT_OF_MEMORY}
    assert all("--max-new-tokens" in error.message for error in failed.values())
    answered = [result for result in found if not result.error]
    assert answers(answered).items() <= answers(alone).items()
    assert set(sizes(answered)) <= {1, 2}

    # One allocation that fails, and none after it.
    long = [item for item in one_each if item.key not in short][:2]
    scarcity.above(ENOUGH_FOR_SHORT_ONES, times=1)
    events = await told(client, work_on(root, notes, tuple(long), 1))
    assert len(scarcity.end()) == 1
    found = results(events)
    assert answers(found) == {item.key: answers(alone)[item.key] for item in long}
    assert keys(events, BegunAgain) == [long[0].key]
