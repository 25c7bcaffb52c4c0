"""Judging the current answer, undoing, and moving to the next."""

from collections.abc import Awaitable, Callable

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Verdict
from fada_tui.evaluation.assessment.edit import with_flag, with_verdict
from fada_tui.evaluation.assessment.history import Step
from fada_tui.report.units import count
from fada_tui.tui.actions import run_events, second_look
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.echo import answer_name, unchanged_text
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state import stepping
from fada_tui.tui.state.judged_answers import AnswerId
from fada_tui.tui.state.open_runs import Key, OpenRun

Edit = Callable[[Assessment], Assessment]

Judged = tuple[OpenRun, Key]
"""An answer of a run."""

GUARD_SECONDS = 0.25
"""Seconds after an automatic change of the picture in which verdicts are refused."""


def judgeable(workspace: Workspace) -> Judged | None:
    """Return the current answer; show a message if there is none."""
    run, key = workspace.review.run, workspace.review.key
    if run is None or key is None or not run.answered(*key):
        holds = workspace.review.unmoved()
        workspace.view.say("there is no answer to judge here yet", "warning", holds=holds)
        return None
    return run, key


def in_sight(workspace: Workspace) -> bool:
    """Return whether what is shown was in sight for long enough to be judged; show a message if not."""
    if workspace.view.seconds_in_sight >= GUARD_SECONDS:
        return True
    holds = workspace.review.unmoved()
    workspace.view.say("the picture has just changed: look, then judge", "warning", holds=holds)
    return False


async def judge(workspace: Workspace, verdict: Verdict | None, place: Judged | None = None) -> None:
    """Judge an answer, and move on if it is the current one.

    Args:
        workspace: what is worked on.
        verdict: `None` takes one back.
        place: the answer; by default the current one, where it was in sight for long enough.
    """
    if place is None and verdict and not in_sight(workspace):
        return
    if (place := place or judgeable(workspace)) is None:
        return
    here = (workspace.review.run, workspace.review.key) == place
    judged = await assess(workspace, lambda before: with_verdict(before, verdict), place)
    if judged and verdict and here and workspace.app_context.settings.auto_advance:
        if (look := workspace.second_look) is not None:
            second_look.advance(workspace, look)
        else:
            run_events.advance(workspace)


def unchanged(place: Judged) -> Callable[[], bool]:
    """Return what tells, later, whether an answer is still the one that was meant."""
    run, key = place
    then = run.result(*key)
    meant = then and then.response
    return lambda: (now := run.result(*key)) is not None and now.error is None and now.response == meant


def with_flag_toggled(assessment: Assessment) -> Assessment:
    """Return the assessment with the flag for a second look, or without it if it has it."""
    return with_flag(assessment, assessment.flagged is not True)


async def assess(workspace: Workspace, edit: Edit, place: Judged | None = None) -> bool:
    """Change an assessment, by default of the current answer; return whether it is on disk."""
    place = place or judgeable(workspace)
    if place is None:
        return False
    run, key = place
    workspace.review.stay()
    try:
        changed = await workspace.assessments.change(run, key, edit(run.assessment(*key)))
    except FadaError as error:
        workspace.view.say(str(error), "error")
        return False
    if not changed:
        workspace.last_echo = unchanged_text(run, *key)
        workspace.view.say(workspace.last_echo, "echo")
    workspace.view.refilter_soon()
    workspace.view.draw()
    return True


async def note_change(workspace: Workspace) -> None:
    """Record that the current answer's image has changed, if it has; its picture says it on the screen."""
    run, key = workspace.review.run, workspace.review.key
    if run is None or key is None:
        return
    try:
        if await workspace.image_checks.change(run, key):
            workspace.view.draw_soon()
    except FadaError as error:
        workspace.view.say(str(error), "error")


async def undo(workspace: Workspace) -> None:
    """Undo the last assessment change and show where."""
    await _show_change(workspace, workspace.assessments.undo(), "undone")


async def redo(workspace: Workspace) -> None:
    """Redo the last undone change and show where."""
    await _show_change(workspace, workspace.assessments.redo(), "done again")


async def _show_change(workspace: Workspace, doing: Awaitable[Step | None], word: str) -> None:
    try:
        step = await doing
    except FadaError as error:
        workspace.view.say(str(error), "error")
        workspace.view.draw()
        return
    if step is None:
        workspace.view.say(f"nothing to be {word}")
        return
    review = workspace.review
    places = [place for one in step if (place := review.place_of(one.run_id, one.path, one.question_id))]
    if places and (review.slot, review.key_index) not in places:
        workspace.go(places[0])
    review.stay()
    workspace.view.draw()
    workspace.view.say(change_text(word, step, workspace.open_runs.runs), "echo")


def back(workspace: Workspace) -> None:
    """Go to the answer that was judged last; again, to the one before it."""
    review, runs = workspace.review, workspace.open_runs.runs

    def stands(answer: AnswerId) -> bool:
        run = runs.get(answer.run_id)
        return run is not None and run.assessment(*answer[1:]).verdict is not None

    workspace.judged_answers.add_earlier(review.looked_at())
    answer = workspace.judged_answers.back(
        workspace.here, stands, lambda one: review.place_of(*one) is not None
    )
    if answer is None:
        holds = review.unmoved()
        workspace.view.say("no answer was judged before this one; ] goes on", holds=holds)
    elif place := review.place_of(*answer):
        workspace.go(place)
        run = runs[answer.run_id]
        workspace.view.say(f"judged before: {answer_name(run, *answer[1:])} · ] goes on", "echo")
    else:
        _tell_hidden(workspace, answer)


def _tell_hidden(workspace: Workspace, answer: AnswerId) -> None:
    """Say why an answer cannot be gone to."""
    review, run = workspace.review, workspace.open_runs.runs[answer.run_id]
    name = answer_name(run, *answer[1:])
    if run not in review.looked_at():
        of = "" if workspace.open_runs.blind else f" of {run.run.model.name}"
        why = f"is in a run{of} that is not shown here"
    else:
        why = "is hidden by the filter" if review.filter.words else "is not in the list"
    workspace.view.say(f"{name}, judged before, {why}; backspace again goes to the one before it")


def step(workspace: Workspace, by: int) -> None:
    """Go to the next unassessed answer, `by` 1, or the previous one, -1.

    Where a filter lets no unassessed one through, to the next one that it does; in a second look, along that.
    """
    if (look := workspace.second_look) is not None:
        second_look.step(workspace, look, by)
        return
    review = workspace.review
    place = stepping.next_place(review, by) or (
        stepping.next_match(review, by) if review.filter.words else None
    )
    if place:
        workspace.go(place)
    else:
        holds = workspace.review.unmoved()
        workspace.view.say(f"no unassessed answer: {workspace.review.progress()}", holds=holds)


def copy_answer(workspace: Workspace) -> None:
    """Copy the current answer's text to the clipboard, where the terminal allows that."""
    answer = workspace.review.answer_view()
    if answer.state not in ("answered", "running") or not answer.text:
        workspace.view.say("there is no answer to copy here yet", "warning", holds=workspace.review.unmoved())
        return
    workspace.view.copy(answer.text)
    copied = count(len(answer.text), "character")
    workspace.view.say(f"answer copied: {copied}; not every terminal allows a program to copy")


def walk(workspace: Workspace, by: int) -> None:
    """Go to the answer after this one, `by` 1, or the one before, -1; judged or not."""
    if place := stepping.answer_beside(workspace.review, by):
        workspace.go(place)
    else:
        holds = workspace.review.unmoved()
        workspace.view.say(f"this is the {'last' if by > 0 else 'first'} answer", holds=holds)
