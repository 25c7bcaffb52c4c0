"""Following runs that other programs make: found, read in threads, and shown as one's own run is."""

import asyncio
import time
from collections.abc import Iterable

from fada_tui.core.errors import reason
from fada_tui.core.records import Result
from fada_tui.report.units import count
from fada_tui.runs.events import AnswerFinished, DeviceLost, RunEnded, RunStarted
from fada_tui.runs.following import Look
from fada_tui.runs.others import runs_of_others
from fada_tui.tui.actions import left_queue, run_events
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.state import stepping
from fada_tui.tui.state.assessments_of_others import AssessmentsOfOthers
from fada_tui.tui.state.followed import Followed
from fada_tui.tui.state.open_runs import OpenRun

LOOK_SECONDS = 1.0
"""From one look at the runs that are followed to the next."""

SEARCH_SECONDS = 2.0
MOST_SEARCH_SECONDS = 10.0
SEARCH_SHARE = 0.02
"""Share of the time that looking for such runs is to take: on slow disks it is done less often.

But no less often than that: on a machine whose cores a run keeps busy, a look seems slow, too.
"""

PUT_AT_ONCE = 250
"""Results that are taken in one go, between which keys are heard."""


async def keep_up(workspace: Workspace) -> None:
    """Follow all runs that other programs make, for as long as the dashboard is open."""
    search_at = 0.0
    assessments = AssessmentsOfOthers()
    told = ""
    while workspace.view.is_open:
        try:
            if time.monotonic() >= search_at:
                search_at = time.monotonic() + await _search(workspace)
            for followed in workspace.followed_runs.active:
                await look(workspace, followed)
            await _merge(workspace, assessments)
        except Exception as error:  # what other programs write must not end this for good
            if (what := reason(error, named=True)) != told:
                told = what
                context = {"message": "runs of other programs may not be shown", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
        await asyncio.sleep(LOOK_SECONDS)


async def _search(workspace: Workspace) -> float:
    """Look for runs that other programs have begun or left; return after how many seconds to do so again."""
    begun = time.monotonic()
    workspace.followed_runs.begin(await asyncio.to_thread(runs_of_others, workspace.app_context.results))
    await left_queue.read(workspace)
    return _pause(time.monotonic() - begun)


def _pause(took: float) -> float:
    """Return after how many seconds to look again, from how many a look took."""
    return max(SEARCH_SECONDS, min(took / SEARCH_SHARE, MOST_SEARCH_SECONDS))


async def _merge(workspace: Workspace, assessments: AssessmentsOfOthers) -> None:
    """Show what others judge in the runs that are looked at, and in one's own that goes on."""
    open_runs = workspace.open_runs
    looked_at = [*workspace.review.looked_at(), *(workspace.side.runs if workspace.side else [])]
    if open_runs.at_work:
        looked_at.append(open_runs.at_work)
    runs = {run.id: run for run in looked_at if not run.maker}
    found = await asyncio.to_thread(assessments.read, list(runs.values()))
    if [one for one in found if runs[one.run_id].merge(one.key, one.assessment)]:
        workspace.view.refilter_soon()
        workspace.view.draw_soon()


async def look(workspace: Workspace, followed: Followed) -> None:
    """Look at one of them, and show what is new."""
    open_runs = workspace.open_runs
    known = open_runs.runs.get(followed.run_id)
    try:
        found, run = await asyncio.to_thread(followed.read, known, open_runs.assessor)
    except Exception:
        _end(workspace, followed)
        raise
    if not workspace.view.is_open:
        return
    if found.problem and found.problem != followed.problem:
        workspace.view.say(found.problem, "warning")
    followed.problem = found.problem
    closed = known is not None and known.id not in open_runs.runs
    if closed or (found.ended and found.run is None):
        _end(workspace, followed)
    elif run is not None and (opened := open_runs.add(run)).folder.name == followed.folder.name:
        await _show(workspace, followed, opened, found)
    elif run is not None:  # its answers are not those of the run that is open, nor are verdicts on them
        _end(workspace, followed)
        workspace.view.say(
            "another program makes a copy of a run that is open here: it is not shown", "warning"
        )


async def _show(workspace: Workspace, followed: Followed, run: OpenRun, found: Look) -> None:
    """Bring the open run up to date, then the screen: once for all that has come."""
    answered = [event.result for event in found.events if isinstance(event, AnswerFinished)]
    changed = await _put(run, (*found.changed, *answered))
    if found.run is not None:
        run.update(found.run)
    for event in found.events:
        followed.take(event)
        match event:
            case RunStarted():
                _begin(workspace, followed, run)
            case DeviceLost() if run is workspace.open_runs.at_work:
                workspace.view.say(event.what_happens, "warning")
            case RunEnded():
                _end(workspace, followed)
    if answered:
        run.newest = answered[-1].key
        run_events.answered(workspace, run, answered)
    elif changed or found.events:
        workspace.view.refilter_soon()
        workspace.view.draw_soon()
    if found.ended and found.run is not None:
        _tell_end(workspace, followed, run, found)
    elif run is workspace.open_runs.at_work and run.maker:
        run_events.attend(workspace)


async def _put(run: OpenRun, results: Iterable[Result]) -> int:
    """Take results that are not known so yet; return how many."""
    put = 0
    for result in results:
        if run.result(*result.key) != result:
            run.put(result)
            put += 1
            if put % PUT_AT_ONCE == 0:
                await asyncio.sleep(0)
    return put


def _begin(workspace: Workspace, followed: Followed, run: OpenRun) -> None:
    """Show that another program makes a run; the one that is looked at stays where it is."""
    review = workspace.review
    run.running, run.maker = True, followed.maker
    own_goes_on = workspace.run_control.queue.busy
    run.begun_here = run.begun_here or not own_goes_on  # one's own comes first
    run.newest = next((result.key for result in reversed(run.run.results)), None)
    told = f"a run of {run.run.model.name} goes on: {followed.maker}"
    if review.run is run and review.blind_list is None:
        review.awaiting = not review.to_judge
        workspace.view.say(told, holds=lambda: run.running and not review.open_runs.blind)
        workspace.view.draw()
        return
    run_events.begun(workspace, run, f"{told}; {'R opens it' if own_goes_on else 'f goes there'}")
    if review.run is run and review.blind_list is None:
        stepping.look_at_unassessed(review)
        workspace.view.show_images()
        workspace.view.say(told, holds=lambda: run.running and not review.open_runs.blind)


def _end(workspace: Workspace, followed: Followed) -> None:
    """Follow a run no longer."""
    run = workspace.open_runs.runs.get(followed.run_id)
    if run is not None and run.maker:
        run.running, run.maker = False, ""
    if not followed.ended:
        followed.give_up()
    workspace.view.draw()


def _tell_end(workspace: Workspace, followed: Followed, run: OpenRun, found: Look) -> None:
    """Say how a run ended: as its own program would, or that this was killed."""
    assert found.run is not None
    run.unsettled = run.unsettled or found.left
    run_events.ended(workspace, found.run, followed.folder)
    if found.left and workspace.review.blind_list is None:
        answers = count(run.counts()[1], "answer")
        again = "; w resumes it" if workspace.review.run is run and run.resumable else ""
        workspace.view.say(
            f"{run.run.model.name}: its program ended without finishing it; {answers} kept{again}",
            "warning",
            holds=lambda: not run.running,
        )
