"""Judging the current answer, undoing, and moving to the next."""

from collections.abc import Awaitable, Callable, Sequence
from secrets import token_hex

from fada_tui.core.errors import FadaError
from fada_tui.core.records import Assessment, Verdict
from fada_tui.evaluation.assessment.edit import edited_alike, with_flag, with_verdict
from fada_tui.evaluation.assessment.history import Step
from fada_tui.report.units import count
from fada_tui.tui.actions import run_events, second_look
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.present.echo import answer_name, unchanged_text
from fada_tui.tui.present.lines import change_text
from fada_tui.tui.state import stepping
from fada_tui.tui.state.judged_answers import AnswerId
from fada_tui.tui.state.open_runs import Answer

GOING_BLIND = "the runs are being read for blind mode: go on when it has begun, or give it up with b"

Edit = Callable[[Assessment], Assessment]

GUARD_SECONDS = 0.25
"""Seconds after an automatic change of the picture in which verdicts are refused."""


def judgeable(workspace: Workspace) -> Answer | None:
    """Return the current answer; show a message if there is none."""
    run, key = workspace.review.run, workspace.review.key
    if workspace.open_runs.going_blind:
        workspace.view.say(GOING_BLIND, "warning", holds=lambda: workspace.open_runs.going_blind)
        return None
    if run is None or key is None or not run.answered(*key):
        holds = workspace.review.unmoved()
        workspace.view.say("there is no answer to judge here yet", "warning", holds=holds)
        return None
    return run, key


def judged_here(workspace: Workspace) -> tuple[Answer, ...]:
    """Return the current answer and those that are judged with it; show a message if there is none."""
    return workspace.review.targets if judgeable(workspace) else ()


def in_sight(workspace: Workspace) -> bool:
    """Return whether what is shown was in sight for long enough to be judged; show a message if not."""
    if workspace.view.seconds_in_sight >= GUARD_SECONDS:
        return True
    holds = workspace.review.unmoved()
    workspace.view.say("the picture has just changed: look, then judge", "warning", holds=holds)
    return False


async def judge(
    workspace: Workspace, verdict: Verdict | None, places: Sequence[Answer] | None = None
) -> None:
    """Judge an answer and those that are judged with it, and move on if it is the current one.

    Args:
        workspace: what is worked on.
        verdict: `None` takes one back.
        places: the answers; by default the current one, where it was in sight for long enough.
    """
    if places is None and verdict and not in_sight(workspace):
        return
    if not (places := places or judged_here(workspace)):
        return
    here = (workspace.review.run, workspace.review.key) == places[0]
    judged = await assess(workspace, lambda before: with_verdict(before, verdict), places)
    if judged and verdict and here and workspace.app_context.settings.auto_advance:
        if (look := workspace.second_look) is not None:
            second_look.advance(workspace, look)
        else:
            run_events.advance(workspace)


def unchanged(places: Sequence[Answer]) -> Callable[[], bool]:
    """Return what tells, later, whether answers are still the ones that were meant."""
    then = [result and result.response for result in (run.result(*key) for run, key in places)]

    def still() -> bool:
        now = [run.result(*key) for run, key in places]
        return all(
            result is not None and result.error is None and result.response == meant
            for result, meant in zip(now, then, strict=True)
        )

    return still


def with_flag_toggled(assessment: Assessment) -> Assessment:
    """Return the assessment with the flag for a second look, or without it if it has it."""
    return with_flag(assessment, assessment.flagged is not True)


async def assess(workspace: Workspace, edit: Edit, places: Sequence[Answer] | None = None) -> bool:
    """Change the assessment of an answer, and alike that of equal ones; return whether it is on disk.

    Args:
        workspace: what is worked on.
        edit: what is changed.
        places: the answers; by default the current one, and those that are judged with it.
    """
    if not (places := judged_here(workspace) if places is None else places):
        return False
    workspace.review.stay()
    try:
        changed = await change(workspace, edit, places)
    except FadaError as error:
        workspace.view.say(str(error), "error")
        workspace.view.draw()
        return False
    if not changed:
        workspace.last_echo = unchanged_text(places[0][0], *places[0][1])
        workspace.view.say(workspace.last_echo, "echo")
    workspace.view.refilter_soon()
    workspace.view.draw()
    return True


async def change(workspace: Workspace, edit: Edit, places: Sequence[Answer]) -> bool:
    """Change the assessments of equal answers as the first one's, in one act; return whether any changed.

    Raises:
        FadaError: as `Assessments.change_all` does.
    """
    wanted = edited_alike(edit, [run.assessment(*key) for run, key in places])
    changes = [(run, key, one) for (run, key), one in zip(places, wanted, strict=True)]
    return await workspace.assessments.change_all(changes, token_hex(8))


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
    if workspace.side is not None:
        workspace.side.show([(one.run_id, one.path, one.question_id) for one in step])
    elif places and (review.slot, review.key_index) not in places:
        workspace.go(places[0])
    review.stay()
    workspace.view.draw()
    workspace.view.say(change_text(word, step, workspace.open_runs.runs), "echo")


def back(workspace: Workspace) -> None:
    """Go to the answer that was judged last; again, to the one before it."""
    review, runs = workspace.review, workspace.open_runs.runs

    side, equal = workspace.side, [AnswerId(run.id, *key) for run, key in review.equal]

    def stands(answer: AnswerId) -> bool:
        run = runs.get(answer.run_id)
        return run is not None and run.assessment(*answer[1:]).verdict is not None and answer not in equal

    def shown(answer: AnswerId) -> bool:
        return side.shows(*answer) if side else review.place_of(*answer) is not None

    workspace.judged_answers.add_earlier(side.runs if side else review.looked_at())
    answer = workspace.judged_answers.back(workspace.here, stands, shown)
    if answer is None:
        holds = review.unmoved()
        workspace.view.say("no answer was judged before this one; ] goes on", holds=holds)
    elif shown(answer):
        run = runs[answer.run_id]
        if side is not None:
            side.show([answer])
            workspace.view.draw()
        elif place := review.place_of(*answer):
            workspace.go(place)
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
