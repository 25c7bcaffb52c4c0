"""Who waits, for work or for a worker's next line, goes on as soon as there is reason to."""

import asyncio
from pathlib import Path

import pytest

from fada_tui.core.protocol import Item
from fada_tui.runs.asking.pieces import Pace
from fada_tui.runs.asking.shared_work import SharedWork
from fada_tui.runs.stage import Stage
from fada_tui.runs.worker_client.client import WorkerClient
from fada_tui.runs.worker_client.deadlines import Deadlines


def items(name: str, images: int) -> list[Item]:
    return [
        Item(image=f"{one}", category=name, path=f"{name}/{one}", question_id="q", question="?")
        for one in range(images)
    ]


async def test_who_waits_for_the_last_answers_is_handed_control_pictures_with_the_others() -> None:
    work = SharedWork(Stage(items("A", 1), ()), Stage(items("control", 3), (), controls=True))
    for name in "abc":
        work.join(name)
    last = await work.next("a", Pace())
    assert last is not None
    waiting = asyncio.create_task(work.next("b", Pace()))
    await asyncio.sleep(0)
    (item,) = last.items
    last.stage.done.add(item.key)
    work.finished("a", item.key)  # who made it has yet to say that it is idle
    piece = await work.next("c", Pace())
    assert piece and piece.stage.controls
    async with asyncio.timeout(60):
        assert (other := await waiting) and other.stage.controls and other.items != piece.items


@pytest.mark.parametrize("steps", range(5))
async def test_the_end_of_a_run_is_not_lost_where_a_worker_says_something_just_then(
    steps: int, tmp_path: Path
) -> None:
    said = asyncio.get_running_loop().create_future()

    class Process:
        async def line(self) -> bytes:
            line: bytes = await said
            return line

    client = WorkerClient(tmp_path / "log", Deadlines())
    client._process = Process()  # type: ignore[assignment]
    going_on = asyncio.create_task(client._line(60.0))
    await asyncio.sleep(0)
    said.set_result(b"{}\n")
    for _ in range(steps):
        await asyncio.sleep(0)
    if going_on.cancel():
        with pytest.raises(asyncio.CancelledError):
            await going_on
