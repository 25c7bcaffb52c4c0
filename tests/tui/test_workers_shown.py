"""Several workers of one run on the screen: how many there are, who is asked what, who is lost."""

from pathlib import Path

from msgspec.structs import replace

from fada_tui.core.protocol import Item
from fada_tui.core.records import Failure, ModelFacts, Plan, Run, RunDevice
from fada_tui.runs.eta import Eta
from fada_tui.runs.events import (
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
from fada_tui.runs.telemetry import Sample
from fada_tui.tui.state.open_runs import OpenRun, OpenRuns, Streaming
from fada_tui.tui.state.review import Review
from fada_tui.tui.state.run_progress import RunProgress
from fada_tui.tui.state.views import GpuView, RunView
from fada_tui.tui.widgets.answer import figures_line
from fada_tui.tui.widgets.gpu import gpu_lines
from fada_tui.tui.widgets.runbar import figures
from tests.examples import ENTRY, result, run


def item(number: int, question: str = "q1") -> Item:
    image = f"{number}.png"
    return Item(path=f"A/{image}", image=image, category="A", question_id=question, question="?")


def made_on(devices: str, **fields: object) -> Run:
    begun = run(**fields)  # type: ignore[arg-type]
    return replace(begun, plan=Plan(model=ENTRY, device="auto", devices=devices))


def progress_of(devices: str, *events: SessionEvent) -> RunProgress:
    progress = RunProgress()
    progress.take(RunStarted(made_on(devices), Path(), 8, 8))
    progress.take(ModelReady(ModelFacts(name="tiny"), (), 8, 8))
    for event in events:
        progress.take(event)
    return progress


def shown(progress: RunProgress) -> RunView:
    return progress.view(0, hidden=False)


def answered(number: int, device: str, done: int = 1) -> AnswerFinished:
    return AnswerFinished(result(f"A/{number}.png", device=device), done, 0, 8)


def test_the_run_bar_counts_workers_and_says_what_each_is_asked() -> None:
    progress = progress_of("cpu*2", DeviceReady("cpu:0", 1.0, 1, 2), AnswerStarted(item(1), "cpu:0"))
    view = shown(progress)
    assert view.workers == "1 of 2 workers"
    assert figures(view)[-2:] == ["cpu:0  1.png", "cpu:1  loading"]
    progress.take(DeviceReady("cpu:1", 1.0, 2, 2))
    progress.take(AnswerStarted(item(2), "cpu:1"))
    assert figures(shown(progress))[:2] == ["0/8", "2 workers"]
    assert figures(shown(progress))[-2:] == ["cpu:0  1.png", "cpu:1  2.png"]
    progress.take(AnswerStarted(item(1, "q2"), "cpu:0"))
    progress.take(answered(1, "cpu:0"))
    assert figures(shown(progress))[-2] == "cpu:0  1.png", "of its next question"
    progress.take(RunEnded(run(), Path()))
    assert (shown(progress).workers, shown(progress).devices) == ("", ())


def test_a_run_of_one_device_says_nothing_of_workers() -> None:
    progress = RunProgress()
    progress.take(RunStarted(run(), Path(), 8, 8))
    progress.take(ModelReady(ModelFacts(name="tiny"), (), 8, 8))
    progress.take(AnswerStarted(item(1)))
    assert (shown(progress).workers, shown(progress).devices, shown(progress).at) == ("", (), "1.png")
    progress.take(WorkerRestarted("the worker was killed"))
    assert not shown(progress).workers


def test_all_devices_are_named_as_they_tell_of_themselves() -> None:
    progress = progress_of("all")
    assert shown(progress).workers == ""
    progress.take(DeviceReady("cuda:0", 1.0, 1, 4, ("GPU-0",)))
    assert shown(progress).workers == "1 of 4 workers"
    assert shown(progress).devices[0].gpu_uuids == ("GPU-0",)


def test_a_worker_that_is_restarted_or_lost_is_said_and_its_answers_are_no_longer_in_progress() -> None:
    events = [DeviceReady(f"cuda:{number}", 1.0, number + 1, 2) for number in range(2)]
    progress = progress_of("0,1", *events, AnswerStarted(item(1), "cuda:0"), AnswerStarted(item(2), "cuda:1"))
    progress.take(WorkerRestarted("killed by the system", "cuda:0"))
    assert shown(progress).workers == "1 of 2 workers"
    assert [device.doing for device in shown(progress).devices] == ["cuda:0  restarting", "cuda:1  2.png"]
    progress.take(AnswerStarted(item(1), "cuda:1"))
    progress.take(DeviceLost("cuda:0", "killed by the system", 1))
    view = shown(progress)
    assert view.workers == "1 worker, cuda:0 lost"
    assert [device.doing for device in view.devices] == ["cuda:0  lost", "cuda:1  2.png"]
    progress.take(answered(2, "cuda:1"))
    assert shown(progress).devices[1].at == "1.png", "which was given back to it"
    progress.take(answered(1, "cuda:1"))
    assert shown(progress).devices[1].at == "1.png"


def test_only_a_lost_workers_answers_are_taken_back_from_the_list() -> None:
    opened = OpenRun(Path(), made_on("0,1"), None)
    for number, device in ((1, "cuda:0"), (2, "cuda:1")):
        opened.in_flight[item(number).key] = Streaming(item(number), device)
    assert opened.mark("A/1.png").device == "cuda:0"
    opened.lose("cuda:0")
    assert [streaming.device for streaming in opened.in_flight.values()] == ["cuda:1"]
    assert (opened.mark("A/1.png").device, opened.mark("A/2.png").device) == ("", "cuda:1")
    opened.lose(None)
    assert not opened.in_flight


def test_names_of_devices_that_a_file_tells_reach_no_terminal_as_they_are() -> None:
    evil = "\x1b[2Jcuda:0"
    progress = progress_of("all", AnswerStarted(item(1), evil), DeviceLost(evil, "why", 0))
    assert not any("\x1b" in part for part in figures(shown(progress)))
    sample = Sample(time="t", worker_rss=1, memory_used=1, memory_total=2)
    pane = GpuView(sample=sample, devices=shown(progress).devices * 2)
    assert not any("\x1b" in text for line in gpu_lines(pane, 40, 12) for text, _ in line)


def test_blind_mode_tells_nothing_of_devices() -> None:
    progress = progress_of("cpu*2", DeviceReady("cpu:0", 1.0, 1, 2), AnswerStarted(item(1), "cpu:0"))
    hidden = progress.view(0, hidden=True)
    assert (hidden.workers, hidden.devices) == ("", ())


def test_the_answer_names_the_device_that_made_it() -> None:
    made = made_on("cpu*2", results=(result(device="cpu:1", time=2.0),))
    review = Review(OpenRuns(None), ())
    opened = review.open_runs.open(Path(), made)
    review.open_runs.current = opened.id
    assert figures_line(review.view_of(opened, ("A/a.png", "q1"))) == (
        "2.00 s  ·  ended by itself  ·  on cpu:1"
    )
    asked = replace(item(1), path="A/b.png")
    opened.in_flight["A/b.png", "q1"] = Streaming(asked, "cpu:0")
    assert figures_line(review.view_of(opened, ("A/b.png", "q1"))) == "on cpu:0"


def test_of_a_run_that_another_program_makes_each_devices_last_answer_is_shown() -> None:
    devices = (
        RunDevice(name="cuda:0", gpu_uuid="GPU-7", load_time=1.0),
        RunDevice(name="cuda:1", load_time=1.0),
        RunDevice(name="cuda:2", error=Failure(kind="load", message="no memory")),
    )
    progress = RunProgress()
    progress.take(RunStarted(replace(made_on("all"), devices=devices), Path(), 8, 8))
    progress.take(ModelReady(ModelFacts(name="tiny"), (), 8, 8))
    progress.take(answered(5, "cuda:1"))
    view = shown(progress)
    assert view.workers == "2 workers, cuda:2 lost"
    assert [device.doing for device in view.devices] == ["cuda:0", "cuda:1  5.png ✓", "cuda:2  lost"]
    assert view.devices[0].gpu_uuids == ("GPU-7",)


def test_only_what_a_lost_worker_made_is_forgotten() -> None:
    eta = Eta()
    for key, worker in ((1, "cpu:0"), (2, "cpu:1")):
        eta.begin(key, 0.0, worker)
    eta.forget("cpu:1")
    eta.end(1, 4.0)
    assert (eta.mean, eta.made) == (4.0, 1), "none is in progress any more"


def test_the_pace_counts_anew_when_another_worker_begins() -> None:
    eta, now = Eta(), 0.0
    for number in range(10):  # one worker: 10 s each
        eta.begin(number, now)
        now += 10.0
        eta.end(number, now)
    eta.change_pace(now)
    assert eta.mean == 10.0
    eta.begin(100, now)
    eta.begin(101, now)
    for number in range(100, 110):  # two: 5 s each by the clock
        now += 5.0
        eta.end(number, now)
        eta.begin(number + 2, now)
    assert eta.mean == 5.0
    assert eta.left(10, now) == 50.0


def test_the_time_left_comes_before_the_number_of_workers() -> None:
    progress = progress_of(
        "0,1,2", *(DeviceReady(f"cuda:{number}", 1.0, number + 1, 3) for number in range(3))
    )
    view = replace(shown(progress), remaining=61.0, to_judge=4)
    assert figures(view)[:4] == ["0/8", "4 to judge", "1:01 left", "3 workers"]
    progress.take(DeviceLost("cuda:2", "killed", 2))
    assert shown(progress).workers == "2 workers, cuda:2 lost"
    progress.take(DeviceLost("cuda:0", "killed", 1))
    assert shown(progress).workers == "1 worker, 2 lost"
