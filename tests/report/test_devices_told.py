"""What pages, comparison and exports tell of a run that several devices made."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.device_list import as_listed, device_list
from fada_tui.core.records import (
    Environment,
    Failure,
    Generation,
    MergedShard,
    ModelFacts,
    ModelMemory,
    Plan,
    Result,
    Run,
    RunDevice,
    Timing,
    Tokens,
    Tool,
)
from fada_tui.evaluation.pace import pace
from fada_tui.report import units
from fada_tui.report.command import reproducing_command
from fada_tui.report.comparison import DEVICES_NOTE, compared, render_comparison
from fada_tui.report.devices import by_the_clock, clock, parts
from fada_tui.report.exports import export_run
from fada_tui.report.figures import figures
from fada_tui.report.identity import model_with_settings
from fada_tui.report.summary import render
from fada_tui.tui.present.runs import compared_row, run_row
from fada_tui.tui.state.run_scan import Found
from tests.examples import ENTRY, error_result, result, run

GB = 10**9


def device(number: int, **fields: object) -> RunDevice:
    values = {
        "name": f"cuda:{number}",
        "gpu": "NVIDIA H100",
        "gpu_uuid": f"GPU-{number}",
        "load_time": 10.0 + number,
        "memory": ModelMemory(torch_peak_allocated=(12 + number) * GB, nvml_process_peak=14 * GB),
    }
    return RunDevice(**(values | fields))  # type: ignore[arg-type]


def answers(number: int, device: str, seconds: float, folder: str = "A") -> list[Result]:
    """Answers of 20 tokens, each made in so many seconds."""
    return [
        result(
            f"{folder}/{device[-1]}{place:02}.png",
            time=seconds,
            timing=Timing(generate=seconds),
            tokens=Tokens(generated=20, per_second=20 / seconds),
            device=device,
        )
        for place in range(number)
    ]


def made(results: Sequence[Result], devices: Sequence[RunDevice], **fields: object) -> Run:
    values = {
        "status": "complete",
        "results": tuple(results),
        "devices": tuple(devices),
        "model": ModelFacts(
            name="tiny", device="cuda:0", load_time=10.0, memory=ModelMemory(torch_peak_allocated=12 * GB)
        ),
        "generation": Generation(max_new_tokens=20, do_sample=False, batch_size=1),
        "environment": Environment(python="3.11"),
        "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:01:05Z",
    }
    paths = tuple(one.path for one in results)
    return run(paths, **(values | fields))  # type: ignore[arg-type]


def two() -> Run:
    """A quick device that made 30 answers, and one of half its speed, which made 15."""
    return made(
        [*answers(30, "cuda:0", 1.0), *answers(15, "cuda:1", 2.0), error_result("B/broken.png")],
        [device(0), device(1)],
    )


def page(run: Run) -> str:
    return render(run, [compared(run)], (), None).summary


def row(text: str, of: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {of} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_has_a_row_for_each_device() -> None:
    text = page(two())
    assert row(text, "Device") == [
        *("Device", "GPU", "Answers", "Errors", "Time per Answer", "Tokens/s", "Time Answering", "Load Time"),
        "Peak Memory",
    ]
    memory = "12.00 GB (torch), 14.00 GB (NVML)"
    first = ["cuda:0", "NVIDIA H100", "30", "–", "1.00 s", "20.0", "30 s", "10.00 s", memory]
    assert row(text, "cuda:0") == first
    assert row(text, "cuda:1")[2:8] == ["15", "–", "2.00 s", "10.0", "30 s", "11.00 s"]
    assert row(text, "not recorded")[2:4] == ["0", "1"]


def test_times_add_up_to_more_than_the_clock_and_the_page_says_both() -> None:
    text = page(two())
    assert "By the clock the run took 1 min 5 s from its start to its end" in text
    assert "the times of all answers add up to 1 min 0 s" in text
    assert "1.33 s an answer on average on one of 2 devices" in text
    clocked = "1 min 5 s by the clock from start to end (0.69 answers a second)"
    assert f"all at once 1.50 answers a second (n = 45); {clocked}" in text
    together = "1.50 answers per second by 2 devices at once, while all of them answer (n = 45)"
    assert f"**Throughput**: {together}; {clocked}, loading, pauses and interruptions included" in text
    assert figures(two()).together == 1.5
    assert clock(two()) == 65.0
    assert clock(made((), (), started=None)) is None
    assert clock(made((), (), started="yesterday")) is None
    assert clock(made((), (), started="2026-01-01T00:00:00")) is None, "one of them without an offset"


def test_specifications_tell_all_devices_and_the_highest_of_their_figures() -> None:
    text = page(two())
    assert "- **Device**: 2 × NVIDIA H100 (cuda:0, cuda:1)\n" in text
    assert "- **GPU Memory**: 13.00 GB (torch peak) on each of 2 devices, at most\n" in text
    assert "- **Load Time**: 11.00 seconds (the longest of 2 devices)\n" in text
    assert "**Peak GPU Memory, torch allocated**: 13.00 GB (the highest of 2 devices)" in text
    lost = device(1, error=Failure(kind="worker_lost", message="killed by the system"), load_time=None)
    text = page(made(answers(3, "cuda:0", 1.0), [device(0), lost]))
    assert "(cuda:0, cuda:1); ⚠️ 1 given up, see Devices" in text
    assert row(text, "cuda:1")[-1] == "worker_lost: killed by the system"


def test_workers_on_the_cpu_are_counted() -> None:
    workers = [RunDevice(name=f"cpu:{number}", load_time=1.0) for number in range(2)]
    cpu = ModelFacts(name="tiny", device="cpu")
    text = page(made(answers(3, "cpu:0", 1.0), workers, model=cpu, environment=Environment(cpu="AMD")))
    assert "- **Device**: 2 workers on the CPU (AMD)\n" in text
    assert "- **GPU Memory**: none, the model ran on the CPU\n" in text
    assert "GPU" not in row(text, "Device")


def test_what_answers_may_depend_on_is_said() -> None:
    together, kinds = "depends on the number of devices", "of different kinds"
    assert together not in page(two()) and kinds not in page(two())
    half = replace(two().model, dtype="bfloat16")
    whole = replace(two().model, dtype="float32")
    batches = Generation(max_new_tokens=20, do_sample=False, batch_size=8)
    assert together in page(replace(two(), model=half, generation=batches))
    assert together not in page(replace(two(), model=half))
    assert together not in page(replace(two(), model=whole, generation=batches))
    other = [device(0), device(1, gpu="NVIDIA A100")]
    assert kinds in page(replace(two(), devices=tuple(other)))


def test_a_run_of_one_device_has_no_such_table() -> None:
    alone = made([replace(one, device="cuda:0") for one in answers(3, "cuda:0", 1.0)], [device(0)])
    assert "### Devices" not in page(alone)
    assert "at once" not in page(alone) and "by the clock" not in page(alone)
    plain = run(results=(result(),), status="complete")
    assert parts(plain) == []
    assert figures(plain).devices == 0


def test_of_many_devices_the_rest_stands_in_the_details() -> None:
    names = [device(number) for number in range(20)]
    results = [one for each in names for one in answers(1, each.name, 1.0, folder=each.name)]
    pages = render(made(results, names), [], (), None)
    assert "5 more devices in [details.md](details.md)." in pages.summary
    assert pages.details is not None
    assert "| cuda:19 |" in pages.details and "| cuda:19 |" not in pages.summary


def test_details_name_the_device_of_each_answer_where_there_are_several() -> None:
    assert "- **Device**: cuda:1\n" in page(made(answers(2, "cuda:1", 1.0), [device(0), device(1)]))
    assert "- **Device**: unknown" in page(run(results=(result(),), status="complete"))


def test_shards_keep_their_devices_apart() -> None:
    """Both shards had a cuda:0: they are not one device."""
    shards = tuple(
        MergedShard(
            run=f"r{number}",
            number=number,
            images=2,
            tool=Tool(name="fada-tui", version="0"),
            device="cuda:0",
            devices=(device(0, load_time=float(number)), device(1)) if number == 1 else (device(0),),
        )
        for number in (1, 2)
    )
    results = [
        result(path, device=name, time=1.0)
        for path, name in (("A/1", "cuda:0"), ("A/2", "cuda:0"), ("A/3", "cuda:1"), ("A/4", "cuda:0"))
    ]
    whole = replace(made(results, ()), devices=run().devices, merged=shards)
    found = {(part.shard, part.name): len(part.results) for part in parts(whole)}
    assert found == {(1, "cuda:0"): 1, (1, "cuda:1"): 1, (2, "cuda:0"): 2}
    text = page(whole)
    assert row(text, "1: cuda:0")[2] == "1" and row(text, "2: cuda:0")[2] == "2"
    assert "by the clock" not in text, "shards are made at any time"
    assert by_the_clock(whole, 4) is None and by_the_clock(replace(whole, merged=UNSET), 4)
    assert "on cuda:0, cuda:1" in text
    assert figures(whole).together is None


def test_comparison_and_csv_have_all_devices() -> None:
    csv = render_comparison([two()], "csv")
    assert '"cuda:0, cuda:1"' in csv
    table = render_comparison([two()], "md")
    assert "1.33 s (on one of 2 devices)" in table and DEVICES_NOTE in table
    assert DEVICES_NOTE not in render_comparison([run(results=(result(),))], "md")
    header, first, *_ = export_run(two(), "csv").splitlines()
    assert first.split(",")[header.split(",").index("device")] == "cuda:0"
    assert '"device":"cuda:0"' in export_run(two(), "jsonl")


def test_a_model_that_is_spread_over_cards_tells_what_lies_where() -> None:
    spread = ModelFacts(name="tiny", device="cuda:0", spread={"cuda:0": 21 * GB, "cuda:1": 17 * GB})
    whole = run(results=(result(time=1.0),), model=spread, status="complete")
    line = "- **Device**: spread over cuda:0 (21.00 GB of weights), cuda:1 (17.00 GB of weights)\n"
    assert line in page(whole)
    assert '"cuda:0, cuda:1"' in render_comparison([whole], "csv")
    command = reproducing_command(replace(two(), devices=run().devices, model=spread), "tiny")
    assert command is not None and "--device" not in command, "one card alone has no room for it"


def test_the_dashboards_lists_of_runs_say_how_many_devices_there_were() -> None:
    found = Found(Path("r"), two())
    assert "on 2 devices at once" in run_row(found, None, ()).detail
    assert "13.00 GB (torch peak)" in run_row(found, None, ()).detail
    assert "1.50 answers/s on 2 devices at once" in compared_row(found, compared(two())).detail


def test_the_number_of_devices_makes_no_other_model() -> None:
    one = replace(two(), devices=run().devices, model=replace(two().model, device="cpu"))
    assert model_with_settings(one) == model_with_settings(two())


def test_the_command_asks_for_the_same_devices() -> None:
    command = reproducing_command(two(), "tiny")
    assert command is not None
    assert "--devices 0,1" in command and "--device " not in command
    alone = reproducing_command(replace(two(), devices=run().devices), "tiny")
    assert alone is not None and "--device cuda:0" in alone and "--devices" not in alone


def test_the_command_of_an_unfinished_run_has_the_devices_as_they_were_planned() -> None:
    planned = replace(two(), plan=Plan(model=ENTRY, device="auto", devices="all"))
    for devices in (planned.devices, UNSET, (RunDevice(name="cuda:0"),)):
        command = reproducing_command(replace(planned, devices=devices), "tiny")
        assert command is not None and "--devices all" in command and "--device " not in command


@pytest.mark.parametrize("listed", ["0,1,7", "cpu*2", "3,cpu*1"])
def test_devices_are_listed_as_they_are_read(listed: str) -> None:
    assert as_listed(device_list(listed)) == listed


def test_a_slow_device_that_makes_the_last_answers_is_no_falling_pace() -> None:
    """The pieces end unevenly: the quick device has none left while the slow one ends its last."""
    quick = [1.0 + place % 3 / 10 for place in range(100)]
    slow = [4.0 + place % 3 / 10 for place in range(50)]
    mixed, apart = pace([*quick, *slow]), pace(quick, slow)
    assert mixed is not None and mixed.falls
    assert apart is not None and not apart.falls
    worse = pace(quick, [*slow[:25], *(2 * one for one in slow[25:])])
    assert worse is not None and worse.n == apart.n


def test_durations_are_in_the_units_that_fit() -> None:
    told = {0.5: "0.50 s", 59.6: "1 min 0 s", 65.0: "1 min 5 s", 3900.0: "1 h 5 min", 12.3: "12 s"}
    assert {seconds: units.duration(seconds) for seconds in told} == told
