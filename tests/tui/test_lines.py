"""Lines of text about what is looked at."""

import pytest

from fada_tui.core.records import Assessment
from fada_tui.evaluation.assessment.history import Change
from fada_tui.tui.present.lines import change_text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Assessment(), Assessment(verdict="correct"), "✓ correct"),
        (Assessment(verdict="correct", note="x"), Assessment(note="x"), "no verdict"),
        (Assessment(), Assessment(context=True), "context yes"),
        (Assessment(context=False), Assessment(), "context unset"),
        (Assessment(), Assessment(tags=("generic", "wrong side")), "tags generic, wrong side"),
        (Assessment(tags=("generic",)), Assessment(), "no tags"),
        (Assessment(note="old"), Assessment(note="new"), "note “new”"),
        (Assessment(verdict="partial", note="old"), Assessment(verdict="partial"), "no note"),
    ],
)
def test_what_was_undone_is_said(before: Assessment, after: Assessment, said: str) -> None:
    assert (
        change_text("undone", (Change("run", "A/a.png", "q1", before, after),)) == f"undone: A/a.png: {said}"
    )


def test_what_was_undone_of_several_answers_is_said_at_once() -> None:
    judged, none = Assessment(verdict="correct"), Assessment()
    same = [Change(run, "A/a.png", "q1", judged, none) for run in ("one", "other")]
    assert change_text("undone", (*same,)) == "undone: A/a.png, 2 answers: no verdict"
    other = Change("one", "B/b.png", "q1", judged, none)
    assert change_text("undone", (*same, other)) == "undone: 3 answers: no verdict"
    differs = Change("other", "A/a.png", "q1", judged, Assessment(verdict="partial"))
    assert change_text("undone", (same[0], differs)) == "undone: A/a.png, 2 answers: each as it was"
