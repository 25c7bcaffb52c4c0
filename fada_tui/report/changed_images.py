"""The part of the page about images that are no longer what was asked about, as the run's record says."""

from fada_tui.core.records import ImageFound, Run
from fada_tui.report import units
from fada_tui.report.markdown import inline, leading, name

LISTED = 20
"""Images that are listed; the run's record has all."""

_WORDS = {
    "changed": "its file has other bytes than when it was asked about",
    "decodes_differently": "it decodes differently than when it was asked about",
}


def changed_images(run: Run) -> list[str]:
    """Return the warning of images that were found changed; empty if there are none. No image is opened."""
    found = run.images_changed
    if not found:
        return []
    images = "1 image is" if len(found) == 1 else f"{len(found):,} images are"
    judged = sum(
        assessment.image_changed is True for result in run.results for assessment in result.assessments
    )
    knowing = f"; {units.count(judged, 'assessment')} made in spite of that" if judged else ""
    return [
        f"**Changed Images**: ⚠️ {images} not what was asked about any more; the answers below are of what "
        f"was there before{knowing}",
        "",
    ]


def changed_list(run: Run, most: int = LISTED) -> list[str]:
    """Return the section that lists these images; empty if there are none."""
    found = run.images_changed
    more = [f"- and {len(found) - most:,} more, in `run.json`"] if len(found) > most else []
    return ["## Changed Images", "", *map(_line, found[:most]), *more, ""] if found else []


def _line(found: ImageFound) -> str:
    size = f", {units.count(found.file.size, 'byte')} now" if found.file else ""
    when = units.moment(found.at) or inline(found.at)
    return f"- {leading(name(found.path))}: {_WORDS[found.state]}{size} (found {when})"
