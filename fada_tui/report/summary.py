"""The page of a run, `summary.md`, with its sections in reading order."""

from collections.abc import Sequence

from fada_tui.core.records import ModelEntry, ModelNote, Run
from fada_tui.report.analysis import strengths_and_weaknesses
from fada_tui.report.changed_images import changed_images
from fada_tui.report.comparison import Compared, compared, comparison_section
from fada_tui.report.figures import figures
from fada_tui.report.header import metrics, specifications, title
from fada_tui.report.notes import written
from fada_tui.report.results import detailed_results
from fada_tui.report.sorting import classification_section
from fada_tui.report.technical import files, technical_notes, testing_list


def render_summary(
    run: Run,
    others: Sequence[Compared],
    entries: Sequence[ModelEntry],
    upcoming: ModelEntry | None,
    *,
    notes: Sequence[ModelNote] = (),
) -> str:
    """Return a run's page as Markdown.

    Args:
        run: The run.
        others: The runs to compare it with; the run itself may be among them.
        entries: The model list, for the run's place in it.
        upcoming: The model to test next.
        notes: What is told of models, for those that have no run.
    """
    found = figures(run)
    lines = [
        *title(run, found),
        *changed_images(run),
        *specifications(run, found),
        *metrics(run, found),
        *classification_section(run, found),
        *detailed_results(run),
        "## Analysis",
        "",
        *strengths_and_weaknesses(run, found),
        *comparison_section(compared(run), others, notes=notes),
        *_written("Conclusions", run.notes.conclusion),
        *technical_notes(run, found, entries),
        *_written("Recommendation", run.notes.recommendation),
        *files(run),
        *testing_list(run, entries, upcoming),
    ]
    return "\n".join(lines)


def _written(heading: str, text: str | None) -> list[str]:
    body = written(text, below=2)
    return [f"## {heading}", "", *body, ""] if body else []
