"""Questions that runs ask in other words under one id: other questions, which a comparison names."""

from collections.abc import Iterable, Sequence
from itertools import islice

from msgspec import UNSET

from fada_tui.core.records import Record, Run
from fada_tui.core.text import printable
from fada_tui.evaluation.pairing import same_text
from fada_tui.report import units
from fada_tui.report.markdown import inline, name

QUESTIONS = 8
"""Ids that are listed; others are counted."""
_TEXTS = 4
_RUNS = 3
_LENGTH = 160
"""Characters of a text, above which it is shortened."""


class Wordings(Record, frozen=True, kw_only=True):
    """An id under which several questions are asked."""

    question_id: str
    texts: tuple[tuple[str, tuple[str, ...]], ...]
    """Each text with the ids of the runs that ask it, in the order of the runs."""


def differing_wordings(runs: Iterable[Run]) -> tuple[Wordings, ...]:
    """Return the ids under which the runs ask more than one text, in the order in which they appear.

    Texts that differ in case and white space alone are one. Models that sort images are asked nothing.
    """
    asked: dict[str, dict[str, tuple[str, dict[str, None]]]] = {}
    for run in runs:
        for question in run.questions if run.classes is UNSET else ():
            texts = asked.setdefault(question.id, {})
            texts.setdefault(same_text(question.text), (question.text, {}))[1][run.id] = None
    return tuple(
        Wordings(question_id=id, texts=tuple((text, tuple(names)) for text, names in texts.values()))
        for id, texts in asked.items()
        if len(texts) > 1
    )


def wordings_list(found: Sequence[Wordings], most: int = QUESTIONS) -> list[str]:
    """Return a Markdown list of them, in at most six lines for each of `most`; empty where there are none."""
    if not found:
        return []
    lines = ["The same id is not the same question where its text is another:", ""]
    for one in found[:most]:
        lines.append(f"- **{name(one.question_id)}** is asked in {len(one.texts):,} wordings:")
        lines += [f'  - "{inline(_short(text))}": {_runs(names)}' for text, names in one.texts[:_TEXTS]]
        if len(one.texts) > _TEXTS:
            lines.append(f"  - and {units.count(len(one.texts) - _TEXTS, 'other')}")
    if len(found) > most:
        lines.append(f"- and {units.count(len(found) - most, 'other question')}")
    return lines


def wordings_line(found: Sequence[Wordings]) -> str:
    """Return them as a line of plain text; empty where there are none."""
    if not found:
        return ""
    told = [f"{printable(one.question_id)} ({len(one.texts):,})" for one in islice(found, QUESTIONS)]
    more = f" and {len(found) - QUESTIONS:,} more" if len(found) > QUESTIONS else ""
    return f"Asked in several wordings, so not the same questions: {', '.join(told)}{more}."


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…"


def _runs(names: Sequence[str]) -> str:
    told = ", ".join(name(one) for one in names[:_RUNS])
    return told + (f" and {len(names) - _RUNS:,} more" if len(names) > _RUNS else "")
