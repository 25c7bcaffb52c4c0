"""What the page, and the terminal, say of references: which answers of an expert went with what."""

from collections.abc import Iterator

from msgspec import UNSET

from fada_tui.core.records import Question, QuestionReferences, References, Run
from fada_tui.core.table import folded
from fada_tui.report import units
from fada_tui.report.markdown import inline, item, name, table

LISTED = 20
"""Images, and remarks, that are listed; the run's record has all."""


def references_line(run: Run) -> str | None:
    """Return the line of the page's first screen on references; `None` for a run without any."""
    files = _files(run)
    if not files:
        return None
    return f"**References**: {'; '.join(_briefly(one) for one in files)}"


def references_section(run: Run) -> list[str]:
    """Return the section References, empty for a run without any: each file by question, and what is left."""
    files = _files(run)
    if not files:
        return []
    lines = ["## References", ""]
    for one in files:
        if len(files) > 1:
            lines += [f"### {name(one.name)}", ""]
        lines += [*_file(one, run), ""]
    return lines


def references_told(references: References, questions: tuple[Question, ...]) -> list[str]:
    """Return what a terminal is told of references beside a run's questions: lines, not yet escaped."""
    return [
        f"{one.name}: {line}"
        for one in (references, *(references.others or ()))
        for line in _told(one, len(questions))
    ]


def _told(one: References, asked: int) -> Iterator[str]:
    """Yield what is told of a file: how much matched, questions that stand out by their number, remarks."""
    own = [row for row in one.questions if row.question_id is not None]
    having = [row for row in own if row.matched]
    parts = [f"{one.matched:,} of {one.of:,} answers, {len(having)} of {asked} questions"]
    if without := [f"'{row.question_id}'" for row in own if not row.matched]:
        parts.append(f"{', '.join(without)} {'has' if len(without) == 1 else 'have'} none")
    if foreign := [f"'{row.heading}'" for row in one.questions if row.question_id is None]:
        parts.append(f"{folded(foreign)} {'is' if len(foreign) == 1 else 'are'} not asked")
    if one.unmatched:
        parts.append(f"{_images(len(one.unmatched))} of the file {_are(one)} not in this run")
    yield "; ".join(parts)
    if len({row.matched for row in having}) > 1:
        for row in having:
            yield f"'{row.question_id}' has {row.matched:,} of {row.of:,}, from '{row.heading}'"
    yield from one.remarks


def _files(run: Run) -> tuple[References, ...]:
    return () if run.references is UNSET else (run.references, *(run.references.others or ()))


def _briefly(one: References) -> str:
    none = [row.question_id for row in one.questions if row.question_id is not None and not row.matched]
    without = f", none for {name(folded(none))}" if none else ""
    left = f", {_images(len(one.unmatched))} of the file not in this run" if one.unmatched else ""
    return f"{name(one.name)}, {one.matched:,} of {one.of:,} answers{without}{left}"


def _file(one: References, run: Run) -> list[str]:
    known = {question.id: question for question in run.questions}
    rows = [_row(row, known) for row in one.questions]
    lines = [
        f"{one.matched:,} of the run's {one.of:,} answers have a reference in {name(one.name)} "
        f"(SHA-256 {inline(one.sha256[:12])}…).",
        "",
        *table(("Question", "In the file", "Matched", "Of", "Left in the file"), rows),
    ]
    if one.remarks:
        lines += ["", "Read otherwise than it stands there:", "", *_listed(one.remarks)]
    if one.unmatched:
        lines += ["", f"{_images(len(one.unmatched))} of the file {_are(one)} not in this run:", ""]
        lines += _listed(one.unmatched)
    return lines


def _row(row: QuestionReferences, known: dict[str, Question]) -> tuple[str, ...]:
    question = known.get(row.question_id or "")
    called = (
        "not asked" if row.question_id is None else name((question and question.short) or row.question_id)
    )
    heading = "⚠️ none" if row.heading is None else inline(row.heading)
    return called, heading, f"{row.matched:,}", f"{row.of:,}", f"{row.unmatched:,}"


def _listed(texts: tuple[str, ...]) -> Iterator[str]:
    yield from (f"- {item(text)}" for text in texts[:LISTED])
    if len(texts) > LISTED:
        yield f"- and {len(texts) - LISTED:,} more, in `run.json`"


def _images(number: int) -> str:
    return units.count(number, "image")


def _are(one: References) -> str:
    return "is" if len(one.unmatched) == 1 else "are"
