import csv
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fada_tui.core.records import Failure, ModelMemory, Question
from fada_tui.report import comparison, memory
from fada_tui.report.comparison import render_comparison
from fada_tui.tui.present.runs import (
    UNKNOWN,
    ComparedRow,
    compared_row,
    newest_first,
    run_row,
    scales,
    sorted_rows,
)
from fada_tui.tui.state.run_scan import Found
from fada_tui.tui.widgets.bars import bar
from fada_tui.tui.widgets.sheet import Column, laid_out
from tests.examples import error_result
from tests.examples import run as unfinished
from tests.tui.shelves import judged, whole

FOLDER = Path("/results/20260105-090000_tiny")


def row(run: Any, *, locked: bool = False, current: str | None = None, running: tuple[str, ...] = ()) -> Any:
    return run_row(Found(FOLDER, run, locked=locked), current, running)


def compared(run: Any) -> ComparedRow:
    return compared_row(Found(Path("/results") / run.id, run), comparison.compared(run))


def test_a_complete_run_in_figures() -> None:
    run = whole(
        5,
        "tiny",
        judged("A/a.png", "correct", time=1.0),
        judged("A/b.png", None, time=2.0),
        questions=(Question(id="q1", text="?"), Question(id="q2", text="??")),
    )
    found = row(run, current=run.id)
    assert (found.when, found.model, found.status, found.state) == (
        "2026-01-05 09:00",
        "tiny",
        "complete",
        "complete",
    )
    assert (found.images, found.questions, found.judged, found.per_answer) == ("2", "2", "1/2", "1.50 s")
    assert found.current
    assert "nothing to resume" in found.hindrance
    assert found.keep == ""
    lost = row(replace(run, status="interrupted"), current=run.id)
    assert lost.hindrance == "what was to be asked is lost: this run cannot be resumed"
    assert "interrupted, and what was to be asked is lost" in lost.detail


def test_verdicts_of_two_people_are_not_counted_as_answers() -> None:
    both = judged("A/a.png", "correct", time=1.0)
    second = replace(both.assessments[0], assessor="somebody else", verdict="incorrect")
    both = replace(both, assessments=(*both.assessments, second))
    found = row(whole(5, "tiny", both, judged("A/b.png", None, time=2.0), error_result("A/c.png")))
    assert found.judged == "1/2"
    assert "2 verdicts on 1 of 2 answers, 1 error" in found.detail
    assert found.stake == "2 answers, 1 judged with 2 verdicts, go for good."


def test_a_run_in_another_resolution_says_so() -> None:
    run = whole(5, "tiny", judged("A/a.png", "correct", time=1.0))
    assert "px" not in compared(run).detail
    seen = replace(run, model=replace(run.model, longest_edge=512))
    assert "longest edge 512 px" in compared(seen).detail


def test_an_interrupted_run_says_how_far_it_came_and_can_go_on() -> None:
    found = row(unfinished(results=(judged("A/a.png", None),)))
    assert (found.status, found.state, found.hindrance) == ("interrupted", "1 of 3", "")
    assert "1 of 3" in found.detail


def test_a_failed_run_tells_why_first() -> None:
    error = Failure(kind="load", message="out of memory")
    found = row(unfinished(status="failed", error=error, results=(error_result("A/a.png"),)))
    assert found.state == "failed"
    assert found.detail.startswith("failed: out of memory")
    assert "1 error" in found.detail
    assert found.per_answer == UNKNOWN


@pytest.mark.parametrize("ours", [True, False])
def test_a_run_that_is_written_is_neither_resumed_nor_deleted(ours: bool) -> None:
    run = unfinished()
    found = row(run, running=(run.id,)) if ours else row(run, locked=True)
    assert found.status == "running"
    assert found.hindrance
    assert found.keep


def test_an_unreadable_run_stays_in_the_list() -> None:
    found = run_row(Found(FOLDER, None, "run.json is damaged"), None, ())
    assert (found.when, found.model, found.status) == ("2026-01-05 09:00", FOLDER.name, "unreadable")
    assert "run.json is damaged" in found.detail
    assert {found.images, found.judged, found.per_answer} == {UNKNOWN}


def test_the_newest_is_first_and_without_a_time_last() -> None:
    rows = [
        row(whole(2, "two")),
        run_row(Found(Path("/results/odd"), None), None, ()),
        row(whole(9, "nine")),
        run_row(Found(FOLDER, None), None, ()),
    ]
    assert [found.when[:10] for found in newest_first(rows)] == [
        "2026-01-09",
        "2026-01-05",
        "2026-01-02",
        "n/a",
    ]


def test_the_comparison_agrees_with_the_report() -> None:
    run = whole(
        4,
        "m",
        judged("A/a", "correct", time=1.25),
        judged("A/b", "partial", time=1.5),
        judged("A/c", None, time=1.75),
        memory=ModelMemory(torch_peak_allocated=1_500_000_000, worker_rss_peak=7),
    )
    found = compared(run)
    reported = next(csv.DictReader(render_comparison([run], "csv").splitlines()))
    assert found.order["quality"] == pytest.approx(float(reported["quality"]))
    assert found.measures["quality"].low == pytest.approx(float(reported["quality_low"]))
    assert found.measures["quality"].high == pytest.approx(float(reported["quality_high"]))
    assert found.order["time_per_answer"] == pytest.approx(float(reported["mean_time"]))
    assert found.order["tokens_per_second"] == pytest.approx(float(reported["tokens_per_second"]))
    assert found.order["memory"] == int(reported["torch_peak_allocated"])
    page = render_comparison([run], "md")
    assert found.cells["time_per_answer"] in page
    assert found.measures["memory"].text in page
    percent, interval, number = found.cells["quality"].split()
    assert f"{percent} ({interval.strip('()')}, n = {number.removeprefix('n=')})" in page


def test_the_unknown_is_said_so() -> None:
    found = compared(whole(1, "m", judged("A/a", None, time=None, tokens=judged("x", None).tokens)))
    unknown = ("time_per_answer", "tokens_per_second", "memory", "quality", "auto_score", "context")
    assert {found.cells[key] for key in unknown} == {UNKNOWN}
    assert {measure.text for measure in found.measures.values()} == {UNKNOWN}
    assert all(found.order[key] is None for key in unknown)


@pytest.mark.parametrize(
    "known",
    [
        ModelMemory(torch_peak_allocated=1, nvml_process_peak=2, worker_rss_peak=3, weights=4),
        ModelMemory(nvml_process_peak=2_000_000, worker_rss_peak=3, weights=4),
        ModelMemory(worker_rss_peak=3_000_000, weights=4),
        ModelMemory(weights=4_000_000),
    ],
)
def test_memory_is_the_figure_of_the_report(known: ModelMemory) -> None:
    shown = memory.chosen(known)
    assert shown is not None
    assert memory.briefly(known) == f"{shown.size / 1e6:.1f} MB ({shown.name})"
    assert shown.short in shown.name


def test_no_memory_is_the_reports_unknown() -> None:
    assert memory.chosen(ModelMemory(torch_peak_reserved=1)) is None
    assert memory.briefly(ModelMemory(torch_peak_reserved=1)) == "unknown"


def test_memory_that_a_person_told_is_called_so_and_gives_way_to_what_was_measured() -> None:
    told = ModelMemory(gpu_told=1_020_000_000, worker_rss_peak=5)
    assert memory.briefly(told) == memory.on_gpu(told) == "1.02 GB (as told)"
    assert memory.briefly(replace(told, nvml_process_peak=2_000_000_000)) == "2.00 GB (NVML process peak)"


def test_sorting_keeps_the_unknown_last_both_ways() -> None:
    fast, slow = (
        compared(whole(1, "fast", judged("A/a", None, time=1.0))),
        compared(whole(2, "slow", judged("A/a", None, time=9.0))),
    )
    unknown = compared(whole(3, "unknown", judged("A/a", None, time=None)))
    rows = [unknown, slow, fast]
    assert [one.model for one in sorted_rows(rows, "time_per_answer", descending=False)] == [
        "fast",
        "slow",
        "unknown",
    ]
    assert [one.model for one in sorted_rows(rows, "time_per_answer", descending=True)] == [
        "slow",
        "fast",
        "unknown",
    ]
    assert [one.model for one in sorted_rows(rows, "quality", descending=True)] == ["fast", "slow", "unknown"]


def test_bars_share_one_scale_and_quality_goes_to_the_whole() -> None:
    rows = [compared(whole(day, "m", judged("A/a", "correct", time=float(day)))) for day in (1, 4)]
    assert scales(rows) == {"time_per_answer": 4.0, "memory": 0.0, "quality": 1.0}
    quarter, all_of_it = (bar(one.measures["time_per_answer"], 4.0, 8) for one in rows)
    assert (quarter, all_of_it) == ("━━      ", "━━━━━━━━")


def test_an_interval_has_whiskers_where_its_bounds_are() -> None:
    quality = compared(
        whole(1, "m", *(judged(f"A/{at}", "correct" if at < 5 else "incorrect") for at in range(10)))
    ).measures["quality"]
    assert (quality.value, round(quality.low or 0, 2), round(quality.high or 0, 2)) == (0.5, 0.24, 0.76)
    drawn = bar(quality, 1.0, 101)
    assert (drawn.index("├"), drawn.index("┼"), drawn.index("┤")) == (24, 50, 76)
    assert drawn[:24] == "━" * 24
    assert len(drawn) == 101


def test_no_bar_is_drawn_of_what_is_unknown() -> None:
    unknown = compared(whole(1, "m")).measures["memory"]
    assert bar(unknown, 5.0, 6) == " " * 6


COLUMNS = (
    Column(key="name", heading="", least=4),
    Column(key="rare", heading="", rank=2),
    Column(key="less", heading="", rank=1),
    Column(key="always", heading=""),
)


@pytest.mark.parametrize(
    ("width", "shown", "name"),
    [
        (60, [0, 1, 2, 3], 10),
        (33, [0, 1, 2, 3], 10),
        (29, [0, 1, 2, 3], 5),
        (22, [0, 2, 3], 6),
        (15, [0, 3], 7),
    ],
)
def test_columns_are_cut_then_dropped_for_room(width: int, shown: list[int], name: int) -> None:
    layout = laid_out(COLUMNS, [10, 6, 6, 6], width)
    assert [at for at, _ in layout.columns] == shown
    assert layout.columns[0][1] == name
    assert sum(cells for _, cells in layout.columns) + layout.gap * (len(shown) - 1) <= width


def test_the_sorted_column_stays() -> None:
    layout = laid_out(COLUMNS, [10, 6, 6, 6], 15, keep="rare")
    assert [at for at, _ in layout.columns] == [0, 1, 3]
