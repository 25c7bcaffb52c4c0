"""Following runs of other programs, without a screen: judged, merged, deleted or in blind mode meanwhile."""

import asyncio
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from fada_tui.core.errors import StoreError
from fada_tui.core.records import Assessment, Plan, PlannedImage
from fada_tui.runs import following as reading
from fada_tui.runs.others import Maker, RunOfOthers
from fada_tui.runs.session import Session
from fada_tui.runs.telemetry.readings import GpuReading, Sample
from fada_tui.runs.telemetry.table import Table
from fada_tui.store import folder as store
from fada_tui.store import journal, stop_request
from fada_tui.tui.actions import following, judging, loading, run_events
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.runs import run_row
from fada_tui.tui.state.assessments_of_others import AssessmentsOfOthers
from fada_tui.tui.state.followed import Followed
from fada_tui.tui.state.run_scan import Found
from fada_tui.tui.state.views import RunView
from fada_tui.tui.widgets.gpu import gpu_lines
from fada_tui.tui.widgets.runbar import figures
from tests import examples
from tests.tui.dashboard import save_run
from tests.tui.test_workspace import FIRST, SECOND, Shown, begun

MAKER = Maker(key="k", pid=4711, host="gpu1")


class Making:
    """A run that another program makes, answer by answer."""

    def __init__(self, folder: Path, name: str, model: str) -> None:
        self.folder = save_run(folder, name, model=model)
        whole = store.read_run(self.folder)
        self._results = list(whole.results)
        images = tuple(PlannedImage(image=r.image, category=r.category, path=r.path) for r in whole.results)
        plan = Plan(model=examples.ENTRY, device="cpu", images=images)
        store.write_run(
            self.folder, replace(whole, results=(), plan=plan, status="interrupted", finished=None)
        )
        self.maker: Maker | None = MAKER

    def answer(self, count: int = 1) -> None:
        for _ in range(count):
            line = journal.ResultLine(result=self._results.pop(0))
            journal.append(self.folder / journal.JOURNAL_NAME, line, durable=False)

    def assess(self, path: str, who: str, verdict: str, at: str) -> None:
        said = Assessment(assessor=who, verdict=verdict, at=at)  # type: ignore[arg-type]
        line = journal.AssessmentLine(path=path, question_id="q1", assessment=said)
        journal.append(self.folder / journal.JOURNAL_NAME, line, durable=False)

    def end(self, *, killed: bool = False) -> None:
        if not killed:
            run, _ = store.settle(self.folder)
            store.write_run(self.folder, replace(run, finished="2026-01-01T00:10:00Z"))
        self.maker = None


@pytest.fixture
def making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Making:
    made = Making(tmp_path, "20260202-000000_big", "big")
    monkeypatch.setattr(reading, "maker_of", lambda folder: made.maker if folder == made.folder else None)
    return made


def follow(workspace: Workspace, making: Making) -> Followed:
    workspace.followed_runs.begin([RunOfOthers(making.folder, MAKER)])
    workspace.followed_runs.begin([RunOfOthers(making.folder, MAKER)])
    (followed,) = workspace.followed_runs.active
    return followed


async def opened(tmp_path: Path, making: Making) -> tuple[Workspace, Shown, Followed]:
    workspace, view = await begun(tmp_path)
    followed = follow(workspace, making)
    await following.look(workspace, followed)
    return workspace, view, followed


async def test_a_run_that_begins_elsewhere_is_turned_to_judged_and_ends(
    tmp_path: Path, making: Making
) -> None:
    workspace, view, followed = await opened(tmp_path, making)
    review = workspace.review
    run = review.run
    assert run is not None
    assert run.folder == making.folder
    assert view.said[-1] == "a run of big goes on: another program (4711 on gpu1)"
    assert (workspace.run_view().state, workspace.run_view().total) == ("loading", 24)
    assert workspace.run_view().maker == "another program (4711 on gpu1)"
    making.answer()
    await following.look(workspace, followed)
    assert (workspace.run_view().state, workspace.run_view().done) == ("running", 1)
    assert review.to_judge
    await judging.judge(workspace, "correct")
    assert view.said[-1].endswith("all judged: 1 of 24 judged; the next answer comes up by itself")
    await following.look(workspace, followed)
    assert run.result(FIRST, "q1").assessments[0].verdict == "correct"  # type: ignore[union-attr]
    assert len(run.result(FIRST, "q1").assessments) == 1  # type: ignore[union-attr]
    making.answer()
    await following.look(workspace, followed)
    assert review.key == (SECOND, "q1"), "it came up by itself"
    assert review.to_judge

    run_events.toggle(workspace)
    making.answer(5)
    await following.look(workspace, followed)
    assert review.following
    assert review.key == run.newest, "f goes with the newest answer"
    run_events.toggle(workspace)

    making.answer(17)
    making.end()
    await following.look(workspace, followed)
    assert not run.running
    assert not run.maker
    assert run.counts() == (1, 24, 0)
    assert (workspace.run_view().state, workspace.run_view().label) == ("ended", "big: complete")
    assert view.said[-1].startswith("24 answers: ")
    assert workspace.followed_runs.active == []
    assert not workspace.key_state().running
    await workspace.leave()
    assert len(store.read_run(making.folder).results[0].assessments) == 1


async def test_an_answer_that_waits_for_a_verdict_stays_and_the_run_is_told_of(
    tmp_path: Path, making: Making
) -> None:
    save_run(tmp_path)
    making.answer(3)
    workspace, view = await begun(tmp_path)
    (tiny,) = (run for run in workspace.review.disk_index.runs if run.id.endswith("tiny"))
    await loading.open_run(workspace, tiny.id)
    followed = follow(workspace, making)
    await following.look(workspace, followed)
    assert workspace.review.run and workspace.review.run.id == tiny.id
    assert view.said[-1] == "a run of big goes on: another program (4711 on gpu1); f goes there"
    assert view.holds and view.holds()
    run_events.toggle(workspace)
    assert workspace.review.run.folder == making.folder
    assert workspace.review.key == workspace.review.run.newest
    assert followed.progress.view(0, hidden=False).done == 3


async def test_a_killed_maker_is_told_and_what_it_left_is_merged_on_leaving(
    tmp_path: Path, making: Making
) -> None:
    workspace, view, followed = await opened(tmp_path, making)
    making.answer(2)
    making.end(killed=True)
    await following.look(workspace, followed)
    assert view.said[-1] == "big: its program ended without finishing it; 2 answers kept; w resumes it"
    await workspace.leave()
    assert not (making.folder / journal.JOURNAL_NAME).exists()
    assert (making.folder / store.SUMMARY_NAME).exists()


async def test_a_folder_that_goes_ends_it_with_one_line(tmp_path: Path, making: Making) -> None:
    workspace, view, followed = await opened(tmp_path, making)
    shutil.rmtree(making.folder)
    said = len(view.said)
    await following.look(workspace, followed)
    making.maker = None
    await following.look(workspace, followed)
    assert len(view.said) == said + 1
    assert workspace.followed_runs.active == []
    workspace.followed_runs.begin([RunOfOthers(making.folder, MAKER)])
    assert workspace.followed_runs.active == [], "it is given up"


async def test_a_copy_of_a_run_that_is_open_is_not_mixed_into_it(tmp_path: Path, making: Making) -> None:
    making.answer(1)
    original = making.folder
    making.folder = Path(shutil.copytree(original, original.with_name("copy")))
    making.answer(2)
    workspace, view = await begun(tmp_path)
    await loading.open_run(workspace, original.name)
    followed = follow(workspace, making)
    for _ in range(2):
        await following.look(workspace, followed)
    run = workspace.review.run
    assert run and run.folder == original and run.counts()[1] == 1 and not run.running
    assert view.said[-1].startswith("another program makes a copy of a run that is open here")
    assert workspace.followed_runs.active == []


async def test_blind_mode_takes_its_answers_and_tells_nothing_of_it(tmp_path: Path, making: Making) -> None:
    save_run(tmp_path)
    workspace, view = await begun(tmp_path)
    await loading.blind(workspace)
    assert workspace.review.blind_list is not None
    followed = follow(workspace, making)
    await following.look(workspace, followed)
    making.answer(2)
    await following.look(workspace, followed)
    workspace.review.refilter()
    slots = workspace.review.shown.slots
    assert len(slots) == 24 + 2
    assert workspace.run_view().label == ""
    making.end()
    await following.look(workspace, followed)
    assert not any("big" in said for said in view.said)


async def test_the_gauges_of_a_run_on_another_machine_are_its_telemetry(
    tmp_path: Path, making: Making
) -> None:
    workspace, _, followed = await opened(tmp_path, making)
    assert followed.sample is None
    gpu = GpuReading(index=0, memory_used=5 * 10**9, memory_total=8 * 10**9, utilisation=97)
    table = Table(making.folder / store.TELEMETRY_NAME)
    for second in range(3):
        measured = Sample(
            time=f"2026-01-01T00:00:0{second}.000Z",
            gpus=(gpu,) if second else (),
            worker_rss=3 * 10**9,
            memory_used=0,
            memory_total=0,
        )
        table.append(measured)
        await following.look(workspace, followed)
        view = workspace.gauges()
        assert view.sample == measured
        drawn = ["".join(text for text, _ in line) for line in gpu_lines(view, 30, 12)]
        assert drawn[0] == "worker        3.00 GB" if not second else drawn[0].endswith("5.0/8 GB")
    table.close()
    assert view.gpus[0] == (5 * 10**9,) * 2
    making.end()
    await following.look(workspace, followed)


def test_the_run_bar_and_the_list_of_runs_say_whose_a_run_is() -> None:
    view = RunView(state="running", label="big", done=3, total=24, to_judge=3, maker=MAKER.words)
    assert figures(view) == ["3/24", "3 to judge", "another program (4711 on gpu1)"]
    found = Found(Path("/results/r"), examples.run(), locked=True, writer="process 4711 on gpu1")
    row = run_row(found, None, ())
    assert row.keep == "process 4711 on gpu1 is writing it"
    assert "process 4711 on gpu1 is writing this run" in row.detail


async def test_x_asks_by_a_file_first_for_the_image_then_for_now(tmp_path: Path, making: Making) -> None:
    workspace, _, followed = await opened(tmp_path, making)
    assert workspace.key_state().running
    assert followed.ask_to_stop() == "image"
    assert workspace.run_view().state == "stopping"
    assert stop_request.asked(making.folder) == "image"
    assert followed.ask_to_stop() == "now"
    assert stop_request.asked(making.folder) == "now"


async def test_what_others_judge_appears_also_in_a_run_that_nobody_makes(
    tmp_path: Path, making: Making
) -> None:
    making.answer(2)
    making.end()
    workspace, _ = await begun(tmp_path)
    run = workspace.review.run
    assert run
    others = AssessmentsOfOthers()

    def merged() -> list[bool]:
        return [run.merge(one.key, one.assessment) for one in others.read([run])]

    assert merged() == []
    await judging.judge(workspace, "correct")
    assert merged() == []
    making.assess(FIRST, "bob", "partial", "2030-01-01T00:00:00.000Z")
    assert merged() == [True]
    making.assess(SECOND, "ada", "incorrect", "2001-01-01T00:00:00.000Z")
    assert merged() == [True]
    assert run.counts()[0] == 2, "one's own from another terminal counts"
    making.assess(SECOND, "ada", "correct", "2000-01-01T00:00:00.000Z")
    assert merged() == [True]
    assert run.assessment(SECOND, "q1").verdict == "incorrect", "the latest one by time"
    making.assess(SECOND, "eve", "correct", "2002-01-01T00:00:00.000Z")
    store.settle(making.folder)
    assert merged() == [True]
    assert merged() == []
    found = run.result(SECOND, "q1")
    assert found and {one.assessor for one in found.assessments} == {"ada", "eve"}
    run.assess(SECOND, "q1", found.assessments[-1])
    assert run.result(SECOND, "q1") == found, "what was read from the file before it was told is there once"
    making.assess(SECOND, "joe", "correct", "2003-01-01T00:00:00.000Z")
    store.settle(making.folder)
    assert merged() == [True], "written and merged between two looks"


async def test_what_others_judge_is_merged_as_long_as_the_dashboard_is_open(
    tmp_path: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.answer(2)
    making.end()
    workspace, view = await begun(tmp_path)
    run = workspace.review.run
    assert run
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.0)
    rounds = iter(range(3))

    def search(_: Path) -> list[RunOfOthers]:
        view.is_open = next(rounds, None) is not None
        making.assess(FIRST, "ada", "partial", "2030-01-01T00:00:00.000Z")
        return []

    monkeypatch.setattr(following, "SEARCH_SECONDS", 0.0)
    monkeypatch.setattr(following, "SEARCH_SHARE", 10**9)
    monkeypatch.setattr(following, "runs_of_others", search)
    await following.keep_up(workspace)
    assert run.assessment(FIRST, "q1").verdict == "partial"


def _fails() -> Session:
    raise StoreError("no room")


def test_they_are_searched_for_seldom_on_slow_disks_and_again_soon_on_busy_machines() -> None:
    assert [following._pause(took) for took in (0.0, 0.1, 60.0)] == [2.0, pytest.approx(5.0), 10.0]


async def test_of_several_the_one_looked_at_is_shown_and_one_s_own_before_all(
    tmp_path: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Making(tmp_path, "20260303-000000_small", "small")
    other.maker = Maker(key="l", pid=5)
    both = {made.folder: made for made in (making, other)}
    monkeypatch.setattr(reading, "maker_of", lambda folder: both[folder].maker)
    workspace, _, first = await opened(tmp_path, making)
    workspace.followed_runs.begin([RunOfOthers(other.folder, other.maker)])
    _, second = workspace.followed_runs.active
    making.answer()
    for followed in (first, second):
        await following.look(workspace, followed)
    assert workspace.followed is first
    own = workspace.run_control.queue
    own.add(_fails, "own")
    while own.busy or own.runs:
        await asyncio.sleep(0)
    assert workspace.followed is first and workspace.open_runs.runs[making.folder.name].running
    await loading.open_run(workspace, other.folder.name)
    assert workspace.followed is second
    assert workspace.open_runs.at_work is workspace.review.run
    assert workspace.run_view().maker == "another program (5)"
    workspace.open_runs.runs[making.folder.name].maker = ""  # as of one's own
    assert workspace.open_runs.at_work is workspace.open_runs.runs[making.folder.name]


@pytest.mark.parametrize("broken", ["runs_of_others", "look"])
async def test_whatever_goes_wrong_is_told_once_and_the_rest_goes_on(
    tmp_path: Path, making: Making, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    workspace, view = await begun(tmp_path)
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))
    rounds = 0

    def fail(*_: object) -> None:
        nonlocal rounds
        rounds += 1
        view.is_open = rounds < 4
        raise ValueError("odd")

    monkeypatch.setattr(following, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(following, broken, fail)
    monkeypatch.setattr(following, "SEARCH_SECONDS", 0.0)
    if broken == "look":
        monkeypatch.setattr(following, "runs_of_others", lambda _: [RunOfOthers(making.folder, MAKER)])
    await following.keep_up(workspace)
    assert rounds == 4
    assert [str(error) for error in heard] == ["odd"]
