"""The functions that open screens, by the names that commands call them."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from textual.app import App

from fada_tui.tui.actions import image_viewer, loading
from fada_tui.tui.actions.workspace import Workspace
from fada_tui.tui.dialogs import answers, assessor, judging, results, running

DOORS: Mapping[str, Callable[[Workspace, App[Any]], Coroutine[None, None, None]]] = {
    "run": running.setup,
    "stop": running.stop,
    "queue": running.queue,
    "needs": running.needs,
    "blind": lambda workspace, _: loading.blind(workspace),
    "assessor": assessor.change,
    "context": judging.context,
    "tags": judging.tags,
    "note": judging.note,
    "zoom": judging.zoom,
    "viewer": lambda workspace, _: image_viewer.open_image(workspace),
    "judge_anyway": judging.judge_anyway,
    "models_on_image": judging.models_on_image,
    "answers": answers.answers,
    "summary": results.summary,
    "runs": results.runs,
    "comparison": results.comparison,
    "export": results.export,
}
"""Functions that open screens, by the name in the commands."""
