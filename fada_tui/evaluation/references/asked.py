"""References of a run that asks fewer questions than its plan had."""

from collections.abc import Collection

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import QuestionReferences, References


def of_questions(references: References, asked: Collection[str]) -> References:
    """Return references in which other questions than those asked count as questions that only the file has.

    Args:
        references: of the run.
        asked: ids of the questions that it asks after all.
    """
    own = [row for row in references.questions if row.question_id in asked]
    foreign = [
        row if row.question_id is None else _not_asked(row)
        for row in references.questions
        if row.question_id not in asked and row.heading is not None
    ]
    others = references.others
    return replace(
        references,
        matched=sum(row.matched for row in own),
        of=sum(row.of for row in own),
        questions=(*own, *foreign),
        others=UNSET if others is UNSET else tuple(of_questions(other, asked) for other in others),
    )


def _not_asked(row: QuestionReferences) -> QuestionReferences:
    return replace(row, question_id=None, matched=0, of=0, unmatched=row.matched + row.unmatched)
