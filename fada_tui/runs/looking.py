"""Whether a run's answers go with its images: tested where answers or scores have come since it was."""

from collections import Counter

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import Run
from fada_tui.evaluation.looking import looking_of
from fada_tui.report.question_figures import right_answers
from fada_tui.runs.scoring import category_of


def with_looking(run: Run) -> Run:
    """Return the run with what was found for each question; as it is where its answers are those of before.

    An answer is never replaced: as many as before are the same. Scoring them anew takes away what was found.
    """
    asked = {question.id for question in run.questions}
    answered = [one for one in run.results if one.error is None and one.response is not None]
    counts = Counter(one.question_id for one in answered if one.question_id in asked)
    if not counts:
        return replace(run, looking=UNSET)
    if run.looking is not UNSET and {one.question_id: one.images for one in run.looking} == {
        question.id: counts[question.id] for question in run.questions
    }:
        return run
    return replace(run, looking=looking_of(run.questions, answered, right_answers(run), category_of(run)))
