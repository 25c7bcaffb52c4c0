"""Detailed Results where the answers themselves stand elsewhere: figures by category, errors by kind."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from fada_tui.core.records import Failure, Result, Run
from fada_tui.evaluation.verdicts import tally
from fada_tui.report import units, verdict_texts
from fada_tui.report.markdown import inline, name, table
from fada_tui.report.results import grouped, heading

ROWS: Final = 20
"""Categories on the page."""
_KINDS = 8
"""Kinds of errors on the page."""
_IMAGES = 3
"""Images named for each of them."""
_COLUMNS = ("Category", "Images", "Results", "Errors", "Verdicts", "Quality")


def by_category(run: Run, *, elsewhere: str) -> list[str]:
    """Return the section with figures by category in place of the answers.

    Args:
        run: The run.
        elsewhere: Markdown of the page on which the answers stand.
    """
    rows = _rows(run, {})
    rest = [f"{len(rows) - ROWS:,} more categories: see {elsewhere}.", ""] if len(rows) > ROWS else []
    answers = f"All {units.count(len(run.results), 'answer')}, with their figures and verdicts: {elsewhere}."
    return [answers, "", *table(_COLUMNS, rows[:ROWS]), "", *rest, *errors(run)]


def index(run: Run) -> list[str]:
    """Return the same table of all categories, each a link to the heading of its answers."""
    return [*table(_COLUMNS, _rows(run, _anchors(run.results))), ""]


def _rows(run: Run, anchors: Mapping[str, str]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for category, images in grouped(run.results).items():
        results = [result for group in images.values() for result in group]
        counts = tally(results)
        shown = name(category) if category else "No Category"
        rows.append(
            (
                f"[{shown}](#{anchors[category]})" if category in anchors else shown,
                f"{len(images):,}",
                f"{len(results):,}",
                f"{sum(result.error is not None for result in results):,}",
                verdict_texts.briefly(counts),
                verdict_texts.share(counts.share("quality")),
            )
        )
    return rows


def _anchors(results: Sequence[Result]) -> dict[str, str]:
    """Return the anchors of the categories' headings, as common viewers make them."""
    used: Counter[str] = Counter()
    anchors = {}
    for category, images in grouped(results).items():
        shown = re.sub(r"\\(.)", r"\1", heading(category, len(images)))
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).strip().replace(" ", "-")
        anchors[category] = f"{anchor}-{used[anchor]}" if used[anchor] else anchor
        used[anchor] += 1
    return anchors


def errors(run: Run) -> list[str]:
    """Return the subsection Errors, of each kind its number, a message and some images; empty without any."""
    by_kind: dict[str, list[tuple[Result, Failure]]] = {}
    for result in run.results:
        if result.error is not None:
            by_kind.setdefault(result.error.kind, []).append((result, result.error))
    ordered = sorted(by_kind.items(), key=lambda one: (-len(one[1]), one[0]))
    rows = [
        (
            inline(kind),
            f"{len(failed):,}",
            inline(failed[0][1].message),
            _images([result for result, _ in failed]),
        )
        for kind, failed in ordered[:_KINDS]
    ]
    rest = [f"{len(ordered) - _KINDS:,} more kinds of errors.", ""] if len(ordered) > _KINDS else []
    return (
        ["### Errors", "", *table(("Kind", "n", "First Message", "Images"), rows), "", *rest] if rows else []
    )


def _images(results: Sequence[Result]) -> str:
    paths = list(dict.fromkeys(result.path for result in results))
    named = ", ".join(map(name, paths[:_IMAGES]))
    return f"{named} and {len(paths) - _IMAGES:,} more" if len(paths) > _IMAGES else named
