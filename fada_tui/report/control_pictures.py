"""The parts of the page about control pictures: what the model says of pictures that show nothing."""

from typing import Final

from fada_tui.core.control import PICTURES
from fada_tui.core.records import Result, Run
from fada_tui.evaluation.control_answers import ControlAnswers, control_answers, same_as_commonest
from fada_tui.report import score_texts, units
from fada_tui.report.markdown import inline, name, table

HEADING: Final = "Control Pictures"
_CHARACTERS = 60


def control_line(run: Run) -> list[str]:
    """Return the item of a list on answers that stay the same without an image; empty without any."""
    found = control_answers(run)
    same = same_as_commonest(found)
    if not same:
        return []
    where = "" if len(found) == 1 else f" in {len(same):,} of {units.count(len(found), 'question')}"
    return [
        f"  - Of pictures that show nothing it says the same as its commonest answer{where}: see {HEADING}"
    ]


def control_section(run: Run) -> list[str]:
    """Return what stands in the section of control pictures; empty if none was asked about."""
    found = control_answers(run)
    if not found:
        return []
    shown = next(
        (
            f" ({one.width:,} × {one.height:,} pixels)"
            for one in run.controls or ()
            if one.width and one.height
        ),
        "",
    )
    labels = {question.id: question.short or question.id for question in run.questions}
    columns = ("Question", *(picture.capitalize() for picture in PICTURES), "Commonest of the Images", "Same")
    rows = [
        (
            name(labels[one.question_id]),
            *(_said(one.results.get(picture)) for picture in PICTURES),
            _commonest(one),
            _same(one),
        )
        for one in found
    ]
    return [
        f"The same asked of pictures that show nothing{shown}: one black, one mid-grey, one of noise. "
        "They count in no other figure.",
        "",
        *table(columns, rows),
        "",
    ]


def _said(result: Result | None) -> str:
    if result is None:
        return "–"
    return f"error: {inline(result.error.kind)}" if result.error else _quoted(result.response or "")


def _quoted(text: str) -> str:
    return inline(score_texts.cut(text, _CHARACTERS)) or "an empty answer"


def _commonest(found: ControlAnswers) -> str:
    same = found.commonest
    return f"{_quoted(same.answer)} ({same.count:,} of {same.images:,})" if same.images else "–"


def _same(found: ControlAnswers) -> str:
    if found.all_same:
        return "yes"
    if not found.answered or not found.commonest.images:
        return "–"
    return ", ".join(found.same) or "no"
