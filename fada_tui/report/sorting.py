"""The section Classification, of models that sort images into classes: how often right, and what for what."""

from collections.abc import Sequence

from msgspec import UNSET

from fada_tui.core.records import ClassSet, Run
from fada_tui.evaluation.classification import SEED, Sorting, macro_f1_interval, rounds, sorting
from fada_tui.evaluation.statistics import Share, wilson
from fada_tui.report import units
from fada_tui.report.markdown import bullet, inline, name, table

METHOD = (
    "Accuracy is of the images whose category is one of the classes, with its 95% Wilson interval. Macro F1 "
    "is the mean over the classes that have images, with the 95% percentile interval of {rounds:,} "
    "bootstrap resamples of the images (seed {seed}). Computed from the folders' names; no person's verdict."
)


def sorted_run(run: Run) -> Sorting | None:
    """Return a run as a classification; `None` where its model writes text."""
    return None if run.classes is UNSET else sorting(run.results, run.classes)


def classification_section(run: Run) -> list[str]:
    """Return the section; nothing where the model writes text."""
    found = sorted_run(run)
    if found is None or run.classes is UNSET:
        return []
    return [
        "## Classification",
        "",
        *bullet("Classes", _classes(run.classes)),
        *bullet(
            "Accuracy", accuracy(found.top1) or "nothing to compare with: no category is one of the classes"
        ),
        *bullet("Accuracy of the First Three", accuracy(found.top3) if found.top3 else None),
        *bullet("Macro F1", _macro_f1(found)),
        *bullet("Excluded", _excluded(found)),
        *bullet("Padded to a Square", _padded(run)),
        *bullet("Scale of the Cosine", None if run.model.scale is UNSET else f"{run.model.scale:.4g}"),
        *bullet("Question", "not put to the model: it writes no text, so each image has one result"),
        "",
        *_matrix(found),
    ]


def accuracy(share: Share) -> str | None:
    """Return a share of right answers with its interval: `67% (95% interval 35–88%), 6 of 9`."""
    bounds = wilson(*share)
    if bounds is None:
        return None
    part = units.percent(share.hits / share.total)
    return f"{part} (95% interval {units.interval(bounds)}), {units.of(share)}"


def _classes(classes: ClassSet) -> str:
    prompts = sum(len(one.prompts) for one in classes.classes)
    number = units.count(len(classes.classes), "class", "classes")
    return (
        f"{name(classes.name)}: {number}, {units.count(prompts, 'prompt')} "
        f"(SHA-256 {inline(classes.sha256[:16])}…)"
    )


def _macro_f1(found: Sorting) -> str | None:
    score, bounds = found.macro_f1, macro_f1_interval(found.confusions)
    if score is None:
        return None
    interval = f" (95% interval {bounds.low:.2f}–{bounds.high:.2f})" if bounds else ""
    return f"{score:.3f}{interval}, n = {found.top1.total:,}"


def _excluded(found: Sorting) -> str | None:
    if not found.excluded:
        return None
    categories = ", ".join(f"{name(category)} ({count:,})" for category, count in found.excluded.items())
    total = sum(found.excluded.values())
    return f"{units.count(total, 'image')} of categories that are no class: {categories}"


def _padded(run: Run) -> str | None:
    return None if run.model.pad_square is UNSET else ("yes" if run.model.pad_square else "no")


def _matrix(found: Sorting) -> list[str]:
    if not found.confusions:
        return []
    counts = dict(found.confusions)
    rows = _in_order(found, {truth for truth, _ in counts})
    columns = _in_order(found, {cell for pair in counts for cell in pair})
    lines = [
        [f"**{name(truth)}**", *(_cell(counts.get((truth, said), 0), truth == said) for said in columns)]
        for truth in rows
    ]
    method = METHOD.format(rounds=rounds(found.top1.total), seed=SEED)
    return [
        "### Confusions",
        "",
        "A row for each class that has images, a column for what they were sorted into.",
        "",
        *table(("Shown \\\\ sorted into", *map(name, columns)), lines),
        "",
        method,
        "",
    ]


def _cell(count: int, right: bool) -> str:
    return f"**{count:,}**" if right else (f"{count:,}" if count else "·")


def _in_order(found: Sorting, names: set[str]) -> Sequence[str]:
    return [one for one in found.classes if one in names]
