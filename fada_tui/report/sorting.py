"""The section Classification, for models that sort images into classes: accuracy and confusions."""

from collections.abc import Sequence

from msgspec import UNSET

from fada_tui.core.records import ClassSet, Run
from fada_tui.evaluation.classification import Sorting, rounds
from fada_tui.evaluation.intervals import SEED
from fada_tui.evaluation.rubric import normal
from fada_tui.report import units
from fada_tui.report.figures import Figures
from fada_tui.report.markdown import bullet, inline, name, table
from fada_tui.report.metric_texts import right
from fada_tui.report.metrics import item

LARGEST = 20
"""Classes of a table of confusions on the page."""
CONFUSED = 12
"""Rows of the table of the most frequent ones."""
NAMED = 20
"""Categories that are named in a list."""
METHOD = (
    "Accuracy is of the images whose category is one of the classes, with its 95% Wilson interval. Macro F1 "
    "is the mean over the classes that have images, with the 95% percentile interval of {rounds:,} "
    "bootstrap resamples of the images (seed {seed}). Computed from the folders' names; no person's verdict."
)

METHOD_BY_CLUSTER = (
    "Accuracy is of the images whose category is one of the classes. Macro F1 is the mean over the classes "
    "that have images. Their 95% intervals are by independent images: frames of one file, files with the "
    "same content and images of one patient count as one. Computed from the folders' names; "
    "no person's verdict."
)


def classification_section(run: Run, figures: Figures) -> list[str]:
    """Return the section; empty if the model writes text."""
    found = figures.sorting
    if found is None or run.classes is UNSET:
        return []
    return [
        "## Classification",
        "",
        *bullet("Classes", _classes(run.classes)),
        *item("accuracy", run, figures),
        *bullet(
            "Accuracy of the First Three", right(found.top3, found.interval_of_three) if found.top3 else None
        ),
        *item("macro_f1", run, figures),
        *bullet("Folders' Meaning", _aliases(run)),
        *bullet("Excluded", _excluded(found)),
        *bullet("Padded to a Square", _padded(run)),
        *bullet("Scale of the Cosine", None if run.model.scale is UNSET else f"{run.model.scale:.4g}"),
        *bullet("Question", "not put to the model: it writes no text, so each image has one result"),
        "",
    ]


def _classes(classes: ClassSet) -> str:
    prompts = sum(len(one.prompts) for one in classes.classes)
    number = units.count(len(classes.classes), "class", "classes")
    return (
        f"{name(classes.name)}: {number}, {units.count(prompts, 'prompt')} "
        f"(SHA-256 {inline(classes.sha256[:16])}…)"
    )


def _aliases(run: Run) -> str | None:
    """Return what a person's aliases say of the run's folders."""
    here = {normal(category) for category in run.dataset.categories}
    aliases = {folder: to for folder, to in (run.dataset.aliases or {}).items() if normal(folder) in here}
    told = ", ".join(f"{name(folder)} means {name(to)}" for folder, to in aliases.items())
    return f"{told} (a person's word)" if told else None


def _excluded(found: Sorting) -> str | None:
    if not found.excluded:
        return None
    named = [f"{name(category)} ({count:,})" for category, count in found.excluded.items()]
    more = f" and {len(named) - NAMED:,} more" if len(named) > NAMED else ""
    categories = ", ".join(named[:NAMED]) + more
    total = sum(found.excluded.values())
    return f"{units.count(total, 'image')} of categories that are no class: {categories}"


def _padded(run: Run) -> str | None:
    return None if run.model.pad_square is UNSET else ("yes" if run.model.pad_square else "no")


def confusions(figures: Figures) -> list[str]:
    """Return what images of each class were sorted into; empty without images."""
    found = figures.sorting
    if found is None or not found.confusions:
        return []
    counts = dict(found.confusions)
    rows = _in_order(found, {truth for truth, _ in counts})
    columns = _in_order(found, {cell for pair in counts for cell in pair})
    lines = (
        [f"**{name(truth)}**", *(_cell(counts.get((truth, said), 0), truth == said) for said in columns)]
        for truth in rows
    )
    return [
        "A row for each class that has images, a column for what they were sorted into.",
        "",
        *table(("Shown \\\\ sorted into", *map(name, columns)), lines),
        "",
        *_method(found),
    ]


def frequent_confusions(figures: Figures, *, elsewhere: str, most: int = CONFUSED) -> list[str]:
    """Return the most frequent confusions alone; empty without images.

    Args:
        figures: The run's.
        elsewhere: Markdown of the page that has all.
        most: Rows.
    """
    found = figures.sorting
    if found is None or not found.confusions:
        return []
    wrong = sorted(
        ((truth, said, count) for (truth, said), count in found.confusions if truth != said),
        key=lambda one: (-one[2], one[0], one[1]),
    )
    rows = [(name(truth), name(said), f"{count:,}") for truth, said, count in wrong[:most]]
    return [
        f"The most frequent {len(rows):,} of {len(wrong):,}; all are in {elsewhere}.",
        "",
        *table(("Shown", "Sorted into", "n"), rows),
        "",
        *_method(found),
    ]


def large(figures: Figures) -> bool:
    """Return whether the table of confusions is too large for the page."""
    found = figures.sorting
    classes = {cell for pair, _ in found.confusions for cell in pair} if found else set()
    return len(classes) > LARGEST


def _method(found: Sorting) -> list[str]:
    if found.by_cluster:
        return [METHOD_BY_CLUSTER, ""]
    return [METHOD.format(rounds=rounds(found.top1.total), seed=SEED), ""]


def _cell(count: int, right: bool) -> str:
    return f"**{count:,}**" if right else (f"{count:,}" if count else "·")


def _in_order(found: Sorting, names: set[str]) -> Sequence[str]:
    return [one for one in found.classes if one in names]
