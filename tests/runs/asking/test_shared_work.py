"""What is left to ask, handed out so that each item is held by one worker and none is lost."""

import asyncio

from fada_tui.core.protocol import Item
from fada_tui.runs.asking.pieces import Pace
from fada_tui.runs.asking.shared_work import Piece, SharedWork
from fada_tui.runs.stage import Stage
from tests import examples


def items(images: int) -> list[Item]:
    return [
        Item(image=f"{image}.png", category="A", path=f"A/{image}.png", question_id="q1", question="?")
        for image in range(images)
    ]


def shared(*images: int) -> SharedWork:
    """Work of stages with so many images, and two workers."""
    work = SharedWork(*(Stage(items(number), (), controls=place > 0) for place, number in enumerate(images)))
    assert work.begin()
    work.join("one")
    work.join("two")
    return work


async def piece(work: SharedWork, worker: str) -> Piece:
    found = await work.next(worker, Pace())
    assert found is not None
    return found


def answered(work: SharedWork, worker: str, piece: Piece) -> None:
    """Take all of a piece's answers."""
    for item in piece.items:
        piece.stage.take(examples.result(item.path, item.question_id))
        work.finished(worker, item.key)
    work.give_back(worker)


async def test_what_a_worker_died_on_is_asked_next_one_at_a_time_and_the_rest_as_before() -> None:
    work = shared(40)
    pace = Pace(together=4)
    first = await work.next("one", pace)
    assert first is not None and not first.alone and len(first.items) == 4
    work.give_back("one", alone=first.items[:2])
    assert work.held("one") == {}
    again = [await work.next("two", pace), await work.next("one", pace)]
    assert [(one.alone, one.items) for one in again if one] == [
        (True, first.items[:2]),
        (False, (*first.items[2:], *items(6)[4:])),
    ]


async def test_an_idle_worker_waits_for_what_another_may_give_back() -> None:
    work = shared(2)
    held = [await piece(work, worker) for worker in ("one", "two")]
    answered(work, "two", held[1])
    waiting = asyncio.create_task(work.next("two", Pace()))
    await asyncio.sleep(0)
    assert not waiting.done()
    work.give_back("one")
    again = await waiting
    assert again is not None and again.items == held[0].items
    answered(work, "two", again)
    assert await work.next("two", Pace()) is None and await work.next("one", Pace()) is None
    assert work.is_over()


async def test_control_pictures_come_once_no_image_is_held() -> None:
    work = shared(2, 2)
    held = [await piece(work, worker) for worker in ("one", "two")]
    assert not any(one.stage.controls for one in held)
    answered(work, "one", held[0])
    waiting = asyncio.create_task(work.next("one", Pace()))
    await asyncio.sleep(0)
    assert not waiting.done(), "an image is held by the other"
    answered(work, "two", held[1])
    found = await waiting
    assert found is not None and found.stage.controls


async def test_a_stop_wakes_who_waits() -> None:
    work = shared(1)
    await piece(work, "one")
    waiting = asyncio.create_task(work.next("two", Pace()))
    await asyncio.sleep(0)
    work.stop()
    assert await waiting is None
