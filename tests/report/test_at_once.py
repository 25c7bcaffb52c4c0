"""What is told of answers that were made at once, by several devices or behind an engine."""

from pathlib import Path

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import EngineFacts, Failure, Generation
from fada_tui.report.comparison import compared
from fada_tui.report.devices import by_the_clock
from fada_tui.report.figures import figures
from fada_tui.report.rates import while_all_answer
from fada_tui.tui.present.runs import compared_row
from fada_tui.tui.state.run_scan import Found
from tests.report.test_devices_told import answers, device, made, page


def test_answers_before_the_second_worker_was_ready_are_no_fall_of_the_pace() -> None:
    alone, beside = answers(20, "cpu:0", 0.3, "A"), answers(30, "cpu:0", 0.8, "B")
    run = made(
        [*alone, *beside, *answers(30, "cpu:1", 0.8)], [device(0, name="cpu:0"), device(1, name="cpu:1")]
    )
    found = figures(run)
    assert found.pace is not None
    assert (found.pace.first, found.pace.last, found.pace.falls) == (0.8, 0.8, False)
    assert found.together == pytest.approx(2.5)
    assert found.at_once == 60
    assert "the pace fell" not in page(run)


def test_a_pace_that_falls_on_all_devices_is_told() -> None:
    quick = [*answers(30, "cuda:0", 1.0, "A"), *answers(30, "cuda:0", 3.0, "B")]
    slow = [*answers(15, "cuda:1", 2.0, "A"), *answers(15, "cuda:1", 6.0, "B")]
    assert "the pace fell" in page(made([*quick, *slow], [device(0), device(1)]))


def test_all_answers_of_a_device_that_was_given_up_count() -> None:
    times = {"cuda:0": [1.0] * 40, "cuda:1": [1.0] * 3, "cuda:2": [2.0] * 10}
    assert [len(own) for own in while_all_answer(times, ["cuda:1"])] == [20, 3, 10]
    assert [len(own) for own in while_all_answer(times, [])] == [3, 3, 2]
    assert [len(own) for own in while_all_answer(times, list(times))] == [40, 3, 10]
    assert while_all_answer({}, []) == []
    lost = device(1, error=Failure(kind="worker_lost", message="killed"))
    run = made([*answers(40, "cuda:0", 1.0), *answers(3, "cuda:1", 1.0)], [device(0), lost])
    assert (figures(run).together, figures(run).at_once) == (2.0, 43)


def test_an_engine_that_is_sent_several_requests_makes_more_than_each_answer_says() -> None:
    run = replace(
        made(answers(30, "cuda:0", 2.0), ()),
        devices=(),
        results=tuple(replace(one, device="") for one in answers(30, "cuda:0", 2.0)),
        engine=EngineFacts(name="vllm", version="0.32.0", command=()),
        generation=Generation(max_new_tokens=20, do_sample=False, batch_size=1, concurrency=16),
    )
    text = page(run)
    waits, clock = (
        "with up to 16 requests at once",
        "1 min 5 s by the clock from start to end (0.46 answers a second)",
    )
    assert f"2.00 s an answer on average {waits};" in text
    assert f"**Average Generation Time**: 2.00 seconds/image ({waits})" in text
    assert f"**Throughput**: {clock} {waits}, loading, pauses and interruptions included" in text
    assert f"**Tokens per Second**: 10.0 ({waits})" in text
    assert waits in compared_row(Found(Path("x"), run), compared(run)).detail


@pytest.mark.parametrize(
    ("end", "answers", "text"),
    [
        ("00:00:03", 20, "3 s by the clock from start to end"),
        ("00:00:38", 60, "38 s by the clock from start to end (1.6 answers a second)"),
        ("00:01:00", 6000, "1 min 0 s by the clock from start to end (100 answers a second)"),
        ("01:00:00", 36, "1 h 0 min by the clock from start to end (0.01 answers a second)"),
        ("00:00:00", 1, None),
    ],
)
def test_the_clock_says_no_more_than_it_measures(end: str, answers: int, text: str | None) -> None:
    assert by_the_clock(made((), (), finished=f"2026-01-01T{end}Z"), answers) == text


def test_a_run_that_a_program_went_on_with_which_tells_no_device_is_not_said_to_be_made_at_once() -> None:
    later = tuple(replace(one, device=UNSET) for one in answers(40, "cpu:9", 0.1))
    run = made([*answers(10, "cpu:0", 0.3), *later], [device(0, name="cpu:0")])
    found = figures(run)
    assert (found.devices, found.together, found.at_once, found.pace) == (0, None, 0, None)
    assert "at once" not in page(run).split("## Detailed Results")[0]
