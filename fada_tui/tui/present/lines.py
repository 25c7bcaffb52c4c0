"""The main screen's lines of text for the current position."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from fada_tui.config.settings import Settings
from fada_tui.evaluation.assessment.history import Step
from fada_tui.tui.present.cells import shortened
from fada_tui.tui.present.echo import question_number, told
from fada_tui.tui.state.context import AppContext
from fada_tui.tui.state.disk_index import Gallery
from fada_tui.tui.state.image_tree import folded
from fada_tui.tui.state.open_runs import OpenRun
from fada_tui.tui.state.review import Review


def first_hint(
    app_context: AppContext,
    gallery: Gallery | None,
    marked_models: Sequence[str] = (),
    marked_images: int = 0,
) -> str:
    """Return what to do first, where there is no answer yet: what *New run* begins with.

    Args:
        app_context: settings and lists.
        gallery: the images.
        marked_models: names of the models marked for the next run.
        marked_images: how many images are marked for it.
    """
    if gallery is None:
        return "There is no image to ask about. Start again with --images FOLDER."
    upcoming, questions = app_context.next_run(), len(app_context.questions())
    what = "the sample images" if app_context.settings.images is None else gallery.catalogue.name
    if gallery.image_list:
        what = f"the images of {gallery.image_list.name}"
    model = ", ".join(marked_models or upcoming.model)
    asked = f" {questions:,} questions" if questions > 1 else ""
    count = marked_images or image_count(upcoming, gallery)
    return (
        f"Press r to ask {model}{asked} about {what} ({count:,}).\n\n"
        "Then judge each answer: 1 correct, 2 partial, 3 incorrect.\n"
        "? shows all keys."
    )


def image_count(upcoming: Settings, gallery: Gallery) -> int:
    """Return how many images a run with these settings would ask about."""
    chosen = {folded(name) for name in upcoming.category} & gallery.tree.categories.keys()
    categories = chosen if upcoming.category else None
    return gallery.tree.count(categories, upcoming.per_category, upcoming.limit)


def shown_path(path: Path) -> str:
    """Return a path as one would type it here: relative where it lies below the current folder."""
    try:
        here = Path.cwd()
    except OSError:  # it has been removed
        return str(path)
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


NAME_CELLS = 24
RUN_CELLS = 42
PATH_CELLS = 44
FEWER_CELLS = 14
"""Maximum cells of names, so that what is said of them stays visible."""


def title_text(
    review: Review, assessor: str | None, width: int | None = None, pace: str = "", mode: str = ""
) -> str:
    """Return the line at the top: as much of it as there is room for, the most important at any width.

    It has model or data set, progress, modes, assessor, how many questions have one answer for every image,
    and run. In blind mode what would tell a model is left out.

    Args:
        review: what is looked at.
        assessor: who judges.
        width: cells there are; `None` for all of it.
        pace: how quickly answers are judged, and what that leaves.
        mode: how the answers are gone through, where that is not one after another.
    """
    run = review.run
    named = run is not None and not review.open_runs.blind
    name = run.run.model.name if run and named else review.gallery.catalogue.name if review.gallery else ""
    constant = run.one_answer if run and named else ""
    progress = str(review.progress()) if run else ""
    filtered = f"filter: {review.filter.text}" if review.filter.words else ""
    blind = "BLIND" if review.open_runs.blind else ""
    who, run_id = assessor or "", run.id if run and named else ""
    parts = {
        "program": "fada-tui",
        "name": shortened(name, NAME_CELLS),
        "progress": f"{progress} · {pace}" if pace and progress else progress,
        "mode": mode,
        "blind": blind,
        "filter": filtered,
        "assessor": shortened(who, NAME_CELLS),
        "constant": constant,
        "run": shortened(run_id, RUN_CELLS),
    }
    narrower = (
        ("run", ""),
        ("program", ""),
        ("name", shortened(name, FEWER_CELLS)),
        ("assessor", shortened(who, FEWER_CELLS)),
        ("filter", shortened(filtered, NAME_CELLS)),
        ("constant", ""),
        ("progress", progress),
        ("filter", ""),
    )
    for part, instead in narrower:
        if width is None or cell_len(_joined(parts)) <= width:
            break
        parts[part] = instead
    return _joined(parts)


def _joined(parts: Mapping[str, str]) -> str:
    return "  │  ".join(part for part in parts.values() if part)


def images_text(review: Review) -> str:
    """Return how many images are shown, of how many."""
    shown, whole = len(review.shown.slots), len(review.image_rows.slots)
    marked = f"  {len(review.marked)} marked" if review.marked else ""
    return (f"{shown} of {whole}" if shown != whole else f"{whole}") + marked


def change_text(word: str, step: Step, runs: Mapping[str, OpenRun] | None = None) -> str:
    """Return what was undone or done again, and what holds now.

    Args:
        word: what was done.
        step: the changes.
        runs: the open runs by their ids; with them, the question is told, too, where there are several.
    """
    paths = {change.path for change in step}
    where = f"{len(step)} answers" if len(paths) > 1 else shortened(step[0].path, PATH_CELLS)
    if len(paths) == 1 and len(step) > 1:
        where += f", {len(step)} answers"
    elif len(step) == 1 and runs is not None and (run := runs.get(step[0].run_id)):
        where += question_number(run, step[0].question_id)
    now = {told(change.before, change.after) for change in step}
    return f"{word}: {where}: {now.pop() if len(now) == 1 else 'each as it was'}"
