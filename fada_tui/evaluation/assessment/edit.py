"""Changes to an assessment, each a function that returns the changed assessment."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from fada_tui.core.records import Assessment, Result, Verdict

_NEXT_CONTEXT = {None: True, True: False, False: None}


def mine(result: Result, assessor: str | None) -> Assessment:
    """Return an assessor's last assessment of a result; an empty one if there is none."""
    own = (one for one in reversed(result.assessments) if one.assessor == assessor)
    return next(own, Assessment(assessor=assessor))


def with_verdict(assessment: Assessment, verdict: Verdict | None) -> Assessment:
    """Return the assessment with this verdict; `None` withdraws it."""
    return replace(assessment, verdict=verdict)


def with_context(assessment: Assessment, context: bool | None) -> Assessment:
    """Return the assessment with this context flag; `None` withdraws it."""
    return replace(assessment, context=context)


def with_next_context(assessment: Assessment) -> Assessment:
    """Return the assessment with the next value of the context flag: unset, yes, no."""
    return replace(assessment, context=_NEXT_CONTEXT[assessment.context])


def with_tag_toggled(assessment: Assessment, tag: str) -> Assessment:
    """Return the assessment with a tag added, or removed if it has it."""
    without = tuple(one for one in assessment.tags if one != tag)
    return replace(assessment, tags=without if tag in assessment.tags else (*assessment.tags, tag))


def with_note(assessment: Assessment, note: str | None) -> Assessment:
    """Return the assessment with this note; an empty text removes the note."""
    return replace(assessment, note=note or None)


def with_flag(assessment: Assessment, flagged: bool) -> Assessment:
    """Return the assessment with the flag for a second look set or removed."""
    return replace(assessment, flagged=flagged or UNSET)


def edited_alike(edit: Callable[[Assessment], Assessment], before: Sequence[Assessment]) -> list[Assessment]:
    """Return assessments as an edit changes the first one: what it sets or removes there is so in all.

    Args:
        edit: what is done; where it changes nothing of the first one, the others are edited each by itself.
        before: the assessments of equal answers, at least one.
    """
    first, *others = before
    wanted = edit(first)
    if wanted == first:
        return [edit(one) for one in before]
    return [wanted, *(_likewise(one, first, wanted) for one in others)]


def _likewise(assessment: Assessment, first: Assessment, wanted: Assessment) -> Assessment:
    """Return an assessment with what differs between two others."""
    fields = ("verdict", "context", "note", "flagged")
    changed = {
        name: getattr(wanted, name) for name in fields if getattr(wanted, name) != getattr(first, name)
    }
    removed = set(first.tags) - set(wanted.tags)
    kept = [tag for tag in assessment.tags if tag not in removed]
    added = [tag for tag in wanted.tags if tag not in first.tags and tag not in kept]
    return replace(assessment, tags=(*kept, *added), **changed)


def stamped(
    assessment: Assessment, *, assessor: str | None, at: str, blind: bool, act: str | UnsetType = UNSET
) -> Assessment:
    """Return the assessment as it is stored: with assessor, time, and whether names were hidden.

    What another version noted of an earlier one, it has not noted of this.

    Args:
        assessment: what was said.
        assessor: who said it.
        at: ISO 8601, UTC.
        blind: whether names were hidden.
        act: shared by assessments that one key gave to equal answers.
    """
    return replace(assessment, assessor=assessor, at=at, blind=blind, act=act, unknown_fields=UNSET)


def now_ms(after: str = "") -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond, so that quick verdicts keep their order.

    Args:
        after: an earlier time in that form. The time returned is later, whatever the clock says; one that
            cannot be read is passed over.
    """
    moment = datetime.now(UTC)
    with suppress(ValueError, TypeError, OverflowError):
        least = datetime.fromisoformat(after) + timedelta(milliseconds=1)
        moment = max(moment, least)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
