"""Assessments that people wrote into a table, given to the results that they are about: pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from fada_tui.core.errors import UsageError
from fada_tui.core.records import Assessment, PlannedImage, Result, Run, Verdict
from fada_tui.core.table import Table
from fada_tui.core.text import printable
from fada_tui.store.imported.columns import known_column, listed, parts_of
from fada_tui.store.imported.images import ImageIndex
from fada_tui.store.imported.quantities import moment
from fada_tui.store.imported.questions import QuestionIndex

_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "assessor": ("assessor", "rater", "reader", "annotator", "expert", "judge"),
    "verdict": ("verdict", "assessment", "judgement", "judgment", "rating"),
    "context": ("context", "fetal context", "fetal_context"),
    "tags": ("tags", "tag"),
    "note": ("note", "notes", "comment", "comments", "remark"),
    "at": ("at", "date", "time", "timestamp", "assessed_at", "assessed at"),
}

_RESULT = ("image", "category", "question", "question_id", "model")

_VERDICTS: Final[Sequence[tuple[Verdict, str]]] = (
    ("partial", r"(?:part(?:ial(?:ly)?|ly)?|half|mostly)(?:[ _-](?:correct|right|true))?"),
    ("incorrect", r"(?:incorrect|(?:not|in)[ -]?(?:correct|right)|wrong|false|no|bad|fail(?:ed)?)"),
    ("correct", r"(?:(?:fully |completely )?(?:correct|right|true)|yes|good|ok|pass(?:ed)?)"),
)
"""Words for each verdict, in the order in which they are looked for."""

_MARKS: Final[Mapping[str, Verdict]] = {
    "✓": "correct", "✔": "correct", "✅": "correct", "1": "correct", "c": "correct",
    "✗": "incorrect", "✘": "incorrect", "❌": "incorrect", "0": "incorrect", "i": "incorrect",
    "~": "partial", "0.5": "partial", "½": "partial", "p": "partial",
}  # fmt: skip

_YES = frozenset(("yes", "y", "true", "1", "fetal", "x", "✓", "✔", "✅"))
_NO = frozenset(("no", "n", "false", "0", "✗", "✘", "❌"))


def verdict_of(text: str) -> tuple[Verdict, str | None] | None:
    """Return a verdict as people write it, and what follows it as a note; `None` if it is none.

    `❌ Incorrect - Generic adult anatomy` is the verdict `incorrect` with the note `Generic adult anatomy`.
    """
    said = text.strip()
    plain = said.casefold().replace("\N{VARIATION SELECTOR-16}", "")
    if mark := _MARKS.get(plain):
        return mark, None
    for verdict, words in _VERDICTS:
        found = re.fullmatch(rf"[^\w]*{words}(?:[\s:;,.–—-]+(?P<note>.*))?", said, re.I | re.S)
        if found and not (found["note"] and not re.search(r"[:;,.–—-]", said[: found.start("note")])):
            return verdict, found["note"] or None
    return None


class _Unusable(Exception):
    """A row's assessment cannot be taken; the text says why."""


class AssessmentTable:
    """A table of assessments, and the results of some runs."""

    def __init__(
        self,
        table: Table,
        runs: Sequence[Run],
        assessor: str | None,
        name_of: Callable[[str], str] = str,
    ) -> None:
        """Begin.

        Args:
            table: with columns for image, category, question, assessor, verdict, context, tags, note, at.
            runs: whose results are assessed; of several, a column `model` says which.
            assessor: who it was where the table does not say.
            name_of: returns what a model is called in the runs, by another name of it.

        Raises:
            UsageError: there is no column of images, or none with anything assessed.
        """
        self._table = table
        self._assessor = assessor
        self._name_of = name_of
        self._columns = dict(_columns(table.headings))
        for field, need in (("image", "the images"), ("verdict", "the verdicts")):
            if field not in self._columns:
                raise UsageError(
                    f"no column has {need} (there are {listed(table.headings)}): name the columns image, "
                    "category, question, assessor, verdict, context, tags, note, at"
                )
        if len(runs) > 1 and "model" not in self._columns:
            raise UsageError("the results are of several models: add a column 'model' that says which")
        self._lookups = {run.model.name: _Lookup(run) for run in runs}
        self.remarks: list[str] = []
        """What could not be taken, by its line, and columns that are not read."""
        self.taken = 0
        """Number of assessments given to results."""
        unread = [name for place, name in enumerate(table.headings) if place not in self._columns.values()]
        if any(unread):
            self.remarks.append(f"not read of the assessments: {listed([name for name in unread if name])}")

    def given(self) -> list[Run]:
        """Return the runs with the assessments in their results."""
        for row in self._table.rows:
            values = {field: row.cells[place].strip() for field, place in self._columns.items()}
            try:
                result, lookup = self._result(values)
                assessment = self._assessment(values)
            except _Unusable as error:
                self.remarks.append(f"{self._table.unit} {row.number}: {error}")
                continue
            earlier = lookup.given.setdefault(result.key, [])
            if assessment == next(
                (one for one in earlier[::-1] if one.assessor == assessment.assessor), None
            ):
                self.remarks.append(f"{self._table.unit} {row.number}: the same again, counted once")
                continue
            earlier.append(assessment)
            self.taken += 1
        return [lookup.assessed() for lookup in self._lookups.values()]

    def _result(self, values: Mapping[str, str]) -> tuple[Result, "_Lookup"]:
        name = values.get("model", "")
        named = self._model(name)
        if named is None:
            raise _Unusable(f"no results are of the model {_quoted(name)}" if name else "it names no model")
        return self._lookups[named].result(values), self._lookups[named]

    def _model(self, name: str) -> str | None:
        """Return the run's model that a row names, in this case or another; `None` if there is none."""
        if not name:
            return next(iter(self._lookups)) if len(self._lookups) == 1 else None
        for written in (name, self._name_of(name)):
            alike = [one for one in self._lookups if one.casefold() == written.casefold()]
            if written in self._lookups or len(alike) == 1:
                return written if written in self._lookups else alike[0]
        return None

    def _assessment(self, values: Mapping[str, str]) -> Assessment:
        said = values["verdict"]
        found = verdict_of(said) if said else None
        if said and found is None:
            raise _Unusable(f"{_quoted(said)} is no verdict (correct, partial, incorrect)")
        notes = [note for note in (values.get("note"), found[1] if found else None) if note]
        at = values.get("at") or None
        if at and moment(at) is None:
            raise _Unusable(f"{_quoted(at)} is no date as in 2025-10-02 or 2025-10-02T13:05:00Z")
        assessment = Assessment(
            assessor=values.get("assessor") or self._assessor,
            verdict=found[0] if found else None,
            context=_flag(values.get("context", "")),
            tags=tuple(dict.fromkeys(filter(None, re.split(r"\s*[,;|]\s*", values.get("tags", ""))))),
            note=" - ".join(dict.fromkeys(notes)) or None,
            at=moment(at) if at else None,
        )
        if (assessment.verdict, assessment.context, assessment.tags, assessment.note) == (
            None,
            None,
            (),
            None,
        ):
            raise _Unusable("nothing is assessed in it")
        return assessment


class _Lookup:
    """The results of one run by what a table calls them, and the assessments for them."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._images = ImageIndex(
            PlannedImage(image=result.image, category=result.category, path=result.path)
            for result in {result.path: result for result in run.results}.values()
        )
        self._questions = QuestionIndex(run.questions)
        self._results = {result.key: result for result in run.results}
        self.given: dict[tuple[str, str], list[Assessment]] = {}

    def result(self, values: Mapping[str, str]) -> Result:
        """Return the result that a row is about; raises `_Unusable`."""
        parts = parts_of(values["image"])
        if not parts:
            raise _Unusable("it names no image")
        image = self._images.find(parts[:-1], parts[-1], values.get("category") or None)
        if image is None:
            raise _Unusable(f"no result is about an image {_quoted(values['image'])}, or several are")
        name, text = values.get("question_id") or None, values.get("question") or None
        if name is None and text is None:
            if len(self._run.questions) > 1:
                raise _Unusable("it names no question, and several were asked")
            question = self._run.questions[0]
        elif (found := self._questions.find(name, text)) is None:
            raise _Unusable(f"{_quoted(text or name or '')} is no question of the run")
        else:
            question = found
        result = self._results.get((image.path, question.id))
        if result is None:
            raise _Unusable(f"there is no answer about {_quoted(image.path)} to {_quoted(question.id)}")
        if result.error is not None:
            raise _Unusable(f"the result of {_quoted(image.path)} is an error: there is no answer to judge")
        return result

    def assessed(self) -> Run:
        """Return the run with the assessments that it was given."""
        if not self.given:
            return self._run
        results = tuple(
            replace(result, assessments=(*result.assessments, *self.given[result.key]))
            if result.key in self.given
            else result
            for result in self._run.results
        )
        return replace(self._run, results=results)


def _columns(headings: Sequence[str]) -> Iterator[tuple[str, int]]:
    seen: dict[str, str] = {}
    for place, heading in enumerate(headings):
        plain = " ".join(heading.casefold().split())
        field = next((field for field, names in _NAMES.items() if plain in names), None)
        if field is None and (known := known_column(heading)) and known.field in _RESULT:
            field = known.field
        if field is None:
            continue
        if field in seen:
            raise UsageError(
                f"the columns {listed([seen[field], heading])} could both be the {field}: leave one out"
            )
        seen[field] = heading
        yield field, place


def _flag(text: str) -> bool | None:
    plain = text.casefold()
    if plain and plain not in _YES and plain not in _NO:
        raise _Unusable(f"context is yes or no, got {_quoted(text)}")
    return plain in _YES if plain else None


def _quoted(text: str) -> str:
    shown = printable(text)
    return f"'{shown}'" if len(shown) <= 60 else f"'{shown[:59]}…'"
