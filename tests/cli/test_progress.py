"""The lines and the bar of a run without a screen."""

import io
from pathlib import Path

from msgspec import UNSET

from fada_tui.cli.progress import BarDisplay, Display, LineDisplay, describe, describe_result
from fada_tui.core.protocol import Item
from fada_tui.core.records import ModelFacts
from fada_tui.runs.events import (
    AnswerBegunAgain,
    AnswerFinished,
    AnswerStarted,
    DeviceLost,
    DeviceReady,
    ModelReady,
    RunEnded,
    RunStarted,
    SessionEvent,
    WorkerRestarted,
)
from tests.examples import error_result, result, run

RAN_OUT = "memory ran out with 4 answers at once"


def item(number: int) -> Item:
    return Item(path=f"A/{number}.png", image=f"{number}.png", category="A", question_id="q1", question="?")


def shown(make: type[BarDisplay] | type[LineDisplay], events: list[SessionEvent]) -> str:
    stream = io.StringIO()
    display: Display = make(stream)
    with display:
        for event in events:
            display.show(event)
    return stream.getvalue()


def finished(number: int, done: int) -> AnswerFinished:
    return AnswerFinished(result(f"A/{number}.png", time=60.0, batch_size=4), done, 0, 8)


def test_an_answer_tells_the_batch_that_it_waited_for() -> None:
    assert "2.00 s in a batch of 8  a fetal head" in describe_result(result(time=2.0, batch_size=8))
    for alone in (1, UNSET):
        assert "2.00 s  a fetal head" in describe_result(result(time=2.0, batch_size=alone))


def test_what_is_asked_again_at_once_names_no_seconds() -> None:
    assert describe(AnswerBegunAgain(item(1), RAN_OUT, 0.0)) == f"warning: {RAN_OUT}; trying again"
    busy = describe(AnswerBegunAgain(item(1), "503 busy", 1.5))
    assert busy == "A/1.png  503 busy; trying again in 1.5 s"


def test_one_answer_and_one_error_are_told_in_the_singular() -> None:
    both = (result(), error_result("A/b.png"))
    assert describe(RunStarted(run(), Path("r"), 1, 1)) == "tiny: 1 answer to make"
    assert describe(RunStarted(run(), Path("r"), 2, 3)) == "tiny: 2 answers to make, 1 of 3 there already"
    ended = describe(RunEnded(run(results=both), Path("r")))
    assert ended == "tiny: interrupted, 1 answer, 1 error, in r"


def test_a_batch_that_did_not_fit_is_told_once() -> None:
    events: list[SessionEvent] = [AnswerBegunAgain(item(number), RAN_OUT, 0.0) for number in range(4)]
    for make in (LineDisplay, BarDisplay):
        assert shown(make, events).count(RAN_OUT) == 1
    after_another = [*events, WorkerRestarted("lost"), events[0]]
    assert shown(LineDisplay, after_another).count(RAN_OUT) == 2


def test_the_bar_tells_the_pace_by_the_clock() -> None:
    """Four answers that each say that they took a minute were there after eight seconds together."""
    events: list[SessionEvent] = [
        RunStarted(run(), Path(), 8, 8),
        ModelReady(ModelFacts(name="tiny"), (), 8, 8),
        *(AnswerStarted(item(number)) for number in range(4)),
        (first := finished(0, 1)),
        *(finished(number, number + 1) for number in range(1, 4)),
    ]

    def bar(events: list[SessionEvent]) -> str:
        stream, moment = io.StringIO(), 100.0
        with BarDisplay(stream, lambda: moment) as display:
            for event in events:
                moment += 8.0 * (event is first)
                display.show(event)
        return stream.getvalue()

    text = bar(events)
    assert "4/8" in text
    assert "2.00 s/answer" in text and "60.00 s/answer" not in text
    assert "ETA 0:00:08" in text
    assert "ETA -:--:--" in bar(events[:-1]), "nothing is told of a batch half made"


def test_devices_are_named_where_there_are_several() -> None:
    assert "2.00 s · cuda:1  a fetal head" in describe_result(result(time=2.0, device="cuda:1"))
    ready = describe(DeviceReady("cuda:1", 12.34, 2, 3))
    assert ready == "cuda:1 is ready, 2 of 3, loaded in 12.3 s"
    assert describe(DeviceReady("cpu:0", None, 1, 2)) == "cpu:0 is ready, 1 of 2"
    lost = describe(DeviceLost("cuda:1", "no room\x1b[2J", 2))
    assert lost == "warning: cuda:1 is given up, the other 2 devices go on: no room\\x1b[2J"
    assert describe(WorkerRestarted("killed", "cpu:1")) == "warning: cpu:1: killed; starting another"
    assert describe(WorkerRestarted("killed")) == "warning: killed; starting another"
