"""The page of a run, `summary.md`, with its sections in reading order, and `details.md`, where it goes on."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from fada_tui.core.records import ModelEntry, ModelNote, Notes, Run
from fada_tui.report import categories, devices, looking, results, scores, sorting, technical, verdicts
from fada_tui.report.analysis import strengths_and_weaknesses
from fada_tui.report.changed_images import changed_images, changed_list
from fada_tui.report.comparison import Compared, compared, comparison_section
from fada_tui.report.control_pictures import HEADING, control_section
from fada_tui.report.header import DETAILS, metrics, specifications, title
from fada_tui.report.markdown import name
from fada_tui.report.notes import written
from fada_tui.report.overview import overview
from fada_tui.report.question_figures import CategoryOf, QuestionFigures, question_figures
from fada_tui.report.references import references_section
from fada_tui.report.sections import PAGE_LINES, Form, Section, fitting, only

ANSWERS: Final = 100
"""Results whose answers stand on the page, as long as there is room."""
_RESULTS = "Detailed Results"
_FEW_ROWS = 8
"""Rows of the comparison where there is little room."""


class Pages(NamedTuple):
    """A run's page, and the page beside it."""

    summary: str
    rest: Callable[[], str] | None
    """Makes the other, which takes as long as there are answers; `None` if the first has room for all."""

    @property
    def details(self) -> str | None:
        """Return the page of what has no room on the first; `None` if everything has."""
        return self.rest() if self.rest else None


def render_summary(
    run: Run,
    others: Sequence[Compared],
    entries: Sequence[ModelEntry],
    upcoming: ModelEntry | None,
    *,
    notes: Sequence[ModelNote] = (),
) -> str:
    """Return a run's page as Markdown; see `render`."""
    return render(run, others, entries, upcoming, notes).summary


def render(
    run: Run,
    others: Sequence[Compared],
    entries: Sequence[ModelEntry],
    upcoming: ModelEntry | None,
    notes: Sequence[ModelNote] = (),
    *,
    category_of: CategoryOf | None = None,
) -> Pages:
    """Return a run's page as Markdown, and the one that holds what has no room on it.

    Args:
        run: The run.
        others: The runs to compare it with; the run itself may be among them.
        entries: The model list, for the run's place in it.
        upcoming: The model to test next.
        notes: What is told of models, for those that have no run.
        category_of: Gives the category of the rubric by which the run was scored, for questions about terms.
    """
    this, questions = compared(run), question_figures(run, category_of)
    # A person's notes take no room from the rest.
    bare = _sections(replace(run, notes=Notes()), this, questions, others, entries, notes)
    end = _end(run, entries, upcoming, details=True)
    forms = fitting(bare, PAGE_LINES - len(end))
    sections = _sections(run, this, questions, others, entries, notes)
    lines = [line for one, form in zip(sections, forms, strict=True) for line in one.lines(form)]
    moved = [one for one, form in zip(sections, forms, strict=True) if form and one.goes_on]
    lines += _end(run, entries, upcoming, details=bool(moved))
    return Pages("\n".join(lines), partial(_details, run, moved) if moved else None)


def _sections(
    run: Run,
    this: Compared,
    questions: Sequence[QuestionFigures],
    others: Sequence[Compared],
    entries: Sequence[ModelEntry],
    notes: Sequence[ModelNote],
) -> list[Section]:
    found = this.figures
    top = [*title(run, found), *changed_images(run)]
    first = [*top, *overview(run, found, questions, above=len(top))]
    tested = looking.section(questions)
    scored = scores.section(run, found, questions, first)
    judged = verdicts.section(found, questions)
    return [
        only(lambda: first),
        Section((partial(changed_list, run), partial(changed_list, run, 3))),
        only(partial(specifications, run, found)),
        Section(
            (partial(metrics, run, found), partial(metrics, run, found, brief=True)),
            heading="Performance Metrics",
            goes_on=True,
        ),
        _whole_or_nothing("References", lambda: references_section(run)[2:], level=2),
        *([tested] if tested else []),
        *([scored] if scored else []),
        *([judged] if judged else []),
        _whole_or_nothing(HEADING, partial(control_section, run), level=2),
        only(partial(sorting.classification_section, run, found)),
        Section(
            (
                partial(sorting.confusions, found),
                partial(sorting.frequent_confusions, found, elsewhere=DETAILS),
                partial(sorting.frequent_confusions, found, elsewhere=DETAILS, most=3),
            ),
            heading="Confusions",
            level=3,
            first=1 if sorting.large(found) else 0,
            goes_on=True,
        ),
        _answers(run),
        Section((partial(strengths_and_weaknesses, run, found),), heading="Analysis"),
        Section(
            (
                partial(comparison_section, this, others, notes=notes),
                partial(comparison_section, this, others, _FEW_ROWS, notes=notes),
            )
        ),
        only(lambda: _written("Conclusions", run.notes.conclusion)),
        only(partial(technical.technical_notes, run, found)),
        _devices(run),
        _whole_or_nothing(
            "Prompt" if run.classes is UNSET else "Prompts of the Classes", partial(technical.prompt, run)
        ),
        _whole_or_nothing("Command", partial(technical.command, run, entries)),
        only(lambda: _written("Recommendation", run.notes.recommendation)),
    ]


def _answers(run: Run) -> Section:
    """Return the answers as the reference has them, or shorter, or figures of categories in their place."""
    if not run.results:
        return Section((lambda: ["No results.", ""],), heading=_RESULTS)
    note = _in_details("All figures of each answer are")
    forms = (
        partial(results.answers, run),
        lambda: [*note, *results.answers(run, brief=True)],
        lambda: [*note, *results.one_line_each(run)],
        partial(categories.by_category, run, elsewhere=DETAILS),
    )
    many = len(run.results) > ANSWERS
    return Section(
        forms, heading=_RESULTS, first=len(forms) - 1 if many else 0, last_resort=True, goes_on=True
    )


def _devices(run: Run) -> Section:
    """Return what each of several devices did: of many the first, the rest on the page of details."""
    forms = (
        partial(devices.section, run, None),
        partial(devices.section, run),
        lambda: _in_details("It is") if len(devices.parts(run)) > 1 else [],
    )
    return Section(forms, heading=devices.HEADING, level=3, first=1 if devices.many(run) else 0, goes_on=True)


def _whole_or_nothing(heading: str, form: Form, *, level: int = 3) -> Section:
    """Return a section that may stand on the page of details alone."""
    forms = (form, lambda: _in_details("It is") if form() else [])
    return Section(forms, heading=heading, level=level, goes_on=True)


def _in_details(what: str) -> list[str]:
    return [f"{what} in {DETAILS}.", ""]


def _end(run: Run, entries: Sequence[ModelEntry], upcoming: ModelEntry | None, *, details: bool) -> list[str]:
    return [*technical.files(run, details=details), *technical.testing_list(run, entries, upcoming)]


def _details(run: Run, moved: Sequence[Section]) -> str:
    """Return the page of what has no room on the first: its parts whole, below an index of the categories."""
    lines = [
        f"# {name(run.model.name)} Test Results: Details",
        "",
        "What has no room on the run's page, [summary.md](summary.md).",
        "",
    ]
    if any(one.heading == _RESULTS for one in moved):
        lines += ["## Categories", "", *categories.index(run)]
    for one in moved:
        lines += one._replace(level=2).lines(0)
    return "\n".join(lines)


def _written(heading: str, text: str | None) -> list[str]:
    body = written(text, below=2)
    return [f"## {heading}", "", *body, ""] if body else []
