"""A run on four cards of another machine, followed by its files: its results, its record, its telemetry."""

from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import EngineFacts, Failure, RunDevice
from fada_tui.runs.others import Maker, RunOfOthers
from fada_tui.runs.telemetry.readings import GpuReading, Sample
from fada_tui.runs.telemetry.table import Table
from fada_tui.store import folder as store
from fada_tui.store import journal
from fada_tui.tui.actions import following
from fada_tui.tui.state.followed import Followed
from fada_tui.tui.state.open_runs import OpenRun
from fada_tui.tui.widgets.gpu import gpu_lines
from fada_tui.tui.widgets.runbar import figures
from tests import examples
from tests.tui.test_following_others import Making, making, opened  # noqa: F401

GB = 10**9


def card(index: int) -> GpuReading:
    return GpuReading(
        index=index,
        uuid=f"GPU-{index}",
        memory_used=(20 + index) * GB,
        memory_total=80 * GB,
        process_memory=15 * GB,
        utilisation=90 + index,
    )


async def test_all_cards_of_another_machine_are_seen_and_what_each_answered_last(
    tmp_path: Path,
    making: Making,  # noqa: F811
) -> None:
    run = store.read_run(making.folder)
    assert run.plan
    # CUDA's numbers are not NVML's: the card that torch calls 0 is the last one here.
    devices = tuple(
        RunDevice(name=f"cuda:{number}", gpu_uuid=f"GPU-{3 - number}", load_time=9.0) for number in range(4)
    )
    plan = replace(run.plan, devices="all")
    store.write_run(making.folder, replace(run, plan=plan, devices=devices))
    table = Table(making.folder / store.TELEMETRY_NAME)
    table.append(
        Sample(
            time="2026-01-01T00:00:00.000Z",
            gpus=tuple(map(card, range(4))),
            worker_rss=GB,
            memory_used=0,
            memory_total=0,
        )
    )
    table.close()
    workspace, view, followed = await opened(tmp_path, making)
    made = making._results[:2]
    for place, one in enumerate(made):
        line = journal.ResultLine(result=replace(one, device=f"cuda:{place}"))
        journal.append(making.folder / journal.JOURNAL_NAME, line, durable=False)
    await following.look(workspace, followed)
    first, second = (one.image for one in made)
    assert "4 workers" in figures(workspace.run_view())
    assert f"cuda:0  {first} ✓" in figures(workspace.run_view())
    drawn = ["".join(text for text, _ in line) for line in gpu_lines(workspace.gauges(), 36, 14)]
    assert [line[0] for line in drawn if line.endswith("/80 GB")] == ["0", "1", "2", "3"]
    assert drawn[11] == f"cuda:0  {first} ✓" and drawn[8] == f"cuda:1  {second} ✓" and drawn[5] == "cuda:2"
    assert drawn[10] == "93 %  own 15.0 GB", "which matters more than what its telemetry lacks"

    failure = Failure(kind="worker_lost", message="the worker was killed")
    lost = (*devices[:3], replace(devices[3], error=failure))
    folded = store.read_unmerged(making.folder)
    store.write_run(making.folder, replace(folded, devices=lost))
    await following.look(workspace, followed)
    assert view.said[-1] == "cuda:3 is given up, the other 3 devices go on: the worker was killed"
    assert "3 workers, cuda:3 lost" in figures(workspace.run_view())


def test_of_a_run_that_an_engine_answers_no_worker_is_measured(tmp_path: Path) -> None:
    other = RunOfOthers(tmp_path, Maker(key="k", pid=4711, workers=(1, 2)))
    own, answered = (
        OpenRun(tmp_path, replace(examples.run(), engine=engine), None)
        for engine in (UNSET, EngineFacts(name="vllm"))
    )
    assert Followed(other, own).workers == Followed(other, None).workers == (1, 2)
    assert Followed(other, answered).workers == ()
